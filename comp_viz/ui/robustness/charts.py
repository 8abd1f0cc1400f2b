"""The three charts of the Robustness page: over missing rates, by what is available, by which modality is missing."""

from collections.abc import Mapping
from functools import partial

import pandas as pd

from comp_viz.analysis.robustness.drawings import availability, rate_patterns, shares
from comp_viz.analysis.robustness.references import beside
from comp_viz.analysis.robustness.scores import (
    constant,
    describe_availability,
    describe_heads,
    describe_shares,
    scores,
    trained_rates,
)
from comp_viz.data.source import is_lab
from comp_viz.figures.chart import About
from comp_viz.figures.robustness.curves import availability_chart, rates_chart, span
from comp_viz.figures.robustness.shares import fused_span, losses_chart, triangle_chart
from comp_viz.ui.cache import cached
from comp_viz.ui.cache.evaluations import Evaluation
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.sidebar import View
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.robustness.controls import Asked
from comp_viz.ui.widgets.chart_panel import chart_panel

Span = tuple[float, float]
INTERVAL = (
    "The interval is the 95 % one by the jackknife over conversations: how far the number would move with other conversations "
    "of the same kind. The missing patterns are drawn anew with further seeds, and means over the drawings are shown."
)
RATES = About(
    "The fused prediction (◆) and every modality's own head, by the share of entries that was really taken away: at each rate "
    "every utterance keeps at least one modality, as in the field's protocol. "
    + INTERVAL
    + " Dashed curves are from our "
    "result tables on these very data, dotted ones are printed in the paper, on other data. The dashed level is always the "
    "same answer (the most frequent; for MAE the median label).",
    "How the network would do were it trained at each of these rates, as the published figures are. Nor that a difference "
    "smaller than the interval is real.",
    r"\mathrm{MR} = \frac{\text{entries taken}}{\text{entries in the recordings}}",
)
KEPT = About(
    "What is left when whole modalities are missing everywhere, one row for every set that is kept. Heads are filled where "
    "their modality is kept and open where it is missing: then they answer by prompts alone, or by nothing. "
    + INTERVAL,
    "What a modality is worth by itself: a network trained on it alone may do better than this one, which never saw such gaps.",
)
SHARES = About(
    "Always as much is missing; the place says of which modality. In the triangle the three missing rates add up to 100 % "
    "(one third of all entries) or 200 % (two thirds): at a corner one modality is wholly missing, or is all that is left, in "
    "the middle all are equally often missing. Numbers are of the fused prediction; each modality's rate is on hover.",
    "The field's protocol: modalities are taken independently here, so that some utterances keep nothing.",
    r"r_\text{audio} + r_\text{text} + r_\text{video} = 1 \quad\text{or}\quad 2",
)
LOSSES = About(
    "The fused prediction with half of one modality missing at random, and with all of it missing, the others untouched. "
    + INTERVAL,
    "What happens when several are missing at once; that is in the chart above.",
)


def charts(compared: list[Side], asked: Asked) -> None:
    """The three charts of every side, on shared axes."""
    modalities = compared[0].view.data.modalities
    always = constant(compared[0].view.data.task, asked.labels)[asked.metric]
    best = best_attainable(compared[0].view, asked)
    kept, points = availability(modalities), shares(modalities, asked.thirds)
    done = [Evaluation(side.view, asked.split).done.passes for side in compared]
    by_rate = [scores(passes, rate_patterns(), asked.metric) for passes in done]
    by_kept = [scores(passes, [*kept.values()], asked.metric) for passes in done]
    by_share = [scores(passes, [*points.values()], asked.metric) for passes in done]
    elsewhere = [one.of(asked.metric) for one in asked.references]
    rates_span = span([*by_rate, *elsewhere], [always, *best.values()])
    kept_span, shares_span = span(by_kept, [always]), fused_span(by_share)
    for side, place, table in zip(compared, row_of_sides(compared), by_rate, strict=True):
        with place:
            rates_panel(side, table, asked, always, best, rates_span)
    for side, place, table in zip(compared, row_of_sides(compared), by_kept, strict=True):
        with place:
            kept_panel(side, table, asked, always, kept, kept_span)
    for side, place, table in zip(compared, row_of_sides(compared), by_share, strict=True):
        with place:
            shares_panel(side, table, asked, points, shares_span)


def best_attainable(view: View, asked: Asked) -> dict[float, float]:
    """The best accuracy there can be by missing rate: known for labs, whose model is known."""
    if asked.metric != "ACC" or not is_lab(view.data_name):
        return {}
    return {rate: found.together.accuracy for rate, found in cached.attainable_in(view.data_name)[1].items()}


def rates_panel(
    side: Side, table: pd.DataFrame, asked: Asked, always: float, best: Mapping[float, float], bounds: Span
) -> None:
    """The metric over missing rates."""
    training = side.view.checkpoint.card.training
    figure = rates_chart(
        table, asked.metric, always, best, asked.references, trained_rates(training.missing if training else None), bounds, palette(),
        describe_heads(table, asked.metric),
    )  # fmt: skip
    chart_panel(figure, f"rates{side.key}", RATES, partial(beside, table, asked.references, asked.metric))


def kept_panel(
    side: Side, table: pd.DataFrame, asked: Asked, always: float, kept: Mapping[tuple[str, ...], str], bounds: Span
) -> None:
    """The metric by what is available."""
    title = describe_availability(table, kept, asked.metric)
    figure = availability_chart(table, kept, asked.metric, always, bounds, palette(), title)
    chart_panel(figure, f"kept{side.key}", KEPT, lambda: table)


def shares_panel(
    side: Side, table: pd.DataFrame, asked: Asked, points: Mapping[tuple[float, ...], str], bounds: Span
) -> None:
    """The metric by which modality is missing: a triangle for three, bars for other numbers."""
    modalities = side.view.data.modalities
    title = describe_shares(table, points, modalities, asked.metric)
    if len(modalities) == 3:
        figure = triangle_chart(table, points, modalities, asked.thirds, asked.metric, bounds, palette(), title)
    else:
        figure = losses_chart(table, points, modalities, asked.metric, bounds, palette(), title)
    chart_panel(figure, f"shares{side.key}", SHARES if len(modalities) == 3 else LOSSES, lambda: table)
