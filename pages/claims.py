"""Claims: the paper's seven claims, our verdict on each, and a test of each on the open checkpoint and data."""

import streamlit as st

from comp_viz.ui.claims.page import PAGE, claims_page
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.widgets.measuring import measuring_tick


@errors_in_words()
def claims(view: PageView | None) -> None:
    """The page; runs again by itself when one of its own controls changes, and while it measures."""
    claims_page(view.now() if view else None, palette())


view = current_view("pages/claims.py")
st.fragment(claims, run_every=measuring_tick(PAGE))(view)
