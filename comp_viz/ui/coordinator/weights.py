"""Pieces of the Coordinator page: the learned weights in five charts, side by side in compare mode."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.coordinator.groups import (
    by_availability,
    by_emotion,
    by_subset,
    describe_emotions,
    describe_subsets,
    left_with,
    subsets,
)
from comp_viz.analysis.coordinator.tables import availability_table, trust_table, weights_table
from comp_viz.analysis.coordinator.trust import describe_disagreement, describe_trust, disagreement, in_short, trust
from comp_viz.analysis.coordinator.weights import (
    describe_availability,
    describe_distance,
    describe_leader,
    describe_near,
    weight_floor,
    weight_span,
    weights,
)
from comp_viz.analysis.prediction import Prediction
from comp_viz.figures.coordinator.by_availability import by_availability_chart
from comp_viz.figures.coordinator.simplex import Points, simplex
from comp_viz.figures.coordinator.strips import strips
from comp_viz.figures.coordinator.weights_along import WHOLE, Span, weights_along
from comp_viz.figures.emotions import emotion_looks
from comp_viz.figures.live.timeline import hover_texts
from comp_viz.figures.style import Palette
from comp_viz.ui.coordinator.words import ABOUT, SHAPES
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.widgets.chart_panel import chart_panel

FITTED = "fitted"  # widget key and address parameter


@dataclass(frozen=True)
class Frame:
    """What all weight charts of a page share."""

    span: Span
    floor: tuple[float, ...]  # [M]
    selected: int
    palette: Palette


def sentences(view: PageView) -> tuple[str, str]:
    """What the weights say, first in short."""
    here = view.predict(view.observed)
    if not view.checkpoint.config.coordination:
        return no_coordinator(view), "Below is what other weights would make of its features."
    found, labels = weights(here), view.conversation.labels
    rest = describe_availability(found), describe_trust(trust(here, labels), disagreement(here, labels))
    return describe_distance(found), ". ".join([*rest, describe_disagreement(disagreement(here, labels))]) + "."


def no_coordinator(view: PageView) -> str:
    """What a network without one does instead."""
    M = len(view.checkpoint.config.modalities)
    return f"This network was trained without a coordinator: it weighs its {M} modalities equally, 1/{M} each, by construction"


def rows(found: Sequence[Side], charts: int) -> list[list[DeltaGenerator]]:
    """Places `[chart][side]`: charts beside each other for a single side, sides beside each other where there are two."""
    if len(found) == 1:
        return [[place] for place in st.columns(charts, gap="medium", vertical_alignment="bottom")]
    everywhere = all(side.view.checkpoint.config.coordination for side in found)
    return [row_of_sides(found, charts=everywhere) for _ in range(charts)]


def fit_axes() -> bool:
    """The control of how much of the axes is shown."""
    return st.toggle(
        "Fit axes to the weights", key=FITTED, bind="query-params",
        help="Weights are often close to equal. Off: axes show all that is possible, 0 to 1. On: only what occurs, and each axis says from where to where.",
    )  # fmt: skip


def frame_of(here: Sequence[Prediction], fitted: bool, selected: int, palette: Palette) -> Frame:
    """What the charts of all sides share: axes `fitted` to the weights of all, or whole."""
    floor = weight_floor(*here) if fitted else (0.0,) * len(here[0].modalities)
    return Frame(weight_span(*here) if fitted else WHOLE, floor, selected, palette)


def weight_charts(found: Sequence[Side], by_group: bool, fitted: bool, selected: int, palette: Palette) -> None:
    """The learned weights of every side that has some: utterance by utterance, or by what utterances have in common."""
    here = [side.view.predict(side.view.observed) for side in found]
    frame = frame_of(here, fitted, selected, palette)
    places = [*rows(found, 1), *(rows(found, 2) if by_group else rows(found, 1))]
    for i, (side, prediction) in enumerate(zip(found, here, strict=True)):
        first, *others = (place[i] for place in places)
        if not side.view.checkpoint.config.coordination:
            first.info(f"{no_coordinator(side.view)}.", icon=":material/balance:")
            continue
        hover = hover_texts(prediction, side.view.conversation.labels, side.view.conversation.words)
        with first:
            if by_group:
                draw_availability(side, prediction, frame)
            else:
                draw_along(side, prediction, hover, frame)
        for place, draw in zip(others, (draw_emotions, draw_trust) if by_group else (draw_simplex,), strict=True):
            with place:
                draw(side, prediction, hover, frame)


def show(side: Side, figure: go.Figure, name: str, prediction: Prediction, selects: bool = True) -> None:
    """A chart whose numbers are the weights themselves."""
    numbers = partial(weights_table, prediction, side.view.conversation.labels)
    chart_panel(figure, f"{name}{side.key}", ABOUT[name], numbers, selects)


def draw_along(side: Side, prediction: Prediction, hover: Sequence[str], frame: Frame) -> None:
    """Weights along the conversation."""
    title = describe_leader(weights(prediction))
    figure = weights_along(prediction, hover, frame.span, frame.selected, frame.palette, title)
    show(side, figure, "weights", prediction)


def draw_simplex(side: Side, prediction: Prediction, hover: Sequence[str], frame: Frame) -> None:
    """Every utterance's weights as one point."""
    groups = by_emotion(prediction, side.view.conversation.labels)
    looks = emotion_looks(frame.palette, prediction.task.classes)
    points = Points(prediction, groups, looks, hover, frame.selected)
    figure = simplex(points, frame.span, frame.floor, frame.palette, describe_near(prediction))
    show(side, figure, SHAPES.get(len(prediction.modalities), "paths"), prediction)


def draw_availability(side: Side, prediction: Prediction, frame: Frame) -> None:
    """Mean weights by what is observed, here and under the fixed patterns."""
    view, names = side.view, prediction.modalities
    fixed = by_subset(
        {kept: view.predict(left_with(names, view.conversation.observed, kept)) for kept in subsets(names)}
    )
    here = by_availability(prediction)
    figure = by_availability_chart(here, fixed, names, frame.span, frame.palette, describe_subsets(fixed, names))
    chart_panel(figure, f"availability{side.key}", ABOUT["availability"], partial(availability_table, here, fixed))


def draw_emotions(side: Side, prediction: Prediction, hover: Sequence[str], frame: Frame) -> None:
    """Weights by true emotion."""
    names = prediction.modalities
    groups = by_emotion(prediction, side.view.conversation.labels)
    columns = [(f"{group.name}<br>({len(group.members)})", dict.fromkeys(names, group.members)) for group in groups]
    title = describe_emotions(groups, names)
    figure = strips(prediction, columns, hover, frame.span, frame.selected, frame.palette, title)
    show(side, figure, "emotions", prediction)


def draw_trust(side: Side, prediction: Prediction, hover: Sequence[str], frame: Frame) -> None:
    """Weights where each modality's head is wrong and right."""
    labels = side.view.conversation.labels
    found = trust(prediction, labels)
    columns = [
        (f"{name}<br>{outcome}<br>({len(members)})", {name: members})
        for name, each in found.items()
        for outcome, members in (("wrong", each.wrong), ("right", each.right))
    ]
    title = describe_trust(found, disagreement(prediction, labels))
    above = [(2 * u + 0.5, in_short(each)) for u, each in enumerate(found.values())]
    figure = strips(prediction, columns, hover, frame.span, frame.selected, frame.palette, title, above)
    chart_panel(figure, f"correctness{side.key}", ABOUT["correctness"], partial(trust_table, found), selects=True)
