"""The shuffle test in a chart: what other utterances' weights cost the fused prediction."""

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.coordinator.reweighting import EQUAL, LEARNED
from comp_viz.analysis.coordinator.shuffle import AMONG_ALIKE, EXCHANGED, EXCHANGES, MEAN, ShuffleTest
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.coordinator.reweighting import FUSED_EQUATION
from comp_viz.figures.style import Palette
from comp_viz.wording import fitting, how_many, percent, points, signed

ABOUT_SHUFFLE = About(
    "Accuracy of the fused prediction over the split when utterances get other weights than the coordinator's, minus that with "
    f"their own, with a 95\u202f% interval (bootstrap over conversations). Exchanged: each utterance gets the weights of another, "
    f"mean of {EXCHANGES} random exchanges; among alike: of another with the same modalities observed, so that the weights "
    "keep what they say of availability. Mean: the split's mean weights for all. Equal: 1/M each.",
    "That the coordinator is of no use in training, or that a network without one does as well: all else is as trained with it.",
    FUSED_EQUATION,
)
ON_SCREEN = {
    EXCHANGED: "exchanged between all",
    AMONG_ALIKE: "exchanged among alike",
    MEAN: "mean weights",
    EQUAL: "equal weights",
}


def shuffle_title(test: ShuffleTest) -> str:
    """Whether exchanging weights moves accuracy, and by how much."""
    one = test.row(EXCHANGED)
    ends = f"{signed(100 * one['low'], 1)} to {signed(100 * one['high'], 1)}"
    if not one["low"] <= 0 <= one["high"]:
        return fitting(
            f"Exchanging weights between utterances moves accuracy by {points(one['difference'])} ({ends})",
            f"Exchanging weights moves accuracy by {points(one['difference'])}",
        )
    return fitting(
        f"Exchanging weights between utterances moves accuracy within chance, {points(one['difference'])}",
        "Exchanging weights moves accuracy within chance",
    )


def shuffle_facts(test: ShuffleTest) -> str:
    """Accuracy with the learned weights, and on what."""
    return (
        f"With their own weights {percent(test.row(LEARNED)['ACC'], 1)} of {how_many(test.utterances, 'utterance')} that count are "
        f"right, in {how_many(test.conversations, 'conversation')}."
    )


def shuffle_chart(test: ShuffleTest, palette: Palette, title: str) -> go.Figure:
    """A row for every other way to give weights: the difference in points, its interval, and how many decisions differ."""
    rows = test.rows[test.rows["weights"] != LEARNED]
    names = [ON_SCREEN[name] for name in rows["weights"]]
    value, low, high = (100 * rows[name].to_numpy() for name in ("difference", "low", "high"))
    notes = [
        f"{percent(accuracy, 1)} · {percent(differ, 1)} of decisions differ"
        for accuracy, differ in zip(rows["ACC"], rows["differ"], strict=True)
    ]
    dots = go.Scatter(
        x=value, y=names, mode="markers", showlegend=False, marker={"color": palette.ink, "size": 11},
        error_x={"array": high - value, "arrayminus": value - low, "color": palette.truth, "thickness": 1.5, "width": 4},
        hovertext=[f"{name}: {signed(v, 1)} points, 95\u202f% {signed(a, 1)} to {signed(b, 1)}" for name, v, a, b in zip(names, value, low, high, strict=True)],
        hoverinfo="text",
    )  # fmt: skip
    reach = 1.1 * max(1.0, float(np.nanmax(np.abs([value, low, high]))))
    layout = base_layout(palette, title, 70 + 34 * len(names), hovermode="closest", dragmode=False)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [-reach, reach], "domain": [0, 0.58], "zeroline": True, "zerolinecolor": palette.truth, "fixedrange": True,
        "title": {"text": "change of accuracy in points", "font": {"size": 12}},
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "showgrid": False, "fixedrange": True}
    place = {"xref": "paper", "showarrow": False, "xanchor": "left", "x": 0.6, "font": {"size": 12}}
    layout["annotations"] = [{"y": name, "text": note, **place} for name, note in zip(names, notes, strict=True)]
    layout["margin"] = layout["margin"] | {"t": 8}
    return go.Figure(dots, layout)
