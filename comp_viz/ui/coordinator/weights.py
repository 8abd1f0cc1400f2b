"""Pieces of the Coordinator page: the learned weights in four charts, side by side in compare mode."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.coordinator.groups import by_availability, by_emotion, by_subset, kept_subsets, left_with
from comp_viz.analysis.coordinator.tables import availability_table, trust_table, weights_table
from comp_viz.analysis.coordinator.trust import disagreement, trust_in_heads
from comp_viz.analysis.coordinator.weights import weight_floor, weight_span, weight_summary
from comp_viz.analysis.prediction import Prediction
from comp_viz.figures.chart import About
from comp_viz.figures.coordinator.by_availability import (
    ABOUT_AVAILABILITY,
    by_availability_chart,
    weights_by_availability_title,
)
from comp_viz.figures.coordinator.heading import (
    NO_COORDINATOR_FACTS,
    coordinator_facts,
    coordinator_heading,
    no_coordinator,
)
from comp_viz.figures.coordinator.simplex import Points, simplex, simplex_form, simplex_title
from comp_viz.figures.coordinator.strips import (
    ABOUT_CORRECTNESS,
    ABOUT_EMOTIONS,
    auc_label,
    correctness_title,
    emotions_title,
    strips,
)
from comp_viz.figures.coordinator.weights_along import WHOLE, WeightSpan, about_weights, weights_along, weights_title
from comp_viz.figures.emotions import emotion_looks
from comp_viz.figures.live.timeline import utterance_texts
from comp_viz.figures.style import Palette
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.widgets.chart_panel import chart_panel

FITTED = "fitted"  # widget key and address parameter


@dataclass(frozen=True)
class Frame:
    """What all weight charts of a page share."""

    span: WeightSpan
    floor: tuple[float, ...]  # [M]
    selected: int
    palette: Palette


def finding(view: PageView) -> tuple[str, str]:
    """The page's heading and the facts below it."""
    config = view.checkpoint.config
    if not view.checkpoint.learned_weights:
        return no_coordinator(len(config.modalities)), NO_COORDINATOR_FACTS
    prediction, labels = view.predict(view.observed), view.conversation.labels
    weights = weight_summary(prediction)
    facts = coordinator_facts(weights, trust_in_heads(prediction, labels), disagreement(prediction, labels))
    return coordinator_heading(weights, prediction.weights_from), facts


def chart_rows(sides: Sequence[Side], charts: int) -> list[list[DeltaGenerator]]:
    """Places `[chart][side]`: charts beside each other for a single side, sides beside each other where there are two."""
    if len(sides) == 1:
        return [[place] for place in st.columns(charts, gap="medium", vertical_alignment="bottom")]
    everywhere = all(side.view.checkpoint.learned_weights for side in sides)
    return [row_of_sides(sides, charts=everywhere) for _ in range(charts)]


def fit_axes() -> bool:
    """The control of how much of the axes is shown."""
    return st.toggle(
        "Fit axes to the weights", key=FITTED, bind="query-params",
        help="Weights are often close to equal. Off: axes from 0 to 1. On: only what occurs; the title of each axis names its ends.",
    )  # fmt: skip


def frame_of(here: Sequence[Prediction], fitted: bool, selected: int, palette: Palette) -> Frame:
    """What the charts of all sides share: axes `fitted` to the weights of all, or whole."""
    floor = weight_floor(*here) if fitted else (0.0,) * len(here[0].modalities)
    return Frame(weight_span(*here) if fitted else WHOLE, floor, selected, palette)


def weight_charts(sides: Sequence[Side], by_group: bool, fitted: bool, selected: int, palette: Palette) -> None:
    """The learned weights of every side that has some: utterance by utterance, or by what utterances have in common."""
    here = [side.view.predict(side.view.observed) for side in sides]
    frame = frame_of(here, fitted, selected, palette)
    places = [*chart_rows(sides, 1), *(chart_rows(sides, 2) if by_group else chart_rows(sides, 1))]
    for i, (side, prediction) in enumerate(zip(sides, here, strict=True)):
        first, *others = (place[i] for place in places)
        if not side.view.checkpoint.learned_weights:
            first.info(f"{no_coordinator(len(prediction.modalities))}.", icon=":material/balance:")
            continue
        conversation = side.view.conversation
        recorded = conversation.recorded
        hover = utterance_texts(prediction, conversation.labels, conversation.words, recorded)
        with first:
            if by_group:
                draw_weights_by_availability(side, prediction, frame)
            else:
                draw_along(side, prediction, hover, frame)
        for place, draw in zip(others, (draw_emotions, draw_correctness) if by_group else (draw_simplex,), strict=True):
            with place:
                draw(side, prediction, hover, frame)


