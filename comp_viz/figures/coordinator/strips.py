"""Weights of groups of utterances as strips of points, with the median and the middle half of each."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.prediction import Prediction
from comp_viz.figures.chart import base_layout
from comp_viz.figures.coordinator.weights_along import Span, availability_symbols, equal_line, legend_marks, weight_axis
from comp_viz.figures.style import Palette, modality_colours, modality_symbols
from comp_viz.wording import how_many

Column = tuple[str, Mapping[str, np.ndarray]]  # what stands below it; modality -> utterances counted from 0
ROOM = 0.82  # of a column, shared by its strips
MARGIN = {
    "l": 62,
    "r": 8,
    "t": 34,
    "b": 66,
}  # fixed: margins that Plotly finds by itself cost as much as the whole chart


def strips(
    prediction: Prediction,
    columns: Sequence[Column],
    hover: Sequence[str],
    span: Span,
    selected: int,
    palette: Palette,
    title: str,
    above: Sequence[tuple[float, str]] = (),
) -> go.Figure:
    """A strip for every modality in every column; points filled where the modality is observed, the one in hand ringed.

    `above` says where along the columns, counted from 0, a word stands on top of the chart.
    """
    names = prediction.modalities
    colours, symbols = modality_colours(palette, names), modality_symbols(names)
    traces = []
    for u, name in enumerate(names):
        placed = [place(column, name, members) for column, members in enumerate(columns)]
        members = np.concatenate([numbers for numbers, _, _ in placed])
        middle = np.concatenate([np.full(len(numbers), at) for numbers, at, _ in placed])
        width = np.concatenate([np.full(len(numbers), room) for numbers, _, room in placed])
        traces.append(
            go.Scatter(
                x=(middle + width * scatter(members)).astype(np.float32), y=prediction.coordinator[members, u],
                name=name, legendgroup=name, showlegend=False, mode="markers", customdata=members, hoverinfo="text",
                hovertext=[hover[i] for i in members],
                marker={
                    "color": colours[name], "size": np.where(members == selected, 12, 6), "opacity": 0.7,
                    "symbol": availability_symbols(symbols[name], prediction.observed[members, u]),
                    "line": {"color": colours[name], "width": 0.8},
                },
            )
        )  # fmt: skip
        traces.append(ring(traces[-1], members == selected, palette))
        traces.append(middles(prediction.coordinator[:, u], placed, palette))
    layout = base_layout(palette, title, 400, hovermode="closest", dragmode=False)
    layout["shapes"] = [equal_line(palette, len(names))]
    layout["xaxis"] = layout["xaxis"] | {
        "range": [-0.5, len(columns) - 0.5], "tickvals": list(range(len(columns))), "ticktext": [text for text, _ in columns],
        "showgrid": False, "zeroline": False, "fixedrange": True, "tickangle": 0, "automargin": False,
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | weight_axis(palette, span) | {"automargin": False}
    layout["margin"] = MARGIN | {"t": 72 if above else MARGIN["t"]}
    said = {
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 11, "color": palette.ink},
    }
    layout["annotations"] = [{"x": x, "text": text, **said} for x, text in above]
    if above:
        layout["legend"] = layout["legend"] | {"y": 1.13}
    return go.Figure([*traces, *legend_marks(names, palette)], layout)


def ring(points: go.Scatter, chosen: np.ndarray, palette: Palette) -> go.Scatter:
    """A ring around the points of the utterance in hand: one trace costs less than a colour for every point."""
    look = {"symbol": "circle-open", "size": 15, "color": palette.mark, "line": {"width": 2.5}}
    return go.Scatter(
        x=points.x[chosen], y=points.y[chosen], mode="markers", marker=look, showlegend=False, hoverinfo="skip"
    )


def place(column: int, name: str, members: Column) -> tuple[np.ndarray, float, float]:
    """The utterances of one strip, the middle of the strip, and its width."""
    _, by_modality = members
    if name not in by_modality:
        return np.zeros(0, dtype=int), 0.0, 0.0
    strip, count = list(by_modality).index(name), len(by_modality)
    return by_modality[name], column + (strip - (count - 1) / 2) * ROOM / count, 0.7 * ROOM / max(count, 2)


def scatter(members: np.ndarray) -> np.ndarray:
    """Where in the width of its strip each utterance lies, -0.5 to 0.5: always the same, neighbours far apart."""
    return members * 0.6180339887 % 1 - 0.5


def middles(weight: np.ndarray, placed: Sequence[tuple[np.ndarray, float, float]], palette: Palette) -> go.Scatter:
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
