"""Prompts on the Prototypes page: momentum λ with the model rerun, prompts from block to block, old and new in them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.live.change import change
from comp_viz.analysis.prototypes.momentum import (
    MomentumChange,
    largest_entry,
    momentum_changes,
    prompt_momentum,
    prompt_stages,
)
from comp_viz.analysis.prototypes.tables import momentum_table, prompt_momentum_table, prompts_table, rerun_table
from comp_viz.analysis.query import Query
from comp_viz.figures.chart import About, share_range
from comp_viz.figures.prototypes.momentum import ABOUT_MOMENTA, ABOUT_RERUN, momentum_chart, rerun_chart
from comp_viz.figures.prototypes.prompts import (
    ABOUT_OLD_NEW,
    ABOUT_OLD_SHARE,
    ABOUT_PROMPTS,
    old_new_chart,
    old_share_chart,
    prompts_chart,
)
from comp_viz.network.intervention import AS_TRAINED, Intervention
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data
from comp_viz.ui.cache.predictions import open_query
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import selected_utterance
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.prototypes.controls import NO_PROTOTYPES, modality_choice
from comp_viz.ui.widgets.chart_panel import chart_panel

MOMENTUM, KNOWN = "momentum", "momentum of"
MOMENTA = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
ONE_BLOCK = (
    "This network has one block. Prompts are mixed between blocks, so momentum λ has no effect here: every prompt that is "
    "delivered is fresh."
)


@keep_data(max_entries=64, show_spinner=False)
def _momentum_changes(query: Query, trained: float) -> tuple[MomentumChange, ...]:
    """Changes at λ from 0 to 1, and at the trained one, where there is none: a line past it would say otherwise."""
    opened = open_query(query)
    with INFERENCE:
        return momentum_changes(*opened, tuple(sorted({*MOMENTA, trained})))


def momentum_slider(view: PageView) -> float:
    """λ, at the trained value until it is moved, and again when another checkpoint is opened."""
    trained, state = float(view.checkpoint.comp.config.momentum), st.session_state
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
    modality = modality_choice(view)
    with st.container(width=340):
        return modality, momentum_slider(view)


@dataclass(frozen=True)
class Chart:
    """A chart of the section before it is shown, so that both sides of a comparison can be given the same axes."""

    figure: go.Figure
    about: About
    numbers: Callable[[], pd.DataFrame]
    shared_axis: str = ""  # that both sides of a comparison share
    selects: bool = False


def prompts_section(sides: list[Side], choice: tuple[str, float]) -> None:
    """Draw every side's prompts and predictions: which modality receives, and λ."""
    modality, momentum = choice
    runs = [rerun(side.view, momentum) for side in sides]
    with_prompts = [inside for inside in runs if inside.delivered]
    reach = largest_entry(with_prompts, modality, selected_utterance(sides[0].view)) if with_prompts else 1.0
    charts = [
        section_charts(side.view, inside, modality, momentum, reach) if inside.delivered else {}
        for side, inside in zip(sides, runs, strict=True)
    ]
    for side, mine in zip(sides, charts, strict=True):
        if not mine:
            side.place.info(NO_PROTOTYPES, icon=":material/info:")
        elif side.view.checkpoint.comp.config.blocks == 1:
            side.place.info(ONE_BLOCK, icon=":material/info:")
    for name in dict.fromkeys(name for mine in charts for name in mine):
        both = [
            (side, place, mine[name])
            for side, place, mine in zip(sides, row_of_sides(sides), charts, strict=True)
            if name in mine
        ]
        if both[0][2].shared_axis:
            share_range([chart.figure for *_, chart in both], both[0][2].shared_axis)
        for side, place, chart in both:
            with place:
                chart_panel(chart.figure, f"{name}{side.key}", chart.about, chart.numbers, selects=chart.selects)


def rerun(view: PageView, momentum: float) -> Inside:
    """The inside at a λ; at the trained one, the same as on all pages."""
    as_trained = abs(momentum - view.checkpoint.comp.config.momentum) < 1e-9
    return view.inside(changed=AS_TRAINED if as_trained else Intervention(momentum=momentum))


def section_charts(view: PageView, inside: Inside, modality: str, momentum: float, reach: float) -> dict[str, Chart]:
    """The charts of one side by name, from the predictions to the old and new parts of prompts."""
    s, colours, words = selected_utterance(view), palette(), view.conversation.words
    figure = prompts_chart(inside, modality, s, colours, reach)
    charts = rerun_charts(view, inside, momentum)
    charts["prompts"] = Chart(
        figure, ABOUT_PROMPTS, partial(prompts_table, prompt_stages(inside, modality, s), modality)
    )
    for l in range(1, view.checkpoint.comp.config.blocks):
        pairs = prompt_momentum(inside, l, momentum)
        numbers = partial(prompt_momentum_table, pairs)
        figure = old_share_chart(pairs, modality, l + 1, words, s, colours)
        charts[f"old_share_{l}"] = Chart(figure, ABOUT_OLD_SHARE, numbers, "yaxis", selects=True)
        charts[f"old_new_{l}"] = Chart(old_new_chart(pairs, l + 1, colours), ABOUT_OLD_NEW, numbers, "xaxis")
    return charts


def rerun_charts(view: PageView, inside: Inside, momentum: float) -> dict[str, Chart]:
    """Predictions at λ and over all λ; nothing for a network of one block."""
    if view.checkpoint.comp.config.blocks == 1:
        return {}
    before, here, trained = view.inside().prediction, inside.prediction, view.checkpoint.comp.config.momentum
    recorded = view.conversation.recorded
    changed = change(here, before, view.conversation.labels, recorded)
    changes = _momentum_changes(view.query(), trained)
    along = rerun_chart(
        here, before, changed, (momentum, trained), view.conversation.words, selected_utterance(view), palette()
    )
    sweep = momentum_chart(changes, trained, bool(here.task.classes), palette())
    numbers = partial(rerun_table, here, before, changed, momentum, trained)
    return {
        "rerun": Chart(along, ABOUT_RERUN, numbers, "yaxis", selects=True),
        "over_momentum": Chart(sweep, ABOUT_MOMENTA, partial(momentum_table, changes), "yaxis"),
    }
