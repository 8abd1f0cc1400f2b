"""Pieces of the Imbalance page: accuracy by epoch, gaps and under-optimisation, discrepancy between modalities."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.imbalance.gap import ALONE, COMP, WITHOUT, curves_of_runs, curves_of_table, gaps
from comp_viz.analysis.shipped_results import ResultsTable
from comp_viz.checkpoint.card import Card
from comp_viz.errors import CompVizError
from comp_viz.figures.imbalance import curves as drawn
from comp_viz.figures.style import Palette
from comp_viz.ui.cache import training as cached_training
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.imbalance import words as about
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.text import escape_markdown
from comp_viz.wording import how_many

METHODS = (COMP, WITHOUT, ALONE)
SPLITS = {"selection split": "selection", "training split": "training"}
OWN, TABLE = "this checkpoint", "our results table"
RUNS = (TABLE, OWN)
UNDER = "judged_under"  # widget key and address parameter
COMPLETE = "uniform(0)"


def results(view: PageView) -> ResultsTable | None:
    """The shipped table of results on the open data, None where there is none."""
    return cached_training.table(METHODS, view.data.digest)


def judged_under(table: ResultsTable | None) -> str:
    """The missing pattern that finished models are judged under, chosen among the table's."""
    patterns = table.patterns if table else [COMPLETE]
    return one_of("Judged under", patterns, UNDER, about.RATE)


def finding(view: PageView, joint: pd.DataFrame | None) -> str:
    """What the current picture says: under-optimisation where a table tells, else how far heads lie apart."""
    if joint is not None:
        return drawn.joint_title(joint) + "."
    own = own_curves(view, "selection")
    return "Nothing is known yet of how balanced this checkpoint is." if own.empty else drawn.curves_title(own) + "."


def curves(place_of: Sequence[Side], controls: DeltaGenerator, table: ResultsTable | None, palette: Palette) -> None:
    """Accuracy by epoch for each side on shared axes; what is chosen of it stands in `controls`."""
    from_table = table is not None and len(table.epochs) > 0 and len(place_of) == 1
    with controls:
        split = SPLITS[one_of("Accuracy on", list(SPLITS), "judged_on", about.SPLIT, buttons=True)]
        runs = one_of("Runs of", RUNS, "runs", about.RUNS, buttons=True) if from_table else OWN
    found = [
        curves_of_table(table, split) if table is not None and runs == TABLE else own_curves(side.view, split)
        for side in place_of
    ]
    shared = drawn.accuracy_span(found)
    recorded = not any(one.empty for one in found)
    places = zip(row_of_sides(place_of, charts=recorded), row_of_sides(place_of, charts=False), strict=True)
    for side, (place, below), one in zip(place_of, places, found, strict=True):
        if one.empty:
            said = about.NOT_RECORDED.format(name=escape_markdown(side.view.checkpoint.card.name))
            place.info(said, icon=":material/info:")
            continue
        figure = drawn.curves_chart(one, side.view.data.modalities, shared, palette, drawn.curves_title(one))
        with place:
            chart_panel(figure, f"curves{side.key}", about.CURVES, partial(pd.DataFrame, one))
        below.caption(source(side.view, one, table if runs == TABLE else None))


def own_curves(view: PageView, split: str) -> pd.DataFrame:
    """Of the open checkpoint, and of one without prompting that was trained on the same data."""
    mine = cached_training.accuracy_by_epoch(view.name)
    if mine.empty or not view.checkpoint.config.prompting:
        return curves_of_runs({WITHOUT: mine} if len(mine) else {}, split)
    other = without_prompting(view)
    runs = {COMP: mine} | ({WITHOUT: cached_training.accuracy_by_epoch(other)} if other else {})
    return curves_of_runs(runs, split)


def without_prompting(view: PageView) -> str | None:
    """A checkpoint without prompting trained on the same data."""
    trained_on = view.checkpoint.card.data
    return cached_training.baseline(trained_on.digest) if trained_on else None


