"""Figures of robustness: a metric over missing rates, and by the modalities that are available."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.robustness.references import Reference
from comp_viz.analysis.robustness.scores import FUSED
from comp_viz.checkpoint.measurements import SHARES
from comp_viz.figures.along import escape
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols

REFERENCE_MARKS = (
    "circle-open",
    "square-open",
    "triangle-up-open",
    "diamond-open",
    "star-open",
    "cross-open",
    "x-open",
)
ALWAYS = "always the same answer"


def span(tables: Sequence[pd.DataFrame], others: Sequence[float] = ()) -> tuple[float, float]:
    """The range of values that holds everything drawn, with a little room; the same for charts side by side."""
    ends = [table["value"] + sign * fused_half(table) for table in tables for sign in (-1, 1)]
    values = np.concatenate([np.asarray(others, float), *(end.to_numpy(float) for end in ends)])
    found = values[np.isfinite(values)]
    low, high = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
    room = 0.05 * (high - low) or 0.05
    return low - room, high + room


def fused_half(table: pd.DataFrame) -> pd.Series:
    """Half the interval of the fused prediction, which alone is drawn with one; 0 elsewhere."""
    return table["half"].where(table["predictor"] == FUSED, 0).fillna(0)


def named(metric: str) -> str:
    """A metric with its unit, for an axis."""
    return f"{metric} (%)" if metric in SHARES else {"MAE": "MAE (label units)"}.get(metric, metric)


def number(metric: str, axis: str) -> str:
    """A value in a hover label."""
    return f"%{{{axis}:.1%}}" if metric in SHARES else f"%{{{axis}:.3f}}"


def value_axis(metric: str, bounds: tuple[float, float]) -> dict[str, Any]:
    """An axis of the metric."""
    title = {"text": metric if metric in SHARES else named(metric), "font": {"size": 12}}
    ticks = {"tickformat": ".0%" if bounds[1] - bounds[0] > 0.06 else ".1%"} if metric in SHARES else {}
    return {"range": list(bounds), "title": title, "zeroline": False, "fixedrange": True, **ticks}


def rates_chart(
    table: pd.DataFrame,
    metric: str,
    constant: float,
    attainable: Mapping[float, float],
    references: Sequence[Reference],
    trained: Sequence[float],
    bounds: tuple[float, float],
    palette: Palette,
    title: str,
) -> go.Figure:
    """A metric over the missing rate: fused with its 95 % interval, heads, and named references; from `scores`.

    `constant` is the value of always the same answer, `attainable` the best there can be by rate (the lab), `trained` the
    missing rates of training, where they are known.
    """
    rows = table.sort_values("missing_rate")
    fused = rows[rows["predictor"] == FUSED]
    traces = [band(fused, palette), *(reference(one, i, metric, palette) for i, one in enumerate(references))]
    if attainable:
        traces.append(
            line([*attainable], [*attainable.values()], "best attainable, computed", palette.mark, "longdash", metric)
        )
    if np.isfinite(constant):
        traces.append(line([0, 0.72], [constant] * 2, ALWAYS, palette.truth, "dash", metric))
    heads = [name for name in dict.fromkeys(rows["predictor"]) if name != FUSED]
    colours, marks, symbols = (
        f(tuple(heads)) for f in (lambda n: modality_colours(palette, n), modality_marks, modality_symbols)
    )
    traces += [
        curve(rows[rows["predictor"] == u], f"{marks[u]} {u} head", metric, colours[u], symbols[u], 1.5) for u in heads
    ]
    traces.append(curve(fused, "◆ fused", metric, palette.ink, "diamond", 3.5))
    layout = base_layout(palette, title, 540)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [-0.02, 0.72], "tickformat": ".0%", "dtick": 0.1, "fixedrange": True, "zeroline": False,
        "title": {"text": "missing rate (share of all entries taken, drawn at random)", "font": {"size": 12}},
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | value_axis(metric, bounds)
    layout["legend"] = {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top", "font": {"size": 12}}
    layout["margin"] = {"l": 8, "r": 8, "t": 20, "b": 8}
    shapes, notes = zip(*(trained_line(rate, palette) for rate in trained), strict=True) if trained else ((), ())
    return go.Figure(traces, layout | {"shapes": list(shapes), "annotations": list(notes), "dragmode": False})


def trained_line(rate: float, palette: Palette) -> tuple[dict[str, Any], dict[str, Any]]:
    """A thin line at a missing rate of training, with its name."""
    shape = {
        "type": "line",
        "x0": rate,
        "x1": rate,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": palette.faint, "width": 2},
    }
    note = {
        "x": rate, "y": 1, "yref": "paper", "yanchor": "bottom", "text": "trained here", "showarrow": False,
        "font": {"size": 11, "color": palette.truth},
    }  # fmt: skip
    return shape, note


def band(fused: pd.DataFrame, palette: Palette) -> go.Scatter:
    """The 95 % interval of the fused prediction."""
    known = fused[fused["half"].notna() & fused["value"].notna()]
    x = np.concatenate([known["missing_rate"], known["missing_rate"][::-1]])
    y = np.concatenate([known["value"] - known["half"], (known["value"] + known["half"])[::-1]])
    return go.Scatter(
        x=x.astype(np.float32), y=y.astype(np.float32), fill="toself", mode="none", hoverinfo="skip",
        fillcolor="rgba(128,128,128,0.22)", name="95 % interval of fused, over conversations",
    )  # fmt: skip


def curve(rows: pd.DataFrame, name: str, metric: str, colour: str, symbol: str, width: float) -> go.Scatter:
    """One predictor's curve."""
    return go.Scatter(
        x=rows["missing_rate"].to_numpy(np.float32), y=rows["value"].to_numpy(np.float32), name=name,
        mode="lines+markers", line={"color": colour, "width": width}, marker={"symbol": symbol, "size": 7 + width},
        customdata=hover_numbers(rows, metric),
        hovertemplate=f"<b>{escape(name)}</b><br>missing rate %{{x:.1%}}: {metric} {number(metric, 'y')}"
        "%{customdata}<extra></extra>",
    )  # fmt: skip


