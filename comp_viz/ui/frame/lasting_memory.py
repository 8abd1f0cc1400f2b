"""Keeps Python from looking through all that lasts, libraries above all, after every click of every visitor."""

import gc
import threading

import streamlit as st
from streamlit import runtime

PAUSE = 10.0  # seconds between two collections, however many visitors click meanwhile
_collecting = threading.Lock()  # held from when a collection is due until it is done


def spare_what_lasts(page: str) -> None:
    """Count everything that a page has made, once it was shown for the first time, as lasting; collect what is made since.

    Streamlit by itself collects garbage in full after every run, however small, and looks through all objects for that: 330,000
    with PyTorch, Plotly and pandas, 0.1 to 0.2 s of the processor at every click, while no other visitor gets an answer
    (`postScriptGC` in `.streamlit/config.toml` turns that off). What is frozen is left out. What is not needed any
    more is freed as before, and cycles of objects that are made from then on are collected at most every `PAUSE` seconds.
    """
    if runtime.exists():
        _freeze(page)
        collect_soon()


@st.cache_resource(show_spinner=False)
def _freeze(page: str) -> None:
    gc.collect()  # what is garbage already must not last
    gc.freeze()


def collect_soon() -> None:
    """Collect garbage after a pause, once for all who ask meanwhile."""
    if _collecting.acquire(blocking=False):
        timer = threading.Timer(PAUSE, _collect)
        timer.daemon = True
        timer.start()


def _collect() -> None:
    try:
        gc.collect()
    finally:
        _collecting.release()
