"""Small charts side by side on shared axes, one for every modality or module, and the bands and lines drawn in them."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette

Span = tuple[float, float]


def grid(
    palette: Palette, title: str, names: Sequence[str], height: int, x_title: str, y_title: str, legend: bool = False
) -> go.Figure:
    """An empty grid of charts called `names`, four in a row, that share both axes; place traces with `cell`.

    With `legend` there is room for one above.
    """
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    figure = make_subplots(
        rows, columns, subplot_titles=list(names), shared_xaxes="all", shared_yaxes="all", horizontal_spacing=0.035,
        vertical_spacing=0.16 if rows > 1 else 0.1, x_title=x_title, y_title=y_title,
    )  # fmt: skip
    layout = base_layout(palette, title, height)
    axis = layout.pop("xaxis")
    layout.pop("yaxis")
    figure.update_layout(
        layout | {"margin": {"l": 64, "r": 10, "t": 56 if legend else 26, "b": 52}, "hovermode": "closest"}
    )
    figure.update_layout(legend={"y": 1.02 + 24 / (height - 108), "yanchor": "bottom"})
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_annotations(font={"size": 12, "color": palette.ink})
    return figure


def cell(figure: go.Figure, number: int, *traces: go.Scatter) -> None:
    """Place traces in chart `number`, counted from 0."""
    _, columns = figure._get_subplot_rows_columns()
    for trace in traces:
        figure.add_trace(trace, row=number // len(columns) + 1, col=number % len(columns) + 1)


def band(x: Iterable[float], low: Iterable[float], high: Iterable[float], colour: str, **look: Any) -> go.Scatter:
    """A filled band between two lines, in one path."""
    across, bottom, top = (np.asarray(list(v), dtype=np.float32) for v in (x, low, high))
    outline = {
        "x": np.concatenate([across, across[::-1]]),
        "y": np.concatenate([bottom, top[::-1]]).round(5),
    }
    look = {"showlegend": False, "hoverinfo": "skip", "mode": "lines", "line": {"width": 0}, "fill": "toself"} | look
    return go.Scatter(**outline, fillcolor=colour, **look)


def line(x: Iterable[float], y: Iterable[float], colour: str, hover: str, **look: Any) -> go.Scatter:
    """A line with what hovering says of each point."""
    across, up = (np.asarray(list(v), dtype=np.float32) for v in (x, y))
    look = {"mode": "lines", "line": {"color": colour, "width": 2}, "showlegend": False} | look
    return go.Scatter(x=across, y=up.round(5), hovertemplate=hover + "<extra></extra>", **look)


def soft(colour: str, opacity: float) -> str:
    """A colour of the palette, `#rrggbb`, seen through."""
    return f"rgba({int(colour[1:3], 16)},{int(colour[3:5], 16)},{int(colour[5:7], 16)},{opacity})"


def span(columns: Iterable[pd.Series], at_least: Span, margin: float = 0.05) -> Span:
    """From the smallest to the largest value of all columns and of `at_least`, with a margin: what charts side by side share."""
    values = np.concatenate([np.asarray(at_least, float), *(np.asarray(c.dropna(), float) for c in columns)])
    low, high = float(values.min()), float(values.max())
    room = margin * (high - low)
    return low - room, high + room


def stage_mark(figure: go.Figure, epoch: int | None, palette: Palette) -> None:
    """A line where joint training begins, in every chart, and the stages named in the first."""
    if epoch is None:
        return
    figure.add_vline(x=epoch - 0.5, line={"color": palette.truth, "width": 1, "dash": "dot"})
    said = {"y": 1, "yref": "y domain", "showarrow": False, "font": {"size": 10, "color": palette.truth}}
    figure.add_annotation(x=epoch - 0.7, text="stage 1", xanchor="right", yanchor="top", xref="x", **said)
    figure.add_annotation(x=epoch - 0.3, text="stage 2", xanchor="left", yanchor="top", xref="x", **said)
