"""How densely every page of the frame is set, so that its chart is on the first screen."""

from pathlib import Path

import streamlit as st


def compact_layout() -> None:
    """Have the page set so; takes no room itself."""
    st.html(Path(__file__).with_suffix(".css"))
