"""What an address names that is not there: said above the page, with what is shown instead, until it is dismissed."""

from collections.abc import Collection
from difflib import get_close_matches

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.story_settings import KNOWN, is_setting
from comp_viz.ui.frame.address_state import first_address
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.wording import shortened

NOTES, DISMISSED = "notes on the address", "notes dismissed"  # what the session keeps
LEAST_ALIKE = 0.7  # of 1: "foo" is no "flow_on"
OF_FRAME = {"story", "step", "embed", "embed_options"}  # parameters that no step of a story may set


def note_unknown(name: str, value: str, instead: str, known: Collection[str] = ()) -> None:
    """Keep that the session's address gives a parameter a value that is not there, and what is shown `instead`.

    Nothing where the value is not from the address, as when another data set lacks an open conversation.
    """
    if value and first_address().get(name) == value:
        near = nearest_words(value, known)
        note = f"The address asks for {name} “{shortened(value)}”, which is not here{near}. Shown instead: {shortened(instead)}."
        st.session_state.setdefault(NOTES, {})[name] = note


def note_unknown_choice(name: str, options: Collection[str]) -> None:
    """The same for a control of a page that is drawn for the first time, whose first option is the usual one."""
    value = first_address().get(name, "")
    if name not in st.session_state and value not in options:
        note_unknown(name, value, next(iter(options)), options)


def forget_note(name: str) -> None:
    """Something else was chosen; to be called in a callback."""
    st.session_state.get(NOTES, {}).pop(name, None)


def unknown_parameters() -> list[str]:
    """A sentence for every parameter of the session's address that no page has."""
    names = [name for name in first_address() if not is_setting(name) and name not in OF_FRAME]
    return [
        f"No page has a parameter “{shortened(name)}”, so it is not used{nearest_words(name, KNOWN)}." for name in names
    ]


def nearest_words(name: str, known: Collection[str]) -> str:
    """The most similar of the known names, as a clause; "" where none is similar."""
    near = get_close_matches(name, list(known), 1, LEAST_ALIKE)
    return f" (the nearest name is “{shortened(near[0])}”)" if near else ""


def draw_address_notes(place: DeltaGenerator) -> None:
    """Say all of it at a place, until it is dismissed."""
    notes = [*st.session_state.get(NOTES, {}).values(), *unknown_parameters()]
    dismissed: set[str] = st.session_state.setdefault(DISMISSED, set())
    if left := [note for note in notes if note not in dismissed]:
        with place, st.container(horizontal=True, vertical_alignment="center", wrap=False):
            st.warning(escape_markdown(" ".join(left)), icon=":material/link_off:", width="stretch")
            st.button("Dismiss", type="tertiary", on_click=dismissed.update, args=(left,), key="dismiss notes")