def hover_numbers(rows: pd.DataFrame, metric: str) -> list[str]:
    """Interval and drawings of every row, in words."""
    scale, unit = (100, " points") if metric in SHARES else (1, "")
    digits = 1 if metric in SHARES else 3
    return [
        f"<br>95 % interval over conversations ± {scale * half:.{digits}f}{unit}"
        f"<br>{seeds} drawing{'s' if seeds > 1 else ''}"
        + (f", standard deviation {scale * spread:.{digits + 1}f}{unit}" if seeds > 1 else "")
        for half, seeds, spread in zip(rows["half"], rows["seeds"], rows["spread"], strict=True)
    ]


def line(x: Sequence[float], y: Sequence[float], name: str, colour: str, dash: str, metric: str) -> go.Scatter:
    """A reference without marks."""
    return go.Scatter(
        x=x, y=y, name=name, mode="lines", line={"color": colour, "dash": dash, "width": 1.8},
        hovertemplate=f"{name}: {metric} {number(metric, 'y')}<extra></extra>",
    )  # fmt: skip


def reference(one: Reference, place: int, metric: str, palette: Palette) -> go.Scatter:
    """A curve from elsewhere: ours dashed, published ones dotted, each with its name and what to know of it on hover."""
    rows = one.of(metric)
    tones = (palette.truth, *palette.spare)
    return go.Scatter(
        x=rows["missing_rate"].to_numpy(np.float32), y=rows["value"].to_numpy(np.float32), name=escape(one.name, 120),
        mode="lines+markers",
        line={"color": tones[place % len(tones)], "dash": "dot" if one.published else "dash", "width": 1.8},
        marker={"symbol": REFERENCE_MARKS[place % len(REFERENCE_MARKS)], "size": 7},
        hovertemplate=f"<b>{escape(one.name, 120)}</b><br>missing rate %{{x:.1%}}: {metric} {number(metric, 'y')}"
        f"<br>{escape(one.about, 200)}<extra></extra>",
    )  # fmt: skip


