"""Discrepancy between modalities on the Imbalance page: over training, and of the finished model on request."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from comp_viz.checkpoint.card import Card
from comp_viz.errors import CompVizError
from comp_viz.figures.imbalance.discrepancy import (
    ABOUT_RATIO,
    ABOUT_TRAINING_RATIOS,
    ABOUT_UTILISATION,
    measure_spans,
    ratio_chart,
    ratio_span,
    ratios_chart,
    utilisation_chart,
)
from comp_viz.figures.style import Palette
from comp_viz.ui.cache import training as cached_training
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.wording import how_many

MEASURE_HELP = "Runs the open checkpoint over the whole test split, once, and once more without each modality; takes some seconds the first time."


def recorded_probabilities(card: Card) -> bool:
    """Whether the errors in a checkpoint's telemetry are one minus the probability of the truth."""
    return bool(card.task.classes) and card.training is not None and card.training.recipe.get("error") == "probability"


def discrepancy_rows(place_of: Sequence[Side], pattern: str, palette: Palette) -> None:
    """Discrepancy ratios: over training where it was recorded, and of the finished model on request."""
    of_sides = [
        cached_training.ratios(side.view.name, recorded_probabilities(side.view.checkpoint.card)) for side in place_of
    ]
    shared = ratio_span(of_sides)
    for side, place, ratios in zip(place_of, row_of_sides(place_of), of_sides, strict=True):
        if len(ratios):
            with place:
                figure = ratios_chart(ratios, side.view.data.modalities, shared, palette)
                chart_panel(figure, f"ratios{side.key}", ABOUT_TRAINING_RATIOS, partial(pd.DataFrame, ratios))
    with row_of_sides(place_of)[0]:
        measure = st.toggle(
            "Measure the finished model on the test split", key="measure", bind="query-params", help=MEASURE_HELP
        )
    if measure:
        finished_model(place_of, pattern, palette)


def finished_model(place_of: Sequence[Side], pattern: str, palette: Palette) -> None:
    """Both measures of each side's finished model, on shared axes."""
    try:
        of_sides = [cached_training.discrepancy_on(side.view.query().of_data_set(), pattern) for side in place_of]
    except CompVizError as error:
        st.info(escape_markdown(str(error)), icon=":material/info:")
        return
    ratio, utilisation = measure_spans(of_sides)
    for side, place, measures in zip(place_of, row_of_sides(place_of), of_sides, strict=True):
        with place:
            chart_panel(ratio_chart(measures, ratio, palette), f"ratio{side.key}", ABOUT_RATIO, measures.table)
    for side, place, measures in zip(place_of, row_of_sides(place_of), of_sides, strict=True):
        with place:
            figure = utilisation_chart(measures, utilisation, palette)
            chart_panel(figure, f"utilisation{side.key}", ABOUT_UTILISATION, measures.table)
            st.caption(
                f"{escape_markdown(side.view.data.name)}, test split: {how_many(measures.utterances, 'utterance')} that count in "
                f"{how_many(measures.conversations, 'conversation')}, under {escape_markdown(pattern)}. Intervals are over conversations, of this one checkpoint."
            )
