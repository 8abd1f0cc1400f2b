"""The second part of the Coordinator page: what the fused prediction would be under other weights."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from comp_viz.analysis.coordinator.reweighting import (
    BY_HAND,
    EQUAL,
    LEARNED,
    Reweighed,
    describe_accuracy,
    describe_reweighed,
    fixed_weights,
    normalised,
    reweighed,
)
from comp_viz.analysis.coordinator.tables import accuracy_table, reweighed_table
from comp_viz.figures.coordinator.accuracy import accuracy_chart
from comp_viz.figures.coordinator.reweighting import reach, reweighed_along
from comp_viz.figures.style import Palette, modality_marks
from comp_viz.network.intervention import Intervention
from comp_viz.ui.coordinator.words import ABOUT
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.widgets.chart_panel import chart_panel

KEY = "weight_"  # before a modality: widget key and address parameter


def sliders(modalities: tuple[str, ...]) -> tuple[float, ...]:
    """The control of weights set by hand; returns them normalised, in modality order."""
    marks = modality_marks(modalities)
    wished = [
        place.slider(
            f"{marks[name]} {name}", 0.0, 1.0, 0.5, 0.05, key=KEY + name, bind="query-params",
            help="Only the ratio to the others counts: weights are made to sum to 1.",
        )
        for place, name in zip(st.columns(len(modalities), gap="medium"), modalities, strict=True)
    ]  # fmt: skip
    weights = normalised(wished)
    named = ", ".join(f"{name} **{weight:.2f}**" for name, weight in zip(modalities, weights, strict=True))
    st.caption(f"Weights set by hand, made to sum to 1: {named}.{'' if any(wished) else ' All at 0 counts as equal.'}")
    return weights


def under_weights(view: PageView, by_hand: tuple[float, ...]) -> Mapping[str, Reweighed]:
    """The conversation as trained, and run again under every other weighting."""
    config, trained = view.checkpoint.config, view.predict(view.observed)
    given = fixed_weights(config.modalities) | {BY_HAND: by_hand}
    found = {name: view.predict(view.observed, Intervention(weights=weights)) for name, weights in given.items()}
    return reweighed(
        {LEARNED: trained} | found if config.coordination else found | {EQUAL: trained}, view.conversation.labels
    )


def other_weights(found: Sequence[Side], by_hand: tuple[float, ...], selected: int, palette: Palette) -> None:
    """Predictions along the conversation, and accuracy, for every side; one of the weightings is `by_hand [M]`."""
    under = [under_weights(side.view, by_hand) for side in found]
    conversations = [side.view.conversation for side in found]
    span = reach(*((each, conversation.labels) for each, conversation in zip(under, conversations, strict=True)))
    along, shares = row_of_sides(found), row_of_sides(found)
    for i, (side, each) in enumerate(zip(found, under, strict=True)):
        labels, words = conversations[i].labels, conversations[i].words
        with along[i]:
            figure = reweighed_along(each, labels, words, span, selected, palette, describe_reweighed(each))
            numbers = partial(reweighed_table, each, labels)
            chart_panel(figure, f"other weights{side.key}", ABOUT["other weights"], numbers, selects=True)
        with shares[i]:
            figure = accuracy_chart(each, palette, describe_accuracy(each))
            chart_panel(figure, f"accuracy{side.key}", ABOUT["accuracy"], partial(accuracy_table, each))
