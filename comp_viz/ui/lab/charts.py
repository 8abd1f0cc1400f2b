"""The charts of the Lab page: attainable beside reached accuracy, and the hidden truth of a conversation."""

from dataclasses import replace
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from comp_viz.analysis.lab.attainable import Attainable, AttainableAtRate, Estimate
from comp_viz.data.lab.make import lab_truth
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.pattern import AS_RECORDED
from comp_viz.errors import CompVizError
from comp_viz.figures.lab.attainable import (
    ABOUT_ATTAINABLE,
    ABOUT_ATTAINABLE_RATES,
    attainable_chart,
    attainable_rates_chart,
)
from comp_viz.figures.lab.heading import lab_heading
from comp_viz.figures.lab.truth import ABOUT_TRUTH, truth_chart
from comp_viz.figures.style import Palette
from comp_viz.report.numbers import numbers_of
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.lab import attainable_by_rate, attainable_in, reached_in
from comp_viz.ui.frame.navigation import open_in_live
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.written import draw_table
from comp_viz.wording import decimal

EVERYTHING, BY_ITSELF = "all modalities", "all, utterance by itself"


def attainable_charts(settings: LabSettings, view: PageView | None, palette: Palette) -> str:
    """Best accuracies by modality and by missing rate, with those of the open checkpoint where it can read the lab.

    Returns what they say, for the heading.
    """
    text = str(settings)
    best, by_rate = attainable_in(text), attainable_by_rate(text)
    patterns = (AS_RECORDED, *(f"only({u})" for u in best.alone), *(f"uniform({rate})" for rate in by_rate))
    estimates, note = reached_by(view, text, patterns)
    own = {pattern: estimate.accuracy for pattern, estimate in estimates.items()}
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        figure = by_modality_chart(best, own, palette)
        chart_panel(figure, "attainable", ABOUT_ATTAINABLE, partial(numbers_of, figure))
    with right:
        figure = by_rate_chart(by_rate, own, palette)
        chart_panel(figure, "by rate", ABOUT_ATTAINABLE_RATES, partial(numbers_of, figure))
    widest = max(estimate.error for estimate in (*best.alone.values(), best.together, best.without_context))
    error = (
        f" Reached: fused prediction on the lab's test split, ± {decimal(100 * estimates[AS_RECORDED].error, 1)} points."
        if estimates
        else ""
    )
    kind = "class" if settings.classes else "sign of the score"
    st.caption(
        f"Accuracy of the {kind}, with standard errors. Attainable: ± {decimal(100 * widest, 1)} points, entries missing completely at "
        f"random.{error} {escape_markdown(note)}"
    )
    return lab_heading(best.together.accuracy, own.get(AS_RECORDED))


def by_modality_chart(best: Attainable, own: dict[str, float], palette: Palette) -> go.Figure:
    """Attainable from each modality alone and from all; `own` is what the checkpoint reaches, by pattern."""
    limits = {f"only {u}": estimate.accuracy for u, estimate in best.alone.items()}
    limits |= {BY_ITSELF: best.without_context.accuracy, EVERYTHING: best.together.accuracy}
    patterns = {f"only({u})": f"only {u}" for u in best.alone} | {AS_RECORDED: EVERYTHING}
    reached = {name: own[pattern] for pattern, name in patterns.items() if pattern in own}
    return attainable_chart(limits, reached, best.majority, palette)


def by_rate_chart(by_rate: dict[float, AttainableAtRate], own: dict[str, float], palette: Palette) -> go.Figure:
    """Attainable over the missing rate; `own` is what the checkpoint reaches, by pattern."""
    best = {rate: at.together.accuracy for rate, at in by_rate.items()}
    single = {rate: at.without_context.accuracy for rate, at in by_rate.items()}
    reached = {rate: own[f"uniform({rate})"] for rate in by_rate if f"uniform({rate})" in own}
    return attainable_rates_chart(best, single, reached, palette)


def reached_by(view: PageView | None, lab: str, patterns: tuple[str, ...]) -> tuple[dict[str, Estimate], str]:
    """What the open checkpoint reaches under each pattern, and why it reaches nothing or what to mind."""
    if view is None:
        return {}, "No checkpoint is open."
    try:
        data = open_data_set(lab, "")
        query = replace(view.query().of_data_set(), data=lab, data_digest=data.digest, root="")
        estimates = reached_in(query, patterns)
    except CompVizError as error:
        return {}, f"The open checkpoint cannot read this lab: {error} Train a small one below."
    trained = view.checkpoint.card.data
    if trained and trained.digest == data.digest:
        return estimates, ""
    return (
        estimates,
        f"The open checkpoint was trained on {trained.name if trained else 'other data'}, not on this lab.",
    )


def hidden_truth(settings: LabSettings, palette: Palette) -> None:
    """One conversation with what no model gets."""
    data = open_data_set(str(settings), "")
    ids = [c.id for c in data.split("test")]
    picked = st.selectbox("Conversation of the lab", ids, key="lab conversation")
    conversation, truth = data.find(picked), lab_truth(settings)[picked]
    figure = truth_chart(
        data.task, data.modalities, truth.state, truth.expressed, truth.hard, conversation.labels, palette
    )
    chart_panel(figure, "truth", ABOUT_TRUTH, partial(numbers_of, figure))
    draw_table(
        pd.DataFrame({"utterance": range(1, len(conversation) + 1), "speaker": conversation.speakers, "words": conversation.words}),
        height=240,
    )  # fmt: skip
    st.button(
        "Open this conversation in Live", icon=":material/graphic_eq:", on_click=open_in_live,
        args=(None, str(settings), picked), help="With the open checkpoint, when it can read this lab.",
    )  # fmt: skip
