"""Keeps Python from looking through all that lasts, libraries above all, after every click of every visitor."""

import gc
import threading

from streamlit import runtime

PAUSE = 10.0  # seconds between two collections, however many visitors click meanwhile
_collecting = threading.Lock()  # held from when a collection is due until it is done
_lasting: set[str] = set()  # pages whose libraries and caches are left out already
_shown: set[str] = set()


def spare_what_lasts(page: str) -> None:
    """Count everything that a page has made, once it was shown for the first time, as lasting; collect what is made since.

    Streamlit by itself collects garbage in full after every run, however small, and looks through all objects for that: 330,000
    with PyTorch, Plotly and pandas, 0.1 to 0.2 s of the processor at every click, while no other visitor gets an answer
    (`postScriptGC` in `.streamlit/config.toml` turns that off). Here cycles of objects are collected at most every `PAUSE`
    seconds; what is left then, the first time after a page was shown, is frozen, which leaves it out from then on. Frozen
    objects that are no longer needed are freed as before, unless they are in a cycle.
    """
    if runtime.exists():
        _shown.add(page)
        collect_soon()


def collect_soon() -> None:
    """Collect garbage after a pause, once for all who ask meanwhile."""
    if _collecting.acquire(blocking=False):
        # At first everything is looked through at every collection, also at those that Python begins by itself.
        timer = threading.Timer(PAUSE if _lasting else 0.0, _collect)
        timer.daemon = True
        timer.start()


def _collect() -> None:
    try:
        gc.collect()  # first: what is garbage already must not last
        if new := _shown - _lasting:
            gc.freeze()
            _lasting.update(new)
    finally:
        _collecting.release()