def availability_chart(
    table: pd.DataFrame,
    kept: Mapping[tuple[str, ...], str],
    metric: str,
    constant: float,
    bounds: tuple[float, float],
    palette: Palette,
    title: str,
) -> go.Figure:
    """One row for every set of modalities that is kept: fused with its 95 % interval, heads filled where theirs is kept."""
    modalities = max(kept, key=len)
    colours, symbols = modality_colours(palette, modalities), modality_symbols(modalities)
    marks = modality_marks(modalities)
    place = {pattern: row for row, pattern in enumerate(kept.values())}
    subsets = {pattern: subset for subset, pattern in kept.items()}
    traces = []
    for i, u in enumerate(modalities):
        rows = table[table["predictor"] == u]
        shift = 0.22 * (i + 1 - (len(modalities) + 1) / 2)
        there = [u in subsets[pattern] for pattern in rows["pattern"]]
        traces.append(
            go.Scatter(
                x=rows["value"].to_numpy(np.float32), y=[place[p] + shift for p in rows["pattern"]], mode="markers",
                name=f"{marks[u]} {u} head", customdata=hover_numbers(rows, metric),
                marker={"symbol": [symbols[u] + ("" if seen else "-open") for seen in there], "size": 9, "color": colours[u]},
                hovertemplate=f"<b>{escape(u)} head</b>: {metric} {number(metric, 'x')}%{{customdata}}<extra></extra>",
            )
        )  # fmt: skip
    rows = table[table["predictor"] == FUSED]
    error = {
        "type": "data",
        "array": rows["half"].fillna(0).to_numpy(np.float32),
        "color": palette.ink,
        "thickness": 1.5,
        "width": 5,
    }
    traces.append(
        go.Scatter(
            x=rows["value"].to_numpy(np.float32), y=[place[p] for p in rows["pattern"]], mode="markers", name="◆ fused",
            marker={"symbol": "diamond", "size": 13, "color": palette.ink}, error_x=error,
            customdata=hover_numbers(rows, metric),
            hovertemplate=f"<b>fused</b>: {metric} {number(metric, 'x')}%{{customdata}}<extra></extra>",
        )
    )  # fmt: skip
    ends = [-0.6, len(kept) - 0.4]
    if np.isfinite(constant):
        traces.insert(0, line([constant] * 2, ends, ALWAYS, palette.truth, "dash", metric))
        traces[0].hovertemplate = f"{ALWAYS}: {metric} {number(metric, 'x')}<extra></extra>"
    layout = base_layout(palette, title, 110 + 42 * len(kept))
    layout["xaxis"] = layout["xaxis"] | value_axis(metric, bounds)
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(range(len(kept))), "ticktext": [row_name(subset, marks) for subset in kept],
        "range": ends[::-1], "zeroline": False, "fixedrange": True,
    }  # fmt: skip
    layout["legend"] = layout["legend"] | {"traceorder": "normal"}
    return go.Figure(traces, layout | {"dragmode": False})


def row_name(subset: tuple[str, ...], marks: Mapping[str, str]) -> str:
    """What is kept, in marks and names."""
    if len(subset) == len(marks):
        return "everything"
    lacking = [u for u in marks if u not in subset]
    if len(lacking) == 1 and len(marks) > 3:
        return f"all but {marks[lacking[0]]} {escape(lacking[0], 20)}"
    only = "only " if len(subset) == 1 else ""
    return only + " ".join(f"{marks[u]} {escape(u, 20)}" for u in subset)
