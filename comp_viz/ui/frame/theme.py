"""How charts are to be drawn: in the palette of the visitor's theme, and larger in a lecture."""

import plotly.graph_objects as go
import streamlit as st

from comp_viz.figures.chart import enlarged
from comp_viz.figures.style import DARK, LIGHT, Palette
from comp_viz.ui.frame.address_state import address_value

STORY = "story"  # in the address: the story that is open


def palette() -> Palette:
    """Light or dark, as the browser shows the page."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def for_projector(figure: go.Figure) -> go.Figure:
    """A figure as it is, or with type for the back row in a lecture."""
    return enlarged(figure) if address_value(STORY, "") else figure
