"""Keeps Python from looking through all that lasts, libraries above all, after every click."""

import gc

import streamlit as st
from streamlit import runtime


def spare_what_lasts(page: str) -> None:
    """Count everything that a page has made, once it was shown for the first time, as lasting.

    Streamlit collects garbage in full after every run, however small, and looks through all objects for that: 330,000 with
    PyTorch, Plotly and pandas, 0.1 to 0.2 s of the processor at every click. What is frozen is left out. What is not needed any
    more is freed as before, and cycles of objects that are made from then on are collected.
    """
    if runtime.exists():
        _freeze(page)


@st.cache_resource(show_spinner=False)
def _freeze(page: str) -> None:
    gc.collect()  # what is garbage already must not last
    gc.freeze()
