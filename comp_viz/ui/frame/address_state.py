"""Values that the session and the address keep, through every change of page, and widgets that only show them."""

from collections.abc import Callable
from typing import Any

import streamlit as st

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


def set_widget(key: str, value: Any) -> str:
    """Make the widget called `key`, about to be drawn, show `value`; returns the key.

    It is set also where it is set already: the browser is told of a value only in the run that sets it, and one that
    had no time to draw the widget before the next run would show the widget's default.
    """
    st.session_state[key] = value
    return key


def address_value(name: str, default: str) -> str:
    """The value called `name`. A session takes it from the address once; from then on it keeps it itself."""
    state = st.session_state
    if session_key(name) not in state:
        state[session_key(name)] = st.query_params.get(name, default)
    value = str(state[session_key(name)])
    if value == default:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value  # a change of page empties the address
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
