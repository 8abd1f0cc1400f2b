"""Weights of groups of utterances as strips of points, with the median and the middle half of each."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.coordinator.groups import Group, comparable, widest_difference
from comp_viz.analysis.coordinator.trust import Disagreement, Trust
from comp_viz.analysis.prediction import Prediction
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.coordinator.weights_along import (
    WEIGHTS_EQUATION,
    WeightSpan,
    availability_symbols,
    equal_line,
    modality_legend,
    weight_axis,
)
from comp_viz.figures.style import Palette, modality_colours, modality_symbols
from comp_viz.wording import fitting, how_many

Column = tuple[str, Mapping[str, np.ndarray]]  # what stands below it; modality -> utterances counted from 0
STRIP_WIDTH = 0.82  # of a column, shared by its strips
STRIP_MARGIN = {
    "l": 62,
    "r": 8,
    "t": 34,
    "b": 66,
}  # fixed: margins that Plotly finds by itself cost as much as the whole chart
ABOUT_EMOTIONS = About(
    "Weights by true emotion: the class, or for scores whether the label is below (negative), at (neutral) or above "
    "(positive) the neutral point. Counts in brackets; thick line: median; thin line: middle half.",
    "What the weights are made from: labels are never seen. One conversation has few utterances of some emotions.",
    WEIGHTS_EQUATION,
)
ABOUT_CORRECTNESS = About(
    "Each modality's weight where its own head decides "
    "wrongly and correctly. AUC: the probability that the weight is larger in an utterance the head gets right than in one it "
    "gets wrong; 0.5 if the weight is unrelated to it. Utterances without a label, or exactly neutral, are left out.",
    "Independent evidence for every utterance: those of one conversation depend on each other, so intervals (95\u202f%) are "
    "rather too narrow. With fewer than 5 right or wrong answers there is none.",
    WEIGHTS_EQUATION,
)


def emotions_title(groups: Sequence[Group], modalities: Sequence[str]) -> str:
    """The emotions between which a modality's mean weight differs most."""
    labelled = comparable(groups)
    difference = widest_difference(labelled, modalities)
    if not labelled:
        return "No utterance has a label"
    if difference is None:
        return f"Every labelled utterance is {labelled[0].name}"
    name, low, high = difference
    u = list(modalities).index(name)
    more, less = f"{high.mean[u]:.2f} in {high.name}", f"{low.mean[u]:.2f} in {low.name}"
    return fitting(
        f"The mean weight of {name} is {more} and {less} utterances",
        f"Mean weight of {name}: {more}, {less} utterances",
        f"The mean weight of {name} differs most between emotions",
    )


def correctness_title(trust: Mapping[str, Trust], disagreement: Disagreement) -> str:
    """Whether weights follow which head is right: the modality whose AUC is farthest from 0.5."""
    if not disagreement.labelled:
        return "No utterance has a label to compare the heads with"
    related = {name: each.auc for name, each in trust.items() if each.differs_from_chance and each.auc is not None}
    if related:
        clearest = max(related, key=lambda name: abs(related[name] - 0.5))
        size = "larger" if related[clearest] > 0.5 else "smaller"
        return fitting(
            f"The weight of {clearest} is {size} where its own head is right (AUC {related[clearest]:.2f})",
            f"The weight of {clearest} is {size} where its head is right",
        )
    if not any(each.interval for each in trust.values()):
        labelled = how_many(disagreement.labelled, "labelled utterance")
        return f"Too few right or wrong answers among {labelled} to trust an AUC"
    return "No modality's weight depends clearly on whether its own head is right"


def auc_label(trust: Trust) -> str:
    """AUC and interval of one modality in two short lines, as a chart holds them."""
    if trust.auc is None:
        return "no AUC<br>one kind only"
    low, high = trust.interval or (0.0, 1.0)
    return f"AUC {trust.auc:.2f}<br>{f'{low:.2f} to {high:.2f}' if trust.interval else 'no interval'}"


