"""Measuring a moment at a time while the page stays lively: progress, cancel, go on."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.ui.cache.progressive import Measurements, measure_for_a_moment, open_parts

TICK = 0.3  # seconds after which a page looks at what was measured


def measuring_tick(page: str, expected: Measurements = ()) -> float | None:
    """How often a page is to run again by itself: None when nothing is being measured.

    `expected` is what a page will probably ask for when a session opens it first: where all of it is measured, the page is
    drawn once, and not again to say that it need not come back.
    """
    working = st.session_state.setdefault(_working(page), bool(open_parts(expected)))
    return TICK if working else None


def measure_and_draw(
    page: str, place: DeltaGenerator, measurements: Measurements, unit: str, draw: Callable[[], None]
) -> None:
    """Measure for a moment and draw: before, where there is nothing to draw yet, else after, so that the page stays lively.

    One visitor measures at a time: the others draw what there is and come back, rather than wait for one another.

    `place` is for the progress, which counts parts in `unit`, a plural. The page comes back by itself as long as
    `measuring_tick` gives a time.
    """
    stopped = st.session_state.get(_cancelled(page), False)
    begun = all(measurement.begun for measurement in measurements)
    if not begun and not stopped:
        measure_for_a_moment(measurements)
    left, of = len(open_parts(measurements)), sum(len(measurement.parts) for measurement in measurements)
    if left:
        with place:
            _progress(page, of - left, of, unit, stopped)
    draw()
    if begun and not stopped:
        measure_for_a_moment(measurements)
    still = not stopped and bool(open_parts(measurements))
    if still != st.session_state.get(_working(page), False):
        st.session_state[_working(page)] = still
        st.rerun()


def _progress(page: str, measured: int, of: int, unit: str, stopped: bool) -> None:
    """How far it is, with a button to stop or go on."""
    with st.container(horizontal=True, vertical_alignment="center"):
        state = "Cancelled after" if stopped else "Measuring:"
        st.progress(measured / of, f"{state} {measured} of {of} {unit}", width="stretch")
        word, icon = ("Go on", "play_circle") if stopped else ("Cancel", "stop_circle")
        st.button(word, icon=f":material/{icon}:", on_click=_cancel, args=(page, not stopped), key=f"{page} {word}")


def _working(page: str) -> str:
    """Where the session keeps whether the page is measuring."""
    return f"{page} working"


def _cancelled(page: str) -> str:
    """Where the session keeps whether the visitor stopped it."""
    return f"{page} cancelled"


def _cancel(page: str, stop: bool) -> None:
    """Stop measuring, or go on."""
    st.session_state[_cancelled(page)] = stop
