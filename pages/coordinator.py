"""Coordinator: how the modalities are weighed, and what other weights would say."""

import streamlit as st

from comp_viz.ui.page import empty_state, head
from comp_viz.ui.sidebar import View, current_view


@st.fragment
def coordinator(view: View) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    head("Coordinator", view.checkpoint.card.name)


if view := current_view("pages/coordinator.py"):
    coordinator(view)
else:
    empty_state()