def strips(
    prediction: Prediction,
    columns: Sequence[Column],
    hover: Sequence[str],
    span: WeightSpan,
    selected: int,
    palette: Palette,
    title: str,
    above: Sequence[tuple[float, str]] = (),
) -> go.Figure:
    """A strip for every modality in every column; points filled where the modality is observed, the selected one ringed.

    `above` gives where along the columns, counted from 0, a word stands on top of the chart.
    """
    names = prediction.modalities
    colours, symbols = modality_colours(palette, names), modality_symbols(names)
    traces = []
    for u, name in enumerate(names):
        placed = [strip_place(column, name, members) for column, members in enumerate(columns)]
        members = np.concatenate([numbers for numbers, _, _ in placed])
        middle = np.concatenate([np.full(len(numbers), at) for numbers, at, _ in placed])
        width = np.concatenate([np.full(len(numbers), room) for numbers, _, room in placed])
        traces.append(
            go.Scatter(
                x=(middle + width * jitter(members)).astype(np.float32), y=prediction.coordinator[members, u],
                name=name, legendgroup=name, showlegend=False, mode="markers", customdata=members, hoverinfo="text",
                hovertext=[hover[i] for i in members],
                marker={
                    "color": colours[name], "size": np.where(members == selected, 12, 6), "opacity": 0.7,
                    "symbol": availability_symbols(symbols[name], prediction.observed[members, u]),
                    "line": {"color": colours[name], "width": 0.8},
                },
            )
        )  # fmt: skip
        traces.append(strip_ring(traces[-1], members == selected, palette))
        traces.append(medians(prediction.coordinator[:, u], placed, palette))
    layout = base_layout(palette, title, 400, hovermode="closest", dragmode=False)
    layout["shapes"] = [equal_line(palette, len(names))]
    layout["xaxis"] = layout["xaxis"] | {
        "range": [-0.5, len(columns) - 0.5], "tickvals": list(range(len(columns))), "ticktext": [text for text, _ in columns],
        "showgrid": False, "zeroline": False, "fixedrange": True, "tickangle": 0, "automargin": False,
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | weight_axis(palette, span) | {"automargin": False}
    layout["margin"] = STRIP_MARGIN | {"t": 72 if above else STRIP_MARGIN["t"]}
    note = {
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12, "color": palette.ink},
    }
    layout["annotations"] = [{"x": x, "text": text, **note} for x, text in above]
    if above:
        layout["legend"] = layout["legend"] | {"y": 1.13}
    return go.Figure([*traces, *modality_legend(names, palette)], layout)


def strip_ring(points: go.Scatter, chosen: np.ndarray, palette: Palette) -> go.Scatter:
    """A ring around the points of the selected utterance: one trace costs less than a colour for every point."""
    look = {"symbol": "circle-open", "size": 15, "color": palette.mark, "line": {"width": 2.5}}
    return go.Scatter(
        x=points.x[chosen], y=points.y[chosen], mode="markers", marker=look, showlegend=False, hoverinfo="skip"
    )


def strip_place(column: int, name: str, members: Column) -> tuple[np.ndarray, float, float]:
    """The utterances of one strip, the middle of the strip, and its width."""
    _, by_modality = members
    if name not in by_modality:
        return np.zeros(0, dtype=int), 0.0, 0.0
    strip, count = list(by_modality).index(name), len(by_modality)
    return (
        by_modality[name],
        column + (strip - (count - 1) / 2) * STRIP_WIDTH / count,
        0.7 * STRIP_WIDTH / max(count, 2),
    )


def jitter(members: np.ndarray) -> np.ndarray:
    """Where in the width of its strip each utterance lies, -0.5 to 0.5: always the same, neighbours far apart."""
    return members * 0.6180339887 % 1 - 0.5


def medians(weight: np.ndarray, placed: Sequence[tuple[np.ndarray, float, float]], palette: Palette) -> go.Scatter:
    """Median and middle half of every strip of a modality with weights `[S]`."""
    there = [(weight[members], at) for members, at, _ in placed if len(members)]
    low, median, high = np.array([np.quantile(w, [0.25, 0.5, 0.75]) for w, _ in there]).reshape(-1, 3).T
    counts = [len(w) for w, _ in there]
    return go.Scatter(
        x=[at for _, at in there], y=median, mode="markers", showlegend=False,
        marker={"symbol": "line-ew", "size": 12, "line": {"color": palette.ink, "width": 2.5}},
        error_y={"array": high - median, "arrayminus": median - low, "color": palette.ink, "thickness": 1.2, "width": 0},
        hovertext=[f"median {m:.2f}, middle half {a:.2f} to {b:.2f}, {how_many(n, 'utterance')}" for m, a, b, n in zip(median, low, high, counts, strict=True)],
        hoverinfo="text",
    )  # fmt: skip
