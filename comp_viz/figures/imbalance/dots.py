"""Dots with 95 % intervals in rows, and the line of no difference."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.imbalance.discrepancy import Interval
from comp_viz.figures.chart import base_layout
from comp_viz.figures.grid import AxisSpan
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import decimal


def dots_chart(
    rows: Sequence[tuple[str, float, float, str, str]], hover: Sequence[str], title: str, what: str, scale: float,
    at: float, palette: Palette,
) -> go.Figure:  # fmt: skip
    """A dot with its interval in every row `(name, mean, half, symbol, colour)`, and a line `at` no difference."""
    figure = go.Figure(layout=base_layout(palette, title, 110 + 34 * max(len(rows), 6)))
    for (name, mean, half, symbol, colour), label in zip(rows, hover, strict=True):
        figure.add_scatter(
            x=[scale * mean], y=[name], mode="markers", marker={"symbol": symbol, "size": 11, "color": colour, "line": {"width": 2}},
            error_x={"type": "data", "array": [0 if np.isnan(half) else scale * half], "color": colour, "thickness": 2},
            hovertext=label, hoverinfo="text", showlegend=False,
        )  # fmt: skip
    return with_dot_axes(figure, what, at, palette)


def measure_chart(
    values: Mapping[str, Interval], title: str, what: str, scale: float, at: float, shared: AxisSpan, palette: Palette
) -> go.Figure:
    """One measure of every modality with its interval."""
    modalities = tuple(values)
    colours, marks = modality_colours(palette, modalities), modality_marks(modalities)
    symbols = modality_symbols(modalities)
    figure = go.Figure(layout=base_layout(palette, title, 110 + 38 * len(modalities)))
    for u, (low, value, high) in values.items():
        interval = (
            "no interval from one conversation"
            if np.isnan(low)
            else f"95\u202f% interval {decimal(scale * low, 3)} to {decimal(scale * high, 3)}"
        )
        figure.add_scatter(
            x=[scale * value], y=[f"{marks[u]} {u}"], mode="markers", showlegend=False,
            marker={"symbol": symbols[u], "size": 11, "color": colours[u]},
            error_x={"type": "data", "array": [scale * (high - value)], "arrayminus": [scale * (value - low)], "thickness": 2},
            hovertemplate=f"{u}: {decimal(scale * value, 3)}, {interval}<extra></extra>",
        )  # fmt: skip
    return with_dot_axes(figure, what, at, palette).update_xaxes(range=shared)


def with_dot_axes(figure: go.Figure, what: str, at: float, palette: Palette) -> go.Figure:
    """The figure with the axes of a chart of dots, and the line of no difference."""
    figure.add_vline(x=at, line={"color": palette.truth, "width": 1})
    figure.update_xaxes(title={"text": what, "font": {"size": 12}})
    return figure.update_yaxes(autorange="reversed", showgrid=False).update_layout(margin={"t": 10})
