"""Robustness: accuracy against missing rates, by what is available, and by which modality is missing."""

import streamlit as st

from comp_viz.ui.frame.compare_mode import draw_sides
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.heading import empty_state
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.robustness.charts import robustness_charts
from comp_viz.ui.robustness.controls import (
    PAGE,
    measure_and_draw_robustness,
    robustness_controls,
    usual_scores,
)
from comp_viz.ui.robustness.references import await_probe
from comp_viz.ui.widgets.measuring import measuring_tick


@errors_in_words()
def robustness(view: PageView) -> None:
    """The page; runs again by itself when one of its own controls changes, and while it measures."""
    view = view.now()
    choice = robustness_controls(view)
    if choice is None:
        return
    progress = st.container()
    compared = draw_sides(view, choice.corner, patterns=False)
    measure_and_draw_robustness(progress, compared, choice, lambda: robustness_charts(compared, choice))
    st.caption(choice.about)
    if choice.fit:
        await_probe(choice.fit)


if view := current_view("pages/robustness.py"):
    st.fragment(robustness, run_every=measuring_tick(PAGE, usual_scores(view)))(view)
else:
    empty_state()
