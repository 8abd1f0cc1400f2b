"""Propagation: who attends to whom, what prompts are worth, and whether missing features come back."""

import streamlit as st

from comp_viz.ui.page import empty_state, head
from comp_viz.ui.sidebar import View, current_view


@st.fragment
def propagation(view: View) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    head("Propagation", view.checkpoint.card.name)


if view := current_view("pages/propagation.py"):
    propagation(view)
else:
    empty_state()
