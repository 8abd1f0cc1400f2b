"""Modulation: how the gradient modulator tempered learning."""

import streamlit as st

from comp_viz.ui.page import empty_state, head
from comp_viz.ui.sidebar import View, current_view


@st.fragment
def modulation(view: View) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    head("Modulation", view.checkpoint.card.name)


if view := current_view("pages/modulation.py"):
    modulation(view)
else:
    empty_state()
