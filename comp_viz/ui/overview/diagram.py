"""The live diagram on a page: a small component of our own that moves with what is taken away, and says what was clicked."""

from collections.abc import Callable

import streamlit as st

from comp_viz.ui.widgets.component import component


def moving_diagram(
    svg: str, key: str, on_cell: Callable[[str], None] | None, on_part: Callable[[str, str], None]
) -> None:
    """Show a picture made by `figures.overview.diagram`; callbacks are called before the next run.

    A click on features calls `on_cell` with their modality, one on any other part `on_part` with its name and modality, "" of
    what belongs to none. Without `on_cell`, features are a part like the others.
    """

    def clicked() -> None:
        event = st.session_state[key].get("clicked")
        if not (isinstance(event, list) and len(event) == 2 and all(isinstance(name, str) for name in event)):
            return
        if event[0] == "features" and on_cell:
            on_cell(event[1])
        else:
            on_part(event[0], event[1])

    component(__file__)(key=key, data={"svg": svg}, on_clicked_change=clicked)
