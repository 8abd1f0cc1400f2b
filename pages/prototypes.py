"""Prototypes: what each modality is compressed into, and the prompts made of it."""

import streamlit as st

from comp_viz.ui.page import empty_state, head
from comp_viz.ui.sidebar import View, current_view


@st.fragment
def prototypes(view: View) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    head("Prototypes", view.checkpoint.card.name)


if view := current_view("pages/prototypes.py"):
    prototypes(view)
else:
    empty_state()
