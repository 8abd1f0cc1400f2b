"""Discrepancy between modalities: ratios over training, and both measures of the finished model."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.imbalance.discrepancy import Discrepancy
from comp_viz.figures.chart import About
from comp_viz.figures.grid import AxisSpan, cell, grid, line, rule, shared_range
from comp_viz.figures.imbalance.dots import measure_chart
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import first_upper, percent

ABOUT_TRAINING_RATIOS = About(
    "The discrepancy ratio while training: s is the probability of the true class where the run recorded it; else, as for scores, 1 if the "
    "head was right, else 0. By recorded epoch, over the utterances of the training split.",
    "The finished model: in training there is dropout, noise and a fresh missing pattern in every epoch.",
    r"\rho^u = \frac{\sum_i s_i^u}{\operatorname{mean}_{v \neq u} \sum_i s_i^v}",
)
ABOUT_RATIO = About(
    "The discrepancy ratio of OGM-GE (Peng et al., CVPR 2022): the probability that a modality's head gives the truth, against the mean of "
    "the others, summed over the test split. Intervals: 95\u202f%, bootstrap over conversations. Where labels are scores, s is the probability that "
    "the logistic loss of training gives the true side of neutral; that is our extension.",
    "What a modality knows by itself: under prompting every head draws on all modalities. OGM-GE compares two modalities over a batch while "
    "training, with s from the fused layer's share of each; here every modality has a head of its own, it is compared with the mean of the "
    "others, and the model is finished.",
    r"\rho^u = \frac{\sum_i s_i^u}{\operatorname{mean}_{v \neq u} \sum_i s_i^v}, \quad s_i^u = \mathrm{softmax}(Y_i^u)_{y_i}"
    r" \;\text{ or }\; \sigma(2\,Y_i^u \operatorname{sign} y_i)",
)
ABOUT_UTILISATION = About(
    "The conditional utilisation rate (Wu et al., ICML 2022), for more than two modalities: the share of the fused accuracy that is lost when a "
    "modality is removed from all utterances, on the test split, with the 95\u202f% bootstrap interval over conversations.",
    "What the modality is worth to a model trained without it. Wu et al. have two branches with one prediction each, and put the training average "
    "in the place of what one receives from the other; here the modality is missing, and the prediction is the fused one. Below zero the model is more accurate without it. Where two "
    "modalities carry the same information, removing one costs nothing.",
    r"u^u = \frac{A - A_{\text{without } u}}{A}",
)


def ratio_span(trainings: Sequence[pd.DataFrame]) -> AxisSpan:
    """The axis of ratios over training for charts side by side."""
    return shared_range([one["ratio"] for one in trainings], (0.98, 1.02))


def ratios_chart(ratios: pd.DataFrame, modalities: tuple[str, ...], shared: AxisSpan, palette: Palette) -> go.Figure:
    """Discrepancy ratios by recorded epoch, 1 being balance."""
    colours, marks, symbols = (
        modality_colours(palette, modalities),
        modality_marks(modalities),
        modality_symbols(modalities),
    )
    title = training_ratios_title(ratios)
    figure = grid(palette, title, [""], 270, "epoch", "discrepancy ratio ρ (1 is balance)", legend=True)
    for u in modalities:
        rows = ratios[ratios["modality"] == u].sort_values("epoch")
        look = {"name": f"{marks[u]} {u}", "showlegend": True, "mode": "lines+markers"}
        look |= {"marker": {"symbol": symbols[u], "size": 7}, "line": {"color": colours[u], "width": 1.8}}
        cell(figure, 0, line(rows["epoch"], rows["ratio"], colours[u], f"{u}, epoch %{{x}}: ρ %{{y:.3f}}", **look))
    rule(figure, palette, 1)
    return figure.update_yaxes(range=shared)


def training_ratios_title(ratios: pd.DataFrame) -> str:
    """How far apart the ratios were in the first recorded epoch and in the last."""
    first, last = (ratios[ratios["epoch"] == end]["ratio"] for end in (ratios["epoch"].min(), ratios["epoch"].max()))
    start, end = (float(values.max() - values.min()) for values in (first, last))
    return f"Discrepancy ratios differ by {start:.2f} in the first epoch and by {end:.2f} in the last"


def ratio_chart(measures: Discrepancy, shared: AxisSpan, palette: Palette) -> go.Figure:
    """Discrepancy ratios, 1 being balance."""
    return measure_chart(
        measures.ratio, ratio_title(measures), "discrepancy ratio ρ (1 is balance)", 1, 1, shared, palette
    )


def ratio_title(measures: Discrepancy) -> str:
    """Which modality is furthest ahead and which furthest behind, of those whose interval does not hold 1."""
    ahead = {u: value for u, (low, value, _) in measures.ratio.items() if low > 1}
    behind = {u: value for u, (_, value, high) in measures.ratio.items() if high < 1}
    parts: list[str] = []
    for word, names, extreme in (("ahead", ahead, max), ("behind", behind, min)):
        if names:
            u = extreme(names, key=lambda name: names[name])
            verb, most = "" if parts else "is ", "furthest " if len(names) > 1 else ""
            parts.append(f"{u} {verb}{most}{word} ({'' if parts else 'ρ '}{names[u]:.3f})")
    return first_upper(", ".join(parts)) or "No modality is measurably ahead or behind: every interval holds 1"


def utilisation_chart(measures: Discrepancy, shared: AxisSpan, palette: Palette) -> go.Figure:
    """Conditional utilisation rates: the share of the fused accuracy lost without a modality."""
    x = "utilisation rate: accuracy lost without it, %"
    return measure_chart(measures.utilisation, utilisation_title(measures), x, 100, 0, shared, palette)


def utilisation_title(measures: Discrepancy) -> str:
    """Which modality costs most when it is removed."""
    if not measures.accuracy:
        return "The fused accuracy is 0, so utilisation rates are not defined"
    most = max(measures.utilisation, key=lambda u: measures.utilisation[u][1])
    share = percent(measures.utilisation[most][1], 1)
    return f"Removing {most} costs most: {share} of the fused accuracy of {percent(measures.accuracy, 1)}"


def measure_spans(sides: Sequence[Discrepancy]) -> tuple[AxisSpan, AxisSpan]:
    """The axes of both measures for charts side by side."""
    ratios = [pd.Series([end for values in one.ratio.values() for end in values]) for one in sides]
    shares = [pd.Series([100 * end for values in one.utilisation.values() for end in values]) for one in sides]
    return shared_range(ratios, (0.98, 1.02)), shared_range(shares, (-1.0, 5.0))
