"""Figures of a comparison: what each predictor reaches and how far the first is ahead; who alone is right."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.stats.mcnemar import McNemar
from comp_viz.figures.along import escape
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette

MARKS = ("◆", "●", "■", "▲", "★", "✚", "⬢", "▼")
SYMBOLS = ("diamond", "circle", "square", "triangle-up", "star", "cross", "hexagon", "triangle-down")
APART = 0.6  # of a row, shared by its predictors
LEFT, RIGHT = [0.0, 0.48], [0.54, 1.0]  # halves of the chart
NAME = 28  # letters of a predictor's name in a legend

Looks = dict[str, tuple[str, str, str]]  # predictor -> colour, Plotly's name of its mark, its name with the mark


def predictor_looks(names: Sequence[str], palette: Palette) -> Looks:
    """Colour and mark of everything compared, the first in the ink of a fused prediction."""
    tones = (palette.ink, *palette.spare, *palette.classes)
    return {
        name: (tones[i % len(tones)], SYMBOLS[i % len(SYMBOLS)], f"{MARKS[i % len(MARKS)]} {escape(name, NAME)}")
        for i, name in enumerate(names)
    }


def paired_chart(table: pd.DataFrame, palette: Palette, title: str) -> go.Figure:
    """A row for every `group` of the table: left what each predictor reaches, right how far the first is ahead of it.

    As `analysis.paired` gives them, with 95 % intervals; `utterances` are said beside the group's name.
    """
    groups, names = [*dict.fromkeys(table["group"])], [*dict.fromkeys(table["predictor"])]
    looks, traces = predictor_looks(names, palette), []
    for i, name in enumerate(names):
        rows = table[table["predictor"] == name]
        at = np.array([groups.index(group) for group in rows["group"]]) + APART * ((i + 0.5) / len(names) - 0.5)
        traces.append(dots(rows, "", at, looks[name], "x"))
        if i:
            traces.append(dots(in_points(rows), "difference", at, looks[name], "x2"))
    height = 112 + len(groups) * (26 + 12 * len(names))
    layout = base_layout(palette, title, height, hovermode="closest", dragmode=False)
    axis = layout["xaxis"] | {"tickformat": ".0%", "fixedrange": True, "zeroline": False, "nticks": 6}
    layout["xaxis"] = axis | {"domain": LEFT, "title": small("ACC, share decided as the truth is")}
    layout["xaxis2"] = axis | {
        "domain": RIGHT, "anchor": "y", "tickformat": "+.1f",
        "title": small(f"{escape(names[0], NAME)} less the other, points of ACC"),
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": [*range(len(groups))], "ticktext": row_names(table, groups), "range": [len(groups) - 0.5, -0.5],
        "showgrid": False, "zeroline": False, "fixedrange": True,
    }  # fmt: skip
    line = {"color": palette.truth, "width": 1.5}
    layout["shapes"] = [
        {"type": "line", "xref": "x2", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "line": line}
    ]
    return go.Figure(traces, layout)


def small(text: str) -> dict[str, Any]:
    """The title of an axis."""
    return {"text": text, "font": {"size": 12}}


def row_names(table: pd.DataFrame, groups: Sequence[str]) -> list[str]:
    """Names of the rows, with how many utterances they are of where the table says so."""
    if "utterances" not in table:
        return [escape(group, 40) for group in groups]
    counts = table.drop_duplicates("group").set_index("group")["utterances"]
    return [f"{escape(group, 40)} ({counts[group]:,})" for group in groups]


def dots(rows: pd.DataFrame, what: str, at: np.ndarray, look: tuple[str, str, str], axis: str) -> go.Scatter:
    """One predictor's values or `difference`s with their intervals, at the heights `at`."""
    colour, symbol, name = look
    value, low, high = (rows[end].to_numpy(float) for end in ends(what))
    return go.Scatter(
        x=value.astype(np.float32), y=at.astype(np.float32), xaxis=axis, mode="markers", name=name, legendgroup=name,
        showlegend=not what, marker={"color": colour, "symbol": symbol, "size": 10},
        error_x={
            "type": "data", "array": np.nan_to_num(high - value), "arrayminus": np.nan_to_num(value - low),
            "color": colour, "thickness": 1.5, "width": 4,
        },
        hovertext=[
            f"<b>{escape(group, 60)}</b><br>{name}: {number(v, what)}, 95 % interval {number(a, what)} to {number(b, what)}"
            for group, v, a, b in zip(rows["group"], value, low, high, strict=True)
        ],
        hoverinfo="text",
    )  # fmt: skip


def ends(what: str) -> tuple[str, str, str]:
    """Columns of a value and the ends of its interval."""
    return (what, f"{what}_low", f"{what}_high") if what else ("value", "low", "high")


def in_points(rows: pd.DataFrame) -> pd.DataFrame:
    """The same with differences of shares in points, as no reader takes a difference of percentages for a percentage."""
    columns = [*ends("difference")]
    return rows.assign(**{name: 100 * rows[name] for name in columns})


def number(value: float, what: str) -> str:
    """A share, or a difference in points."""
    if np.isnan(value):
        return "not defined"
    return f"{value:+z.1f} points" if what else f"{100 * value:.1f} %"


def agreement_chart(found: Mapping[str, McNemar], first: str, palette: Palette, title: str) -> go.Figure:
    """A bar for every other predictor: utterances that only the first gets right, and that only the other does.

    A tick at the half of each bar is where a fair coin would part it; the others are counted beside the name.
    """
    names, counts = [*found], [*found.values()]
    at = [*range(len(names))]
    traces: list[go.Bar | go.Scatter] = [
        go.Bar(
            x=values, y=at, orientation="h", name=f"only {called} right", text=[f"{value:,}" for value in values],
            textposition="inside", insidetextanchor="middle", textangle=0, textfont={"color": palette.ground},
            marker={"color": colour, "line": {"color": palette.ground, "width": 1}},
            hovertemplate=f"only {called} right: %{{x:,}} utterances<extra></extra>",
        )
        for values, colour, called in (
            ([one.first for one in counts], palette.ink, escape(first, NAME)),
            ([one.second for one in counts], palette.spare[0], "the other"),
        )
    ]  # fmt: skip
    halves = [(one.first + one.second) / 2 for one in counts]
    traces.append(
        go.Scatter(
            x=halves, y=at, mode="markers", name="where a fair coin would part it", hoverinfo="skip",
            marker={"symbol": "line-ns", "size": 44, "line": {"color": palette.mark, "width": 3}},
        )
    )  # fmt: skip
    layout = base_layout(palette, title, 112 + 56 * len(names), barmode="stack", dragmode=False)
    layout["xaxis"] = layout["xaxis"] | {"title": small("utterances that only one gets right"), "fixedrange": True}
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": at,
        "ticktext": [f"{escape(n, NAME)}<br>both {one.both:,}, neither {one.neither:,}" for n, one in found.items()],
        "range": [len(names) - 0.5, -0.5], "fixedrange": True, "showgrid": False, "zeroline": False,
    }  # fmt: skip
    layout["legend"] = layout["legend"] | {"traceorder": "normal"}
    return go.Figure(traces, layout)
