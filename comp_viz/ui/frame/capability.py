"""What the method of the open checkpoint has: what it has not is absent from a page, with a line that says so."""

import streamlit as st

from comp_viz.methods.method import Capability, absence
from comp_viz.ui.frame.page_view import PageView


def capable(view: PageView, need: Capability) -> bool:
    """Whether the method has what something needs; where not, a line says why it is not here."""
    if reason := absence(view.checkpoint.method, need):
        st.info(
            f"{reason} What needs it is not shown; choose a checkpoint of another method, such as ComP, to see it.",
            icon=":material/block:",
        )
    return not reason


def say_what_is_absent(view: PageView, *needs: Capability) -> None:
    """A line for everything of these that the method has not, below what is shown without it."""
    reasons = [reason for need in needs if (reason := absence(view.checkpoint.method, need))]
    if reasons:
        st.caption(" ".join(reasons))
