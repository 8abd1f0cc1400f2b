"""Shows an error that is meant for people as the sentence it is, wherever on a page it came up."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from comp_viz.errors import CompVizError
from comp_viz.ui.frame.text import escape_markdown


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Around what draws a page, and as a decorator around each part of it that runs by itself, below `st.fragment`.

    Streamlit would show every error as a fault of the app, without its words. Files may be damaged, and be found to be so
    at any moment, as conversations and telemetry are read when they are asked for.
    """
    try:
        yield
    except CompVizError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
