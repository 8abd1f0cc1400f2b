"""Pieces of the Lab page: attainable beside reached accuracy, training in the background, the hidden truth."""

import hashlib
from contextlib import suppress
from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from comp_viz.analysis.lab.attainable import AtRate, Attainable, Estimate
from comp_viz.data.lab.make import lab_truth
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.pattern import AS_RECORDED
from comp_viz.errors import CompVizError
from comp_viz.figures.lab.attainable import attainable_chart, rates_chart, truth_chart
from comp_viz.figures.style import Palette
from comp_viz.training.background import SMALL, Job, running, start
from comp_viz.ui.cache.checkpoints import checkpoint_folder
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.lab import attainable_in, reached_in
from comp_viz.ui.frame.navigation import open_in_live
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.widgets.chart import titled_chart

JOB = "lab job"
ALL, BY_ITSELF = "all modalities", "all, utterance by itself"
READING = """
The lab's generating model is known, so the chance that any answer is right can be computed: forward and backward along the
chain of emotions, summing over which modality expresses what and which utterances are hard. That is the best any predictor
can do on average with the same to see; the test split is a sample, so a model may lie above it by chance.

The second bound takes every **utterance by itself**. Much of ComP's way to the first bound is barred: its attention has no
positions, so it knows *what* is said in a conversation but not *in which order*. Shuffling the utterances of every test
conversation leaves its scores as they are. Turn up the dependence on context, and the two bounds part while ComP stays near the lower.

Not shown: how a model would do on real conversations. No data set looks like this one.
"""


def attainable_and_reached(settings: LabSettings, view: PageView | None, palette: Palette) -> None:
    """Best accuracies by modality and by missing rate, with those of the open checkpoint where it can read the lab."""
    text = str(settings)
    best, by_rate = attainable_in(text)
    patterns = (AS_RECORDED, *(f"only({u})" for u in best.alone), *(f"uniform({rate})" for rate in by_rate))
    found, why = reached_by(view, text, patterns)
    own = {pattern: estimate.accuracy for pattern, estimate in found.items()}
    left, right = st.columns(2, vertical_alignment="bottom")
    titled_chart(left, by_modality(best, own, palette), "attainable")
    titled_chart(right, by_missing_rate(by_rate, own, palette), "by rate")
    widest = max(estimate.error for estimate in (*best.alone.values(), best.together, best.without_context))
    judged = f" Reached: fused prediction on the lab's test split, ± {found[AS_RECORDED].error:.1%}." if found else ""
    kind = "class" if settings.classes else "sign of the score"
    st.caption(
        f"Accuracy of the {kind}, 0 to 100 %. Attainable: ± {widest:.1%} (standard errors), missing taken to be without "
        f"meaning.{judged} {why}"
    )
    with st.expander("What this shows, and what it does not"):
        st.markdown(READING)


def by_modality(best: Attainable, own: dict[str, float], palette: Palette) -> go.Figure:
    """Attainable from each modality alone and from all; `own` is what the checkpoint reaches, by pattern."""
    limits = {f"only {u}": estimate.accuracy for u, estimate in best.alone.items()}
    limits |= {BY_ITSELF: best.without_context.accuracy, ALL: best.together.accuracy}
    patterns = {f"only({u})": f"only {u}" for u in best.alone} | {AS_RECORDED: ALL}
    mine = {name: own[pattern] for pattern, name in patterns.items() if pattern in own}
    title = f"With everything to see, {limits[ALL]:.1%} is attainable"
    if mine:
        title += f"; the open checkpoint reaches {mine[ALL]:.1%}"
    return attainable_chart(limits, mine, best.majority, palette, title)


def by_missing_rate(found: dict[float, AtRate], own: dict[str, float], palette: Palette) -> go.Figure:
    """Attainable over the missing rate; `own` is what the checkpoint reaches, by pattern."""
    best = {rate: at.together.accuracy for rate, at in found.items()}
    single = {rate: at.without_context.accuracy for rate, at in found.items()}
    mine = {rate: own[f"uniform({rate})"] for rate in found if f"uniform({rate})" in own}
    return rates_chart(
        best, single, mine, palette, f"At missing rate {max(best)}, {best[max(best)]:.1%} is still attainable"
    )


