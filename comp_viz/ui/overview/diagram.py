"""The live diagram on a page: a small component of our own, and the same numbers as a table for those it does not reach."""

import streamlit as st

from comp_viz.ui.frame.arrival import go_to
from comp_viz.ui.widgets.component import component


def clickable(svg: str, key: str) -> None:
    """Show a picture made by `figures.overview.diagram`; a click on a part opens the page it names with the next run."""

    def opened() -> None:
        if page := st.session_state[key].get("open"):
            go_to(f"pages/{page}.py")

    component(__file__)(key=key, data={"svg": svg}, on_open_change=opened)
