"""Small charts side by side on shared axes, one for every modality or module, and the bands and lines drawn in them."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.figures.chart import TITLE_LETTERS, base_layout, even_lines
from comp_viz.figures.style import Palette

AxisSpan = tuple[float, float]
LINE_HEIGHT = 16  # pixels of a line of 12-pixel type


def grid(
    palette: Palette, title: str, names: Sequence[str], height: int, x_title: str, y_title: str, legend: bool = False
) -> go.Figure:
    """An empty grid of charts called `names`, four in a row, that share both axes; place traces with `cell`.

    With `legend` there is room for one above. Made of plain dicts: Plotly's own maker of grids takes a tenth of a second.
    """
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    wide, high = (1 - 0.035 * (columns - 1)) / columns, (1 - 0.16 * (rows - 1)) / rows
    # Names beside each other would touch on a phone.
    names = ["<br>".join(even_lines(name, round(TITLE_LETTERS * wide))) for name in names]
    more = LINE_HEIGHT * max(name.count("<br>") for name in names[:columns])
    layout = base_layout(palette, title, height, hovermode="closest")
    axis = {**layout.pop("xaxis"), **layout.pop("yaxis")}
    look = {"showarrow": False, "xref": "paper", "yref": "paper", "font": {"size": 12, "color": palette.ink}}
    notes = [
        {"text": x_title, "x": 0.5, "y": 0, "xanchor": "center", "yanchor": "top", "yshift": -30, **look},
        {"text": y_title, "x": 0, "y": 0.5, "xanchor": "right", "xshift": -40, "textangle": -90, **look},
    ]
    for i, name in enumerate(names):
        row, column = divmod(i, columns)
        left, top = column * (wide + 0.035), 1 - row * (high + 0.16)
        lowest = i + columns >= len(names)
        shared = ({}, {}) if i == 0 else ({"matches": "x"}, {"matches": "y"})
        layout[f"xaxis{i + 1}"] = axis | shared[0] | {
            "domain": [left, min(left + wide, 1)], "anchor": f"y{i + 1}", "showticklabels": lowest
        }  # fmt: skip
        layout[f"yaxis{i + 1}"] = axis | shared[1] | {
            "domain": [max(top - high, 0), top], "anchor": f"x{i + 1}", "showticklabels": column == 0
        }  # fmt: skip
        # By itself Plotly takes the side of a name that is nearer to the edge of the figure, not its middle.
        notes.append({"text": name, "x": left + wide / 2, "y": top, "xanchor": "center", "yanchor": "bottom", **look})
    layout |= {"annotations": notes, "margin": {"l": 64, "r": 10, "t": (56 if legend else 26) + more, "b": 52}}
    layout["legend"] = layout["legend"] | {"y": 1.02 + (24 + more) / (height - 108 - more)}
    return go.Figure(layout=layout)


def cell(figure: go.Figure, number: int, *traces: go.Scatter) -> None:
    """Place traces in chart `number`, counted from 0."""
    for trace in traces:
        figure.add_trace(trace.update(xaxis=f"x{number + 1}", yaxis=f"y{number + 1}"))


def rule(figure: go.Figure, palette: Palette, at: float, upright: bool = False, dash: str = "solid") -> None:
    """A thin line through every chart of a grid."""
    along, across = "xy" if upright else "yx"
    ends = {f"{along}0": at, f"{along}1": at, f"{across}0": 0, f"{across}1": 1}
    look = {"type": "line", "line": {"color": palette.truth, "width": 1, "dash": dash}} | ends
    charts = [name.removeprefix("xaxis") for name in figure.layout if name.startswith("xaxis")]
    figure.layout.shapes += tuple(
        look | {f"{along}ref": f"{along}{i}", f"{across}ref": f"{across}{i} domain"} for i in charts
    )


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


def shared_range(columns: Iterable[pd.Series], at_least: AxisSpan, margin: float = 0.05) -> AxisSpan:
    """From the smallest to the largest value of all columns and of `at_least`, with a margin: what charts side by side share."""
    values = np.concatenate([np.asarray(at_least, float), *(np.asarray(c.dropna(), float) for c in columns)])
    low, high = float(values.min()), float(values.max())
    room = margin * (high - low)
    return low - room, high + room


def stage_mark(figure: go.Figure, epoch: int | None, palette: Palette) -> None:
    """A line where joint training begins, in every chart, and the second stage named in the first.

    At the foot, where accuracy that rises leaves room; a name before the line would not fit on a phone.
    """
    if epoch is None:
        return
    rule(figure, palette, epoch - 0.5, upright=True, dash="dot")
    look = {"y": 0, "yref": "y domain", "showarrow": False, "font": {"size": 12, "color": palette.truth}}
    figure.add_annotation(x=epoch - 0.3, text="stage 2", xanchor="left", yanchor="bottom", xref="x", **look)
