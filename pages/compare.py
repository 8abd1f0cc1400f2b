"""Compare: several checkpoints or heads on the same data under the same missing patterns."""

import streamlit as st

from comp_viz.ui.compare.pieces import compared, controls
from comp_viz.ui.frame.heading import empty_state
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.sidebar import current_view


@st.fragment
def compare(view: PageView) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    top = st.container()
    choice = controls(view)
    if choice is not None:
        compared(choice, top)


if view := current_view("pages/compare.py"):
    compare(view)
else:
    empty_state()
