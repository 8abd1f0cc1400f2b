"""Which palette the visitor's theme calls for."""

import streamlit as st

from comp_viz.figures.style import DARK, LIGHT, Palette


def palette() -> Palette:
    """Light or dark, as the browser shows the page."""
    return DARK if st.context.theme.type == "dark" else LIGHT
