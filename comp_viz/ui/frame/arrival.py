"""Where a visitor arrives: on the example, which does without PyTorch, or on Live where the address names a view."""

from importlib import import_module
from threading import Thread

import streamlit as st
from streamlit import runtime

from comp_viz.ui.frame.address_state import first_address

GO = "go to"  # where the session keeps the page to be opened next
ARRIVED, IN_FRAME = "arrived", "in frame"  # what the session keeps


def go_to(page: str) -> None:
    """Have the frame open another page before it draws anything."""
    st.session_state[GO] = page


def names_view() -> bool:
    """Whether this is a session's first run, and its address names something to look at."""
    first = ARRIVED not in st.session_state
    st.session_state[ARRIVED] = True
    return first and bool(first_address())


def open_live() -> None:
    """Open Live with everything the address names."""
    st.switch_page("pages/live.py", query_params={name: st.query_params.get_all(name) for name in st.query_params})


def shows_example() -> bool:
    """Whether the example is shown, by itself: no other page is to be opened first."""
    st.session_state[IN_FRAME] = True
    return GO not in st.session_state


def in_frame() -> None:
    """Run the example in its frame, which is left out when it is asked for by its address from a fresh server."""
    if not st.session_state.pop(IN_FRAME, False):
        st.switch_page("app.py")


def moved_part(parameter: str, part: str, page: str) -> None:
    """Where an older address names a part that has become a page of its own, open that page on the same view."""
    if st.query_params.get(parameter) == part:
        others = {name: st.query_params.get_all(name) for name in st.query_params if name != parameter}
        st.switch_page(f"pages/{page}.py", query_params=others)


@st.cache_resource(show_spinner=False)
def load_pytorch() -> None:
    """Begin to load what all other pages need while a visitor looks at the example."""
    if runtime.exists():
        Thread(target=import_module, args=("comp_viz.ui.frame.sidebar",), daemon=True).start()
