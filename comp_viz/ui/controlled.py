"""Widgets that show a value kept elsewhere: in a text of the session and the address."""

from typing import Any

import streamlit as st


def show(key: str, value: Any) -> str:
    """Make the widget called `key`, about to be drawn, show `value`; returns the key."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key
