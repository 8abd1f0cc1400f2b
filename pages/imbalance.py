"""Imbalance: each modality alone, without prompting and with ComP."""

import streamlit as st

from comp_viz.ui.page import empty_state, head
from comp_viz.ui.sidebar import View, current_view


@st.fragment
def imbalance(view: View) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    head("Imbalance", view.checkpoint.card.name)


if view := current_view("pages/imbalance.py"):
    imbalance(view)
else:
    empty_state()
