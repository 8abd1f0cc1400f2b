"""Accuracy by epoch, gaps and under-optimisation on the Imbalance page, from telemetry or from our results table."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.imbalance.gap import (
    ALONE,
    COMP,
    OTHER_METHOD,
    WITHOUT_PROMPTING,
    curves_of_runs,
    curves_of_table,
)
from comp_viz.analysis.shipped_results import ResultsTable
from comp_viz.figures.imbalance.curves import (
    about_accuracy_curves,
    accuracy_curves_chart,
    accuracy_span,
    run_caption,
    table_caption,
)
from comp_viz.figures.imbalance.gap import ABOUT_GAP, ABOUT_JOINT, gap_chart, joint_chart
from comp_viz.figures.style import Palette
from comp_viz.resources import guide
from comp_viz.ui.cache import training as cached_training
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.selection_warning import selection_warning
from comp_viz.wording import how_many

COMPARED_METHODS = (COMP, WITHOUT_PROMPTING, ALONE)
CURVE_SPLITS = {"selection split": "selection", "training split": "training"}
OWN_RUN, TABLE_RUNS = "this checkpoint", "our results table"
RUNS = (TABLE_RUNS, OWN_RUN)
UNDER = "judged_under"  # widget key and address parameter
UNIFORM_NOTHING = "uniform(0)"
NO_METHODS_TABLE = (
    "No table of results was made on these data. Make one with the methods `comp`, `no-prompting` and `alone`; "
    f"`{guide('sweeps')}` explains how."
)
NO_CURVES = (
    "The training of **{name}** was not recorded, so there is no accuracy by epoch. Every `comp-viz train` writes telemetry "
    "beside its checkpoint; weights that were converted, or a folder copied without `telemetry/`, have none."
)
RATE_HELP = "The missing pattern under which finished models were evaluated: uniform(0.3) removes 30\u202f% of all entries, by the protocol of the field."
CURVE_SPLIT_HELP = (
    "Selection: the split that chose the epoch to keep, under all its missing patterns, by the weights that would be kept. Training: the "
    "predictions of the training pass, with dropout, noise and the training pattern."
)
RUNS_HELP = (
    "The open checkpoint's own telemetry, beside a checkpoint without prompting that was trained on the same data where there is one; or the "
    "runs of our results table on the same data, which has several seeds and modalities alone."
)


def imbalance_table(view: PageView) -> ResultsTable | None:
    """The shipped table of results on the open data, None where there is none."""
    return cached_training.results_table(COMPARED_METHODS, view.data.digest)


def table_of_comp(view: PageView) -> str:
    """That what the table says is not of the open checkpoint, where that is of another method; else ""."""
    method = view.checkpoint.method
    return "" if view.checkpoint.is_comp else f"The table's runs are of ComP; the open checkpoint is of {method.title}."


def evaluation_pattern(table: ResultsTable | None) -> str:
    """The missing pattern that finished models are evaluated under, chosen among the table's."""
    return one_of("Evaluated under", table.patterns, UNDER, RATE_HELP) if table else UNIFORM_NOTHING


def accuracy_curves(
    place_of: Sequence[Side], controls: DeltaGenerator, table: ResultsTable | None, palette: Palette
) -> None:
    """Accuracy by epoch for each side on shared axes; the choice of split and runs stands in `controls`."""
    from_table = table is not None and len(table.epochs) > 0 and len(place_of) == 1
    with controls:
        split = CURVE_SPLITS[one_of("Accuracy on", list(CURVE_SPLITS), "judged_on", CURVE_SPLIT_HELP, buttons=True)]
        runs = one_of("Runs of", RUNS, "runs", RUNS_HELP, buttons=True) if from_table else OWN_RUN
    of_table = table if runs == TABLE_RUNS else None
    of_sides = [curves_of_table(of_table, split) if of_table else own_curves(side.view, split) for side in place_of]
    shared = accuracy_span(of_sides)
    recorded = not any(curves.empty for curves in of_sides)
    places = zip(row_of_sides(place_of, charts=recorded), row_of_sides(place_of, charts=False), strict=True)
    for side, (place, below), curves in zip(place_of, places, of_sides, strict=True):
        if curves.empty:
            name = escape_markdown(side.view.checkpoint.card.name)
            place.info(NO_CURVES.format(name=escape_markdown(name)), icon=":material/info:")
            continue
        figure = accuracy_curves_chart(curves, side.view.data.modalities, shared, palette)
        with place:
            chart_panel(figure, f"curves{side.key}", about_accuracy_curves(curves), partial(pd.DataFrame, curves))
        below.caption(escape_markdown(curves_caption(side.view, curves, of_table)))


def own_curves(view: PageView, split: str) -> pd.DataFrame:
    """Of the open checkpoint, and of one without prompting that was trained on the same data."""
    own = cached_training.accuracy_by_epoch(view.name)
    if len(own) and not view.checkpoint.is_comp:
        return curves_of_runs({OTHER_METHOD: own}, split)
    if own.empty or not view.checkpoint.prompting:
        return curves_of_runs({WITHOUT_PROMPTING: own} if len(own) else {}, split)
    other = without_prompting(view)
    runs = {COMP: own} | ({WITHOUT_PROMPTING: cached_training.accuracy_by_epoch(other)} if other else {})
    return curves_of_runs(runs, split)


def without_prompting(view: PageView) -> str | None:
    """A checkpoint without prompting trained on the same data."""
    trained_on = view.checkpoint.card.data
    return cached_training.baseline(trained_on.digest) if trained_on else None


def curves_caption(view: PageView, curves: pd.DataFrame, table: ResultsTable | None) -> str:
    """What the curves are of, and what is not there."""
    if table is not None:
        return table_caption(table.name, table.data, table.trained_under, curves, table.seeds)
    other = without_prompting(view)
    prompting = view.checkpoint.prompting
    return run_caption(view.checkpoint.card.name, prompting, other, curves)


def gaps_and_joint_training(
    view: PageView, table: ResultsTable, by_method: pd.DataFrame, joint: pd.DataFrame, palette: Palette
) -> None:
    """Performance gap and under-optimisation, with intervals."""
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    with left:
        chart_panel(gap_chart(by_method, palette), "gap", ABOUT_GAP, lambda: by_method)
    with right:
        chart_panel(joint_chart(joint, view.data.modalities, palette), "joint", ABOUT_JOINT, lambda: joint)
    seeds = how_many(table.seeds, "training seed")
    st.caption(
        f"Our results table {escape_markdown(table.name)}: {escape_markdown(table.protocol)}; {seeds}. Not the open checkpoint."
    )
    selection_warning(table)