def weights_panel(side: Side, figure: go.Figure, key: str, about: About, prediction: Prediction) -> None:
    """A chart whose numbers are the weights themselves."""
    numbers = partial(weights_table, prediction, side.view.conversation.labels)
    chart_panel(figure, f"{key}{side.key}", in_words_of(side, about), numbers, selects=True)


def in_words_of(side: Side, about: About) -> About:
    """What a chart means, without the equation where the weights are not those of ComP."""
    return about if side.view.checkpoint.is_comp else replace(about, equation="")


def draw_along(side: Side, prediction: Prediction, hover: Sequence[str], frame: Frame) -> None:
    """Weights along the conversation."""
    title = weights_title(weight_summary(prediction))
    figure = weights_along(prediction, hover, frame.span, frame.selected, frame.palette, title)
    weights_panel(side, figure, "weights", about_weights(side.view.checkpoint.is_comp), prediction)


def draw_simplex(side: Side, prediction: Prediction, hover: Sequence[str], frame: Frame) -> None:
    """Every utterance's weights as one point."""
    groups = by_emotion(prediction, side.view.conversation.labels)
    looks = emotion_looks(frame.palette, prediction.task.classes)
    points = Points(prediction, groups, looks, hover, frame.selected)
    figure = simplex(points, frame.span, frame.floor, frame.palette, simplex_title(prediction))
    weights_panel(side, figure, *simplex_form(len(prediction.modalities)), prediction)


def draw_weights_by_availability(side: Side, prediction: Prediction, frame: Frame) -> None:
    """Mean weights by which modalities are observed, here and with the same left everywhere."""
    view, names = side.view, prediction.modalities
    fixed = by_subset(
        {kept: view.predict(left_with(names, view.conversation.observed, kept)) for kept in kept_subsets(names)}
    )
    here = by_availability(prediction)
    figure = by_availability_chart(
        here, fixed, names, frame.span, frame.palette, weights_by_availability_title(fixed, names)
    )
    chart_panel(
        figure,
        f"availability{side.key}",
        in_words_of(side, ABOUT_AVAILABILITY),
        partial(availability_table, here, fixed),
    )


def draw_emotions(side: Side, prediction: Prediction, hover: Sequence[str], frame: Frame) -> None:
    """Weights by true emotion."""
    names = prediction.modalities
    groups = by_emotion(prediction, side.view.conversation.labels)
    columns = [(f"{group.name}<br>({len(group.members)})", dict.fromkeys(names, group.members)) for group in groups]
    title = emotions_title(groups, names)
    figure = strips(prediction, columns, hover, frame.span, frame.selected, frame.palette, title)
    weights_panel(side, figure, "emotions", ABOUT_EMOTIONS, prediction)


def draw_correctness(side: Side, prediction: Prediction, hover: Sequence[str], frame: Frame) -> None:
    """Weights where each modality's head is wrong and right."""
    labels = side.view.conversation.labels
    trust = trust_in_heads(prediction, labels)
    columns = [
        (f"{name}<br>{outcome}<br>({len(members)})", {name: members})
        for name, each in trust.items()
        for outcome, members in (("wrong", each.wrong), ("right", each.right))
    ]
    title = correctness_title(trust, disagreement(prediction, labels))
    above = [(2 * u + 0.5, auc_label(each)) for u, each in enumerate(trust.values())]
    figure = strips(prediction, columns, hover, frame.span, frame.selected, frame.palette, title, above)
    chart_panel(figure, f"correctness{side.key}", ABOUT_CORRECTNESS, partial(trust_table, trust), selects=True)
