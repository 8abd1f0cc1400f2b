"""Robustness: accuracy against missing rates and patterns."""

import streamlit as st

from comp_viz.ui.page import empty_state, head
from comp_viz.ui.sidebar import View, current_view


@st.fragment
def robustness(view: View) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    head("Robustness", view.checkpoint.card.name)


if view := current_view("pages/robustness.py"):
    robustness(view)
else:
    empty_state()
