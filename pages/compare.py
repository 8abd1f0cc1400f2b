"""Compare: several checkpoints or heads on the same data under the same missing patterns."""

import streamlit as st

from comp_viz.ui.compare.charts import compare_charts
from comp_viz.ui.compare.controls import compare_controls
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.heading import empty_state
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.sidebar import current_view


@st.fragment
@errors_in_words()
def compare(view: PageView) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    top = st.container()
    choice = compare_controls(view)
    if choice is not None:
        compare_charts(choice, top)


if view := current_view("pages/compare.py"):
    compare(view)
else:
    empty_state()