def reached_by(view: PageView | None, lab: str, patterns: tuple[str, ...]) -> tuple[dict[str, Estimate], str]:
    """What the open checkpoint reaches under each pattern, and a word on why it cannot or what to mind."""
    if view is None:
        return {}, "No checkpoint is open."
    try:
        data = open_data_set(lab, "")
        query = replace(view.query().of_data_set(), data=lab, data_digest=data.digest, root="")
        found = reached_in(query, patterns)
    except CompVizError as error:
        return {}, f"The open checkpoint cannot read this lab: {error} Train a small one below."
    trained = view.checkpoint.card.data
    if trained and trained.digest == data.digest:
        return found, ""
    return found, f"The open checkpoint was trained on {trained.name if trained else 'other data'}, not on this lab."


def training(settings: LabSettings) -> None:
    """Train a small model on the lab in the background, then open it in Live."""
    if job := running():  # also one that was started before a reload, or by someone else
        st.session_state[JOB] = job
        progress(job)
        return
    st.button(
        "Train a small model on this lab", icon=":material/model_training:", on_click=begin, args=(settings,),
        help="In the background, with missing rate 0.3; the page stays usable.",
    )  # fmt: skip
    if JOB in st.session_state:
        outcome(st.session_state[JOB])


def begin(settings: LabSettings) -> None:
    """Start training; to be called in a callback."""
    text = str(settings)
    name = f"lab-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    with suppress(CompVizError):  # another visitor was quicker; their training is shown
        start(text, checkpoint_folder(name), SMALL)


@st.fragment(run_every=1.0)
def progress(job: Job) -> None:
    """How far a training is; drawn anew every second while it runs."""
    if job.state != "running":
        st.rerun()
    now = job.progress()
    said = "starting"
    if now.epoch:
        said = f"epoch {now.epoch} of {now.of}, about {now.seconds / now.epoch * (now.of - now.epoch):.0f} s left"
    st.progress(now.epoch / max(now.of, 1), f"Training on `{job.data}`: {said}")
    st.button("Cancel", icon=":material/stop_circle:", on_click=job.cancel)


def outcome(job: Job) -> None:
    """What became of a training."""
    if job.state != "done":
        st.warning(job.words(), icon=":material/warning:")
        return
    said, button = st.columns([4, 1.4], vertical_alignment="center")
    said.success(f"`{job.out.name}` is trained on `{job.data}`.", icon=":material/check:")
    button.button(
        "Open in Live", icon=":material/graphic_eq:", type="primary", width="stretch", key="open trained",
        on_click=open_in_live, args=(job.out.name, job.data, None),
    )  # fmt: skip


def hidden_truth(settings: LabSettings, palette: Palette) -> None:
    """One conversation with what no model is told."""
    data = open_data_set(str(settings), "")
    ids = [c.id for c in data.split("test")]
    picked = st.selectbox("Conversation of the lab", ids, key="lab conversation")
    conversation, truth = data.find(picked), lab_truth(settings)[picked]
    figure = truth_chart(
        data.task, data.modalities, truth.state, truth.expressed, truth.hard, conversation.labels, palette
    )
    titled_chart(st.container(), figure, "truth")
    st.caption(
        "What is hidden from any model: the emotion of each utterance, where a modality expresses another one, and which "
        "utterances are hard. Labels are what a model learns from and is judged by."
    )
    st.dataframe(
        pd.DataFrame({"utterance": range(1, len(conversation) + 1), "speaker": conversation.speakers, "words": conversation.words}),
        hide_index=True, height=240,
    )  # fmt: skip
    st.button(
        "Open this conversation in Live", icon=":material/graphic_eq:", on_click=open_in_live,
        args=(None, str(settings), picked), help="With the open checkpoint, when it can read this lab.",
    )  # fmt: skip
