"""A chart on a page, with its title above it and in its description."""

from functools import partial

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.figures.chart import About
from comp_viz.report.numbers import numbers_of
from comp_viz.report.section import Section
from comp_viz.ui.frame.report_collector import add_section
from comp_viz.ui.frame.theme import for_projector

CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
    "toImageButtonOptions": {"format": "svg"},
}


def titled_chart(place: DeltaGenerator, figure: go.Figure, key: str) -> None:
    """Show a figure made with `base_layout` under its title."""
    title = str(figure.layout.meta)
    add_section(Section(key, title, About("", ""), partial(numbers_of, figure), figure))
    with place:
        st.markdown(f"**{title}**")
        st.plotly_chart(for_projector(figure), theme=None, key=key, config=CONFIG, alt=title)
