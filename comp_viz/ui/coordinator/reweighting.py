"""The second part of the Coordinator page: the fused prediction under other weights."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from comp_viz.analysis.coordinator.reweighting import (
    BY_HAND,
    EQUAL,
    LEARNED,
    Weighting,
    compare_weightings,
    fixed_weights,
    normalised_weights,
)
from comp_viz.analysis.coordinator.tables import accuracy_table, weightings_table
from comp_viz.figures.coordinator.accuracy import ABOUT_REWEIGHTED_ACCURACY, accuracy_chart, reweighted_accuracy_title
from comp_viz.figures.coordinator.reweighting import (
    ABOUT_OTHER_WEIGHTS,
    other_weights_title,
    prediction_span,
    weightings_along,
)
from comp_viz.figures.style import Palette, modality_marks
from comp_viz.network.intervention import Intervention
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel

WEIGHT_KEY = "weight_"  # before a modality: widget key and address parameter


def sliders(modalities: tuple[str, ...]) -> tuple[float, ...]:
    """The control of weights set by hand; returns them normalised, in modality order."""
    marks = modality_marks(modalities)
    wished = [
        place.slider(
            f"{marks[name]} {escape_markdown(name)}", 0.0, 1.0, 0.5, 0.05, key=WEIGHT_KEY + name, bind="query-params",
            help="Only the ratio to the others counts: weights are made to sum to 1.",
        )
        for place, name in zip(st.columns(len(modalities), gap="medium"), modalities, strict=True)
    ]  # fmt: skip
    weights = normalised_weights(wished)
    named = ", ".join(
        f"{escape_markdown(name)} **{weight:.2f}**" for name, weight in zip(modalities, weights, strict=True)
    )
    st.caption(f"Weights set by hand, made to sum to 1: {named}.{'' if any(wished) else ' All at 0 counts as equal.'}")
    return weights


def view_weightings(view: PageView, by_hand: tuple[float, ...]) -> Mapping[str, Weighting]:
    """The conversation as trained, and run again under every other weighting."""
    config, trained = view.checkpoint.comp.config, view.predict(view.observed)
    given = fixed_weights(config.modalities) | {BY_HAND: by_hand}
    others = {name: view.predict(view.observed, Intervention(weights=weights)) for name, weights in given.items()}
    predictions = {LEARNED: trained} | others if config.coordination else others | {EQUAL: trained}
    return compare_weightings(predictions, view.conversation.labels)


def other_weights(sides: Sequence[Side], by_hand: tuple[float, ...], selected: int, palette: Palette) -> None:
    """Predictions along the conversation, and accuracy, for every side; one of the weightings is `by_hand [M]`."""
    under = [view_weightings(side.view, by_hand) for side in sides]
    conversations = [side.view.conversation for side in sides]
    span = prediction_span(
        *((each, conversation.labels) for each, conversation in zip(under, conversations, strict=True))
    )
    along, shares = row_of_sides(sides), row_of_sides(sides)
    for i, (side, each) in enumerate(zip(sides, under, strict=True)):
        labels, words = conversations[i].labels, conversations[i].words
        with along[i]:
            figure = weightings_along(each, labels, words, span, selected, palette, other_weights_title(each))
            numbers = partial(weightings_table, each, labels)
            chart_panel(figure, f"other weights{side.key}", ABOUT_OTHER_WEIGHTS, numbers, selects=True)
        with shares[i]:
            figure = accuracy_chart(each, palette, reweighted_accuracy_title(each))
            chart_panel(figure, f"accuracy{side.key}", ABOUT_REWEIGHTED_ACCURACY, partial(accuracy_table, each))
