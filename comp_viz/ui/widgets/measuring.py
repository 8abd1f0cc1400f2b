"""Measuring a moment at a time while the page stays lively: progress, cancel, go on."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.ui.cache.evaluations import OnSplit, measure_for_a_moment, open_passes

TICK = 0.3  # seconds after which a page looks at what was measured


def tick(page: str) -> float | None:
    """How often a page is to run again by itself: None when nothing is being measured."""
    return TICK if st.session_state.get(working(page), True) else None


def working(page: str) -> str:
    """Where the session keeps whether the page is measuring."""
    return f"{page} working"


def cancelled(page: str) -> str:
    """Where the session keeps whether the visitor stopped it."""
    return f"{page} cancelled"


def cancel(page: str, stop: bool) -> None:
    """Stop measuring, or go on; to be called in a callback."""
    st.session_state[cancelled(page)] = stop


def measuring(
    page: str,
    place: DeltaGenerator,
    evaluations: Sequence[OnSplit[Any]],
    passes: Sequence[Drawing],
    draw: Callable[[], None],
) -> None:
    """Measure for a moment and draw: before, where there is nothing to draw yet, else after, so that the page stays lively.

    `place` is for the progress. The page comes back by itself as long as `tick` says so.
    """
    stopped = st.session_state.get(cancelled(page), False)
    begun = all(evaluation.done.passes for evaluation in evaluations)
    if not begun and not stopped:
        measure_for_a_moment(evaluations, passes)
    left, of = len(open_passes(evaluations, passes)), len(passes) * len(evaluations)
    if left:
        with place, st.container(horizontal=True, vertical_alignment="center"):
            state = "Cancelled after" if stopped else "Measuring:"
            split = evaluations[0].split
            st.progress(1 - left / of, f"{state} {of - left} of {of} passes over the {split} split", width="stretch")
            if stopped:
                st.button("Go on", icon=":material/play_circle:", on_click=cancel, args=(page, False))
            else:
                st.button("Cancel", icon=":material/stop_circle:", on_click=cancel, args=(page, True))
    draw()
    if begun and not stopped:
        measure_for_a_moment(evaluations, passes)
    still = not stopped and bool(open_passes(evaluations, passes))
    if still != st.session_state.get(working(page), True):
        st.session_state[working(page)] = still
        st.rerun()
