"""Figures of robustness by which modality the missing entries are of: a triangle for three modalities, else bars."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.robustness import FUSED, SHARES
from comp_viz.figures.along import escape, hatching
from comp_viz.figures.chart import base_layout
from comp_viz.figures.robustness import hover_numbers, number, span, value_axis
from comp_viz.figures.style import Palette, modality_colours, modality_marks, sequential

STRONG = 0.55  # from here on the colour scale is dark enough for letters in the colour of the ground


def fused_span(tables: Sequence[pd.DataFrame]) -> tuple[float, float]:
    """The range of the fused prediction's values, the same for charts side by side."""
    return span([table[table["predictor"] == FUSED].assign(half=0.0) for table in tables])


def triangle_chart(
    table: pd.DataFrame,
    points: Mapping[tuple[float, ...], str],
    modalities: Sequence[str],
    thirds: int,
    metric: str,
    bounds: tuple[float, float],
    palette: Palette,
    title: str,
) -> go.Figure:
    """Three missing rates that add up to `thirds` as a place in a triangle, coloured by the fused prediction's metric.

    At a corner one modality bears it all: it alone is missing (1), or it alone is left (2).
    """
    marks = modality_marks(tuple(modalities))
    rows = table[table["predictor"] == FUSED]
    rates = {pattern: point for point, pattern in points.items()}
    at = np.array([rates[p] for p in rows["pattern"]]).reshape(-1, 3)
    corner = at if thirds == 1 else 1 - at
    values = rows["value"].to_numpy(np.float32)
    low, high = bounds
    dark = (values - low) / (high - low) > STRONG
    said = [f"{100 * v:.1f}" if metric in SHARES else f"{v:.2f}" for v in values]
    lost = [
        "<br>".join(f"{marks[u]} {escape(u)} {r:.0%} missing" for u, r in zip(modalities, one, strict=True))
        for one in at
    ]
    hover = [f"{place}{more}" for place, more in zip(lost, hover_numbers(rows, metric), strict=True)]
    trace = go.Scatterternary(
        a=corner[:, 0], b=corner[:, 1], c=corner[:, 2], mode="markers+text", text=said, cliponaxis=False,
        textfont={"size": 12, "color": [palette.ground if strong else palette.ink for strong in dark]},
        marker={
            "symbol": "hexagon", "size": 42, "color": values, "cmin": low, "cmax": high, "colorscale": sequential(palette),
            "line": {"color": palette.faint, "width": 1},
            "colorbar": {"title": {"text": metric}, "thickness": 10, "len": 0.7, "x": 1.02, "tickformat": ".0%" if metric in SHARES else ""},
        },
        customdata=hover, hovertemplate=f"<b>fused: {metric} {number(metric, 'marker.color')}</b><br>%{{customdata}}<extra></extra>",
    )  # fmt: skip
    word = "all of {} missing" if thirds == 1 else "only {} left"
    names = [word.format(f"{marks[u]} {escape(u, 20)}") for u in modalities]
    axis = {"showticklabels": False, "ticks": "", "gridcolor": palette.faint, "linecolor": palette.faint, "min": 0}
    corners = {
        f"{side}axis": axis | {"title": {"text": name, "font": {"size": 13, "color": palette.ink}}}
        for side, name in zip("abc", names, strict=True)
    }
    layout = base_layout(palette, title, 470, ternary={"sum": 1, "bgcolor": "rgba(0,0,0,0)", **corners}, dragmode=False)
    layout["margin"] = {"l": 70, "r": 30, "t": 46, "b": 50}
    return go.Figure(trace, layout)


def losses_chart(
    table: pd.DataFrame,
    points: Mapping[tuple[float, ...], str],
    modalities: Sequence[str],
    metric: str,
    bounds: tuple[float, float],
    palette: Palette,
    title: str,
) -> go.Figure:
    """For every modality the fused prediction's metric with half of it missing, and with all of it (hatched)."""
    colours, marks = modality_colours(palette, tuple(modalities)), modality_marks(tuple(modalities))
    rows = table[table["predictor"] == FUSED]
    rates = {pattern: point for point, pattern in points.items()}
    traces = []
    for loss in sorted({max(point) for point in points}):
        some = rows[rows["pattern"].map(lambda p: max(rates[p])) == loss]
        of = [modalities[int(np.argmax(rates[p]))] for p in some["pattern"]]
        tones = [colours[u] for u in of]
        pattern = hatching(palette) | {"fgcolor": tones} if loss == 1 else {"shape": ""}
        traces.append(
            go.Bar(
                x=[f"{marks[u]} {escape(u)}" for u in of], y=some["value"].to_numpy(np.float32), name=f"{loss:.0%} of it missing",
                marker={"color": tones, "pattern": pattern, "line": {"color": tones, "width": 1.5}},
                error_y={"type": "data", "array": some["half"].fillna(0).to_numpy(np.float32), "color": palette.ink, "thickness": 1.5},
                customdata=hover_numbers(some, metric),
                hovertemplate=f"%{{x}}, {loss:.0%} of it missing: {metric} {number(metric, 'y')}%{{customdata}}<extra></extra>",
            )
        )  # fmt: skip
    layout = base_layout(palette, title, 380, dragmode=False)
    low, high = bounds
    layout["yaxis"] = layout["yaxis"] | value_axis(metric, (min(low, 0.0), high))
    layout["xaxis"] = layout["xaxis"] | {"fixedrange": True}
    return go.Figure(traces, layout)
