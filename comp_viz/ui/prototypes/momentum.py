"""Prompts on the Prototypes page: momentum λ with the model rerun, prompts from block to block, old and new in them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.live.change import Change, change
from comp_viz.analysis.prediction import Prediction
from comp_viz.analysis.prototypes.momentum import AtMomentum, Blend, blends, by_momentum
from comp_viz.analysis.query import Query
from comp_viz.figures.chart import About
from comp_viz.figures.prototypes.momentum import (
    alike,
    furthest_entry,
    momentum_chart,
    parts_chart,
    prompt_stages,
    prompts_chart,
    rerun_chart,
    share_chart,
)
from comp_viz.network.intervention import AS_TRAINED, Intervention
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data
from comp_viz.ui.cache.predictions import open_query
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import selected_utterance
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.prototypes.shared import NO_PROMPTS, modality_choice
from comp_viz.ui.widgets.chart_panel import chart_panel

MOMENTUM, KNOWN = "momentum", "momentum of"
MOMENTA = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
BLEND = r"P_{l+1}^{vu} = \lambda \bar P_l^{vu} + (1-\lambda) \tilde P_{l+1}^{v} \quad (9)"
ONE_BLOCK = (
    "This network has one block. Prompts are blended between blocks, so momentum λ has no effect here: every prompt that is "
    "delivered is fresh."
)
RERUN = About(
    "The model run again on this conversation with another λ, everything else as trained: the fused prediction, for classes the "
    "probability of the class decided at the trained λ. Rings mark decisions that flip.",
    "How good a network trained with that λ would be: this one has learned to live with its own.",
    BLEND,
)
OVER = About(
    "The same for λ from 0 (all prompts fresh in every block) to 1 (later blocks only receive what the first one left): mean absolute change "
    "of the fused prediction against the trained λ.",
    "Which λ is best to train with. That more decisions come out right at another λ, on one conversation, may be chance.",
    BLEND,
)
STAGES = About(
    "The prompts one modality receives in the utterance in hand, entry by entry, on their way: fresh, delivered to a block, renewed by it, "
    "blended with the next fresh one, delivered again.",
    "What an entry means: entries have no names, and a block's first layer may weigh them as it likes. How much of the output depends on "
    "a prompt is measured on the Propagation page.",
    BLEND,
)
SHARES = About(
    "How much of each delivered prompt is old: the projection of λ times the renewed prompt on the delivered one, over its squared length. "
    "The rest is new, and both add up to 100 %.",
    "Anything about the output. Below 0 % or above 100 % the two parts point against each other.",
    r"\mathrm{old} = \frac{\langle \lambda \bar P, P\rangle}{\langle P, P\rangle},\quad P = \lambda \bar P + (1-\lambda) \tilde P",
)
PARTS = About(
    "Mean length of λ times the renewed prompt and of (1-λ) times the fresh one, for every pair of sender and receiver; below their names, "
    "the share of the delivered prompts that is old over the whole conversation, and the mean cosine of the two parts.",
    "The length of what is delivered, which is shorter than both together unless the cosine is 1.",
    BLEND,
)


@keep_data(max_entries=64, show_spinner=False)
def _over(query: Query) -> tuple[AtMomentum, ...]:
    opened = open_query(query)
    with INFERENCE:
        return by_momentum(*opened, MOMENTA)


def momentum_slider(view: PageView) -> float:
    """λ, at the trained value until it is moved, and again when another checkpoint is opened."""
    trained, state = float(view.checkpoint.config.momentum), st.session_state
    if state.setdefault(KNOWN, view.name) != view.name:
        state[KNOWN], state[MOMENTUM] = view.name, trained
    return float(
        st.slider(
            "Momentum λ", 0.0, 1.0, None if MOMENTUM in state else trained, 0.05, key=MOMENTUM, bind="query-params",
            help=f"From 0 (delivered prompts are all fresh) to 1 (all from the block before). Trained with {trained:g}. Moving it runs the model again.",
        )
    )  # fmt: skip


def prompts_controls(view: PageView) -> tuple[str, float]:
    """The modality that receives, and λ."""
    pick, slide = st.columns([2, 5], vertical_alignment="bottom")
    with pick:
        modality = modality_choice(view)
    with slide:
        return modality, momentum_slider(view)


@dataclass(frozen=True)
class Chart:
    """A chart of the section before it is shown, so that both sides of a comparison can be given the same axes."""

    figure: go.Figure
    about: About
    numbers: Callable[[], pd.DataFrame]
    alike: str = ""  # the axis that both sides share
    selects: bool = False


def prompts_section(sides: list[Side], choice: tuple[str, float]) -> None:
    """Draw every side's prompts and predictions: which modality receives, and λ."""
    modality, momentum = choice
    runs = [rerun(side.view, momentum) for side in sides]
    with_prompts = [inside for inside in runs if inside.delivered]
    reach = furthest_entry(with_prompts, modality, selected_utterance(sides[0].view)) if with_prompts else 1.0
    charts = [
        charts_of(side.view, inside, modality, momentum, reach) if inside.delivered else {}
        for side, inside in zip(sides, runs, strict=True)
    ]
    for side, found in zip(sides, charts, strict=True):
        if not found:
            side.place.info(NO_PROMPTS, icon=":material/info:")
        elif side.view.checkpoint.config.blocks == 1:
            side.place.info(ONE_BLOCK, icon=":material/info:")
    for name in dict.fromkeys(name for found in charts for name in found):
        both = [
            (side, place, found[name])
            for side, place, found in zip(sides, row_of_sides(sides), charts, strict=True)
            if name in found
        ]
        if both[0][2].alike:
            alike([chart.figure for *_, chart in both], both[0][2].alike)
        for side, place, chart in both:
            with place:
                chart_panel(chart.figure, f"{name}{side.key}", chart.about, chart.numbers, selects=chart.selects)


