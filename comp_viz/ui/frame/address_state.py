"""Values that the session and the address keep, through every change of page, and widgets that only show them."""

from collections.abc import Callable, Collection
from typing import Any

import streamlit as st

OPENED = ("checkpoint", "data", "conversation")  # parameters of the address that say what is looked at
FIRST, DEFAULTS = "first address", "defaults of the address"  # what the session keeps

# Parameter of the address -> a value of older addresses -> the one it has now.
OLD_VALUES = {
    "propagation": {"Cross-modal flow": "Prompt ablation"},
    "look_at": {"Stand for": "Nearest utterances"},
    "ways": {"utterance in hand": "selected utterance", "nobody": "none"},
}


def update_old_value(name: str) -> None:
    """Where an address gives a parameter a value by its former name, set the widget of that name to the one it has now."""
    former = OLD_VALUES.get(name, {})
    for state in (st.session_state, st.query_params):
        if (value := state.get(name)) in former:
            st.session_state[name] = former[value]
            return


def match_case(name: str, options: Collection[str]) -> None:
    """Where an address names an option in other capitals, set the widget of that name to the option."""
    value = st.query_params.get(name, "")
    if value not in options and (same := [one for one in options if one.casefold() == value.casefold()]):
        st.session_state[name] = same[0]


def set_widget(key: str, value: Any) -> str:
    """Make the widget called `key`, about to be drawn, show `value`; returns the key.

    It is set also where it is set already: the browser is told of a value only in the run that sets it, and one that
    had no time to draw the widget before the next run would show the widget's default.
    """
    st.session_state[key] = value
    return key


def keep_address() -> None:
    """Take what a new session's address names, and give the address back what it lost; before anything else in every run.

    A change of page empties the address, and a run of a fragment begins with what the browser knew of it when it asked: both
    get back, all at once, what the session keeps. A first run may be stopped early by a visitor who goes on at once, and
    the first page may have no use for a parameter that the next one needs: both are safe once it is taken.
    """
    first_address()
    lost = {name: value for name, value in kept_parameters().items() if st.query_params.get(name) != value}
    if lost:
        st.query_params.update(lost)


def first_address() -> dict[str, str]:
    """Parameters of the address that the session began with."""
    parameters: dict[str, str] = st.session_state.setdefault(FIRST, st.query_params.to_dict())
    return parameters


def defaults() -> dict[str, str]:
    """The default of each parameter that the session keeps."""
    parameters: dict[str, str] = st.session_state.setdefault(DEFAULTS, {})
    return parameters


def kept_parameters() -> dict[str, str]:
    """What the session keeps and the address has to name."""
    values = {name: str(st.session_state[session_key(name)]) for name in defaults()}
    return {name: value for name, value in values.items() if is_named(name, value)}


def is_named(name: str, value: str) -> bool:
    """Whether the address names a value: any but the default, which is left out to keep addresses short. Which checkpoint,
    data set and conversation are the default depends on the machine: what the visitor's address named stays named."""
    return value != defaults()[name] or (name in OPENED and name in first_address())


def address_parameter(name: str, default: str) -> str:
    """A parameter of the address as it is, or else as the session began."""
    return st.query_params.get(name, first_address().get(name, default))


def whole_number(text: str, most: int) -> int | None:
    """The whole number that a text of an address is, no more than `most`; None where it is none."""
    if not text.isdecimal():
        return None
    digits = text.lstrip("0") or "0"  # Python refuses numbers of thousands of digits
    return most if len(digits) > len(str(most)) else min(int(digits), most)


def address_value(name: str, default: str) -> str:
    """The value called `name`. A session takes it from the address once; from then on it keeps it itself."""
    state = st.session_state
    if session_key(name) not in state:
        state[session_key(name)] = address_parameter(name, default)
    defaults()[name] = default
    value = str(state[session_key(name)])
    if not is_named(name, value):
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
    return value


def set_address_value(name: str, value: str) -> None:
    """Keep another value; to be called in a callback."""
    st.session_state[session_key(name)] = value


def keep_widget_value(name: str) -> Callable[[], None]:
    """A callback that keeps what the widget called `name` was set to."""
    return lambda: set_address_value(name, str(st.session_state[name]))


def session_key(name: str) -> str:
    """Where the session keeps it: a widget's own state goes with the page it is on."""
    return f"held {name}"