def source(view: PageView, found: pd.DataFrame, table: ResultsTable | None) -> str:
    """What the curves are of, in a sentence, and what is not there."""
    if table is not None:
        return f"Our results table {table.name}: {escape_markdown(table.data)}, trained under {escape_markdown(table.trained_under)}; {seeds(found)}."
    said = f"{escape_markdown(view.checkpoint.card.name)}: one run, so there is no interval."
    other = without_prompting(view)
    if view.checkpoint.config.prompting:
        said += f" Without prompting: checkpoint {escape_markdown(other)}." if other else (
            " No checkpoint without prompting was trained on these data."
        )  # fmt: skip
    return (
        said
        + " Stage 1 is each modality on its own; for modalities alone to the end, see the results table where there is one."
    )


def seeds(found: pd.DataFrame) -> str:
    """How many seeds the curves are means of."""
    most = int(found["seeds"].max())
    return (
        "one seed, so there is no band"
        if most == 1
        else f"mean over {most} training seeds, bands from the lowest to the highest"
    )


def numbers(
    view: PageView, table: ResultsTable | None, joint: pd.DataFrame | None, pattern: str, palette: Palette
) -> None:
    """Performance gap and under-optimisation, with intervals, under a missing pattern."""
    if table is None or joint is None:
        st.info(about.NO_TABLE, icon=":material/table:")
        return
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    apart = gaps(table, pattern)
    with left:
        chart_panel(drawn.gap_chart(apart, palette), "gap", about.GAP, lambda: apart)
    with right:
        chart_panel(drawn.joint_chart(joint, view.data.modalities, palette), "joint", about.JOINT, lambda: joint)
    st.caption(
        f"Our results table {table.name}: {escape_markdown(table.protocol)}; {table.seeds} training seeds. Not the open checkpoint."
    )
    if table.on_test:
        st.warning(about.ON_TEST, icon=":material/warning:")


def recorded_probabilities(card: Card) -> bool:
    """Whether the errors in a checkpoint's telemetry are one minus the probability of the truth."""
    return bool(card.task.classes) and card.training is not None and card.training.recipe.get("error") == "probability"


def discrepancies(place_of: Sequence[Side], pattern: str, palette: Palette) -> None:
    """Discrepancy ratios: over training where it was recorded, and of the finished model when asked for."""
    told = [
        cached_training.ratios(side.view.name, recorded_probabilities(side.view.checkpoint.card)) for side in place_of
    ]
    shared = drawn.ratio_span(told)
    for side, place, one in zip(place_of, row_of_sides(place_of), told, strict=True):
        if len(one):
            with place:
                figure = drawn.ratios_chart(one, side.view.data.modalities, shared, palette)
                chart_panel(figure, f"ratios{side.key}", about.OVER_TRAINING, partial(pd.DataFrame, one))
    with row_of_sides(place_of)[0]:
        asked = st.toggle(
            "Measure the finished model on the test split", key="measure", bind="query-params", help=about.MEASURE
        )
    if asked:
        finished(place_of, pattern, palette)


def finished(place_of: Sequence[Side], pattern: str, palette: Palette) -> None:
    """Both measures of each side's finished model, on shared axes."""
    try:
        found = [cached_training.discrepancy_on(side.view.query().of_data_set(), pattern) for side in place_of]
    except CompVizError as error:
        st.info(str(error), icon=":material/info:")
        return
    ratio, utilisation = drawn.measure_spans(found)
    for side, place, one in zip(place_of, row_of_sides(place_of), found, strict=True):
        with place:
            chart_panel(drawn.ratio_chart(one, ratio, palette), f"ratio{side.key}", about.RATIO, one.table)
    for side, place, one in zip(place_of, row_of_sides(place_of), found, strict=True):
        with place:
            figure = drawn.utilisation_chart(one, utilisation, palette)
            chart_panel(figure, f"utilisation{side.key}", about.UTILISATION, one.table)
            st.caption(
                f"{escape_markdown(side.view.data.name)}, test split: {how_many(one.utterances, 'utterance')} that count in "
                f"{how_many(one.conversations, 'conversation')}, under {escape_markdown(pattern)}. Intervals are over conversations, of this one checkpoint."
            )