def rerun(view: PageView, momentum: float) -> Inside:
    """The inside at a λ; at the trained one, the same as on all pages."""
    as_trained = abs(momentum - view.checkpoint.config.momentum) < 1e-9
    return view.inside(changed=AS_TRAINED if as_trained else Intervention(momentum=momentum))


def charts_of(view: PageView, inside: Inside, modality: str, momentum: float, reach: float) -> dict[str, Chart]:
    """The charts of one side by name, from the predictions to the parts of prompts."""
    s, colours, words = selected_utterance(view), palette(), view.conversation.words
    stages = prompts_chart(inside, modality, s, colours, reach)
    charts = rerun_charts(view, inside, momentum)
    charts["prompts"] = Chart(stages, STAGES, partial(stage_numbers, inside, modality, s))
    for l in range(1, view.checkpoint.config.blocks):
        found = blends(inside, l, momentum)
        numbers, into = partial(blend_numbers, found), f" into block {l + 1}"
        shares = share_chart(found, modality, into, words, s, colours)
        charts[f"old_share_{l}"] = Chart(shares, SHARES, numbers, "yaxis", selects=True)
        charts[f"old_new_{l}"] = Chart(parts_chart(found, into, colours), PARTS, numbers, "xaxis")
    return charts


def rerun_charts(view: PageView, inside: Inside, momentum: float) -> dict[str, Chart]:
    """Predictions at λ and over all λ; nothing for a network of one block."""
    if view.checkpoint.config.blocks == 1:
        return {}
    before, here, trained = view.inside().prediction, inside.prediction, view.checkpoint.config.momentum
    found, over = change(here, before, view.conversation.labels), _over(view.query())
    along = rerun_chart(
        here, before, found, (momentum, trained), view.conversation.words, selected_utterance(view), palette()
    )
    sweep = momentum_chart(over, trained, bool(here.task.classes), palette())
    numbers = partial(rerun_numbers, here, before, found, momentum, trained)
    return {
        "rerun": Chart(along, RERUN, numbers, "yaxis", selects=True),
        "over_momentum": Chart(sweep, OVER, partial(momentum_numbers, over), "yaxis"),
    }


def rerun_numbers(here: Prediction, before: Prediction, found: Change, momentum: float, trained: float) -> pd.DataFrame:
    """Fused predictions at both λ."""
    frame = pd.DataFrame({"utterance": np.arange(1, len(found.flipped) + 1)})
    for values, at in ((before, trained), (here, momentum)):
        for i, name in enumerate(here.task.classes or (here.task.name,)):
            frame[f"{name}, λ {at:g}"] = values.fused[:, i]
    return frame.assign(flips=found.flipped)


def momentum_numbers(over: tuple[AtMomentum, ...]) -> pd.DataFrame:
    """Mean change, flips and accuracy at every λ."""
    rows = [(at.momentum, at.shift, int(at.change.flipped.sum()), at.change.accuracy) for at in over]
    return pd.DataFrame(rows, columns=["momentum", "mean change", "flips", "accuracy"])


def stage_numbers(inside: Inside, receiver: str, s: int) -> pd.DataFrame:
    """The prompts of one utterance, one row for an entry."""
    frames = [
        pd.DataFrame(
            {"receiver": receiver, "sender": sender, "stage": stage, "entry": np.arange(1, len(p) + 1), "value": p}
        )
        for sender, stage, p in prompt_stages(inside, receiver, s)
    ]
    return pd.concat(frames, ignore_index=True)


def blend_numbers(found: list[Blend]) -> pd.DataFrame:
    """Old and new of every pair and utterance."""
    columns = {
        "old length": "old",
        "new length": "new",
        "delivered length": "length",
        "cosine": "cosine",
        "old share": "share",
    }
    frames = [
        pd.DataFrame(
            {"receiver": b.receiver, "sender": b.sender, "utterance": np.arange(1, len(b.share) + 1)}
            | {name: getattr(b, field) for name, field in columns.items()}
        )
        for b in found
    ]
    return pd.concat(frames, ignore_index=True)
