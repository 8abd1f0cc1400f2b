"""The three charts of the Robustness page: over missing rates, by what is available, by which modality is missing."""

from collections.abc import Mapping
from functools import partial

import pandas as pd

from comp_viz.analysis.robustness.drawings import availability_patterns, page_drawings, rate_patterns, share_patterns
from comp_viz.analysis.robustness.references import with_references
from comp_viz.analysis.robustness.scores import constant_baseline, score_table, trained_rates
from comp_viz.data.source import is_lab
from comp_viz.figures.chart import provisional
from comp_viz.figures.grid import AxisSpan
from comp_viz.figures.robustness.axes import metric_span
from comp_viz.figures.robustness.rates import ABOUT_RATES, rates_chart
from comp_viz.figures.robustness.shares import (
    ABOUT_LOSSES,
    ABOUT_MISSING_SHARES,
    fused_span,
    losses_chart,
    triangle_chart,
)
from comp_viz.figures.robustness.subsets import ABOUT_SUBSETS, subsets_chart
from comp_viz.ui.cache.lab import attainable_by_rate
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.robustness.controls import RobustnessChoice
from comp_viz.ui.robustness.measurement import measured_scores
from comp_viz.ui.widgets.chart_panel import chart_panel

PASSES = "passes"  # what is counted while it is measured


def robustness_charts(compared: list[Side], choice: RobustnessChoice) -> None:
    """The three charts of every side, on shared axes."""
    modalities = compared[0].view.data.modalities
    constant = constant_baseline(compared[0].view.data.task, choice.labels)[choice.metric]
    best = best_attainable(compared[0].view, choice)
    kept, points = availability_patterns(modalities), share_patterns(modalities, choice.thirds)
    measured = [measured_scores(side.view, choice.split) for side in compared]
    by_rate = [score_table(scores, rate_patterns(), choice.metric) for scores in measured]
    by_kept = [score_table(scores, [*kept.values()], choice.metric) for scores in measured]
    by_share = [score_table(scores, [*points.values()], choice.metric) for scores in measured]
    passes = page_drawings(modalities, choice.thirds)
    done = [sum(one in scores for one in passes) for scores in measured]
    elsewhere = [one.of(choice.metric) for one in choice.references]
    rates_span = metric_span([*by_rate, *elsewhere], [constant, *best.values()])
    kept_span, shares_span = metric_span(by_kept, [constant]), fused_span(by_share)
    for side, place, table, n in zip(compared, row_of_sides(compared), by_rate, done, strict=True):
        with place:
            rates_panel(side, table, choice, constant, best, rates_span, (n, len(passes)))
    for side, place, table, n in zip(compared, row_of_sides(compared), by_kept, done, strict=True):
        with place:
            subsets_panel(side, table, choice, constant, kept, kept_span, (n, len(passes)))
    for side, place, table, n in zip(compared, row_of_sides(compared), by_share, done, strict=True):
        with place:
            shares_panel(side, table, choice, points, shares_span, (n, len(passes)))


def best_attainable(view: PageView, choice: RobustnessChoice) -> dict[float, float]:
    """The best attainable accuracy by missing rate: known for labs, whose model is known."""
    if choice.metric != "ACC" or not is_lab(view.data_name):
        return {}
    return {rate: best.together.accuracy for rate, best in attainable_by_rate(view.data_name).items()}


def rates_panel(
    side: Side,
    table: pd.DataFrame,
    choice: RobustnessChoice,
    constant: float,
    best: Mapping[float, float],
    bounds: AxisSpan,
    passes: tuple[int, int],
) -> None:
    """The metric over missing rates; `passes` that are measured, and of how many."""
    training = side.view.checkpoint.card.training
    trained = trained_rates(training.missing if training else None)
    figure = rates_chart(table, choice.metric, constant, best, choice.references, trained, bounds, palette())
    provisional(figure, *passes, PASSES)
    chart_panel(
        figure, f"rates{side.key}", ABOUT_RATES, partial(with_references, table, choice.references, choice.metric)
    )


def subsets_panel(
    side: Side,
    table: pd.DataFrame,
    choice: RobustnessChoice,
    constant: float,
    kept: Mapping[tuple[str, ...], str],
    bounds: AxisSpan,
    passes: tuple[int, int],
) -> None:
    """The metric by what is available."""
    figure = provisional(subsets_chart(table, kept, choice.metric, constant, bounds, palette()), *passes, PASSES)
    chart_panel(figure, f"kept{side.key}", ABOUT_SUBSETS, lambda: table)


def shares_panel(
    side: Side,
    table: pd.DataFrame,
    choice: RobustnessChoice,
    points: Mapping[tuple[float, ...], str],
    bounds: AxisSpan,
    passes: tuple[int, int],
) -> None:
    """The metric by which modality is missing: a triangle for three, bars for other numbers."""
    modalities = side.view.data.modalities
    if len(modalities) == 3:
        figure = triangle_chart(table, points, modalities, choice.thirds, choice.metric, bounds, palette())
    else:
        figure = losses_chart(table, points, modalities, choice.metric, bounds, palette())
    about = ABOUT_MISSING_SHARES if len(modalities) == 3 else ABOUT_LOSSES
    chart_panel(provisional(figure, *passes, PASSES), f"shares{side.key}", about, lambda: table)
