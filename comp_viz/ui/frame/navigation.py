"""Going to another page, and opening another checkpoint, data set or conversation."""

import streamlit as st

from comp_viz.data.source import is_lab
from comp_viz.ui.frame.address_state import kept_parameters, set_address_value
from comp_viz.ui.frame.arrival import go_to
from comp_viz.ui.frame.pattern_state import drop_edited_cells

LABS = "labs"  # where the session keeps them
MOST_LABS = 8  # offered in the sidebar


def address_parameters() -> dict[str, list[str]]:
    """Parameters of the address, to be kept when the page changes; widgets of this session see to their own."""
    others = {name: st.query_params.get_all(name) for name in st.query_params if name not in st.session_state}
    return others | {name: [value] for name, value in kept_parameters().items()}


def open_in_live(checkpoint: str | None, data: str, conversation: str | None) -> None:
    """Have the next run open a conversation on the Live page; to be called in a callback. None leaves as is."""
    if is_lab(data):
        remember_lab(data)
    open_here(checkpoint, data, conversation)
    go_to("pages/live.py")


def open_here(checkpoint: str | None, data: str | None, conversation: str | None) -> None:
    """Have the sidebar open a conversation; to be called in a callback or before the sidebar is drawn. None leaves as is."""
    drop_edited_cells()
    for key, value in {"checkpoint": checkpoint, "data": data, "conversation": conversation}.items():
        if value is not None:
            set_address_value(key, value)


def opened_labs() -> tuple[str, ...]:
    """Labs opened in this session, the last `MOST_LABS`."""
    return tuple(st.session_state.get(LABS, ()))


def remember_lab(lab: str) -> None:
    """Have the sidebar offer a lab."""
    st.session_state[LABS] = list(dict.fromkeys([*opened_labs(), lab]))[-MOST_LABS:]
