"""Overview: the parts of ComP with this conversation's numbers flowing through them."""

import streamlit as st

from comp_viz.ui.page import empty_state, head
from comp_viz.ui.sidebar import View, current_view


@st.fragment
def overview(view: View) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    head("Overview", view.checkpoint.card.name)


if view := current_view("pages/overview.py"):
    overview(view)
else:
    empty_state()
