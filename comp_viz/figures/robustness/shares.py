"""Figures of robustness by which modality the missing entries are of: a triangle for three modalities, else bars."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from comp_viz.analysis.prediction import FUSED
from comp_viz.analysis.robustness.scores import best_name, fused_by_pattern
from comp_viz.checkpoint.measurements import SHARE_METRICS
from comp_viz.figures.along import escape, hatching
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.grid import AxisSpan
from comp_viz.figures.metrics import metric_text
from comp_viz.figures.robustness.axes import INTERVAL, hover_numbers, metric_span, value_axis
from comp_viz.figures.style import Palette, letters_on, modality_colours, modality_marks, sequential
from comp_viz.wording import decimal, percent

ABOUT_MISSING_SHARES = About(
    "The fused prediction when the same share of all entries is missing, divided between the modalities in every way. The three missing "
    "rates add up to 100\u202f% (one third of all entries) or to 200\u202f% (two thirds): at a corner one modality is missing entirely, or is the "
    "only one left; in the middle all are missing equally often. Hover for each modality's missing rate.",
    "The field's protocol: here each modality is missing independently of the others, so that some utterances have none.",
    r"r_\text{audio} + r_\text{text} + r_\text{video} = 1 \quad\text{or}\quad 2",
)
ABOUT_LOSSES = About(
    "The fused prediction with half of one modality missing at random, and with all of it missing, the others as recorded. "
    + INTERVAL,
    "What happens when several are missing at once; that is in the chart above.",
)


def shares_title(table: pd.DataFrame, rates: Mapping[tuple[float, ...], str], names: Sequence[str], metric: str) -> str:
    """The missing modality at which the metric is worst, and the one at which it is best, in a sentence."""
    values = fused_by_pattern(table)
    known = {point: values[pattern] for point, pattern in rates.items() if not np.isnan(values.get(pattern, np.nan))}
    lost = {names[p.index(1.0)]: v for p, v in known.items() if sorted(p) == [0.0] * (len(names) - 1) + [1.0]}
    left = {names[p.index(0.0)]: v for p, v in known.items() if sorted(p) == [0.0] + [1.0] * (len(names) - 1)}
    ends, words = (left, "with only {} left") if len(names) == 3 and len(left) == 3 else (lost, "with all {} missing")
    if len(ends) < len(names):
        return f"{metric} by the modality that is missing"
    top, bottom = best_name(ends, metric), best_name(ends, metric, worst=True)
    return (
        f"{metric} is {metric_text(metric, ends[bottom])} {words.format(bottom)}, "
        f"{metric_text(metric, ends[top])} {words.format(top)}"
    )


def fused_span(tables: Sequence[pd.DataFrame]) -> AxisSpan:
    """The range of the fused prediction's values, the same for charts side by side."""
    return metric_span([table[table["predictor"] == FUSED].assign(half=0.0) for table in tables])


def triangle_chart(
    table: pd.DataFrame,
    points: Mapping[tuple[float, ...], str],
    modalities: Sequence[str],
    thirds: int,
    metric: str,
    bounds: AxisSpan,
    palette: Palette,
) -> go.Figure:
    """Three missing rates that add up to `thirds` as a place in a triangle, coloured by the fused prediction's metric.

    At a corner one modality alone is missing (1), or is the only one left (2).
    """
    marks = modality_marks(tuple(modalities))
    rows = table[table["predictor"] == FUSED]
    rates = {pattern: point for point, pattern in points.items()}
    at = np.array([rates[p] for p in rows["pattern"]]).reshape(-1, 3)
    corner = at if thirds == 1 else 1 - at
    values = rows["value"].to_numpy(np.float32)
    low, high = bounds
    shares = ((values - low) / (high - low)).clip(0, 1).tolist()
    labels = [f"{100 * v:.1f}" if metric in SHARE_METRICS else decimal(v) for v in values]
    lost = [
        "<br>".join(f"{marks[u]} {escape(u)} {percent(r)} missing" for u, r in zip(modalities, one, strict=True))
        for one in at
    ]
    hover = [f"{numbers}<br>{place}" for numbers, place in zip(hover_numbers(rows, metric), lost, strict=True)]
    x, y = across(corner)
    trace = go.Scatter(
        x=x, y=y, mode="markers+text", text=labels, cliponaxis=False, showlegend=False,
        textfont={"size": 12, "color": [letters_on(palette, share) for share in shares]},
        marker={
            "symbol": "hexagon", "size": 42, "color": values, "cmin": low, "cmax": high, "colorscale": sequential(palette),
            "line": {"color": palette.faint, "width": 1},
            "colorbar": {
                "title": {"text": metric}, "thickness": 10, "len": 0.7, "x": 1.0,
                **(percent_ticks(low, high) if metric in SHARE_METRICS else {"nticks": 6, "tickformat": ".2f"}),
            },
        },
        customdata=hover, hovertemplate="<b>fused</b>: %{customdata}<extra></extra>",
    )  # fmt: skip
    edge_x, edge_y = across(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]))
    edge = go.Scatter(
        x=edge_x, y=edge_y, mode="lines", line={"color": palette.faint, "width": 2}, hoverinfo="skip", showlegend=False
    )
    layout = base_layout(palette, shares_title(table, points, modalities, metric), 490, dragmode=False)
    hidden = {"visible": False, "fixedrange": True}
    layout["xaxis"] = hidden | {"range": [-0.25, 1.25]}
    layout["yaxis"] = hidden | {"range": [-0.2, 1.08], "scaleanchor": "x", "scaleratio": 1}
    layout["annotations"] = corner_names(modalities, thirds, palette)
    layout["margin"] = {"l": 8, "r": 8, "t": 8, "b": 8}
    return go.Figure([edge, trace], layout)


def across(shares: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places `[P]` in a triangle of side 1 from three shares `[P, 3]` that add up to 1: top, left, right corner."""
    top, _, right = shares.T
    return right + top / 2, top * np.sqrt(3) / 2


def corner_names(modalities: Sequence[str], thirds: int, palette: Palette) -> list[dict[str, object]]:
    """What a corner means, written beside it."""
    marks, word = modality_marks(tuple(modalities)), "all of {} missing" if thirds == 1 else "only {} left"
    x, y = across(np.eye(3))
    return [
        {
            "x": float(x[u]), "y": float(y[u]), "yshift": 40 if u == 0 else -40, "showarrow": False,
            "text": word.format(f"{marks[name]} {escape(name, 20)}"), "font": {"size": 13, "color": palette.ink},
        }
        for u, name in enumerate(modalities)
    ]  # fmt: skip


def losses_chart(
    table: pd.DataFrame,
    points: Mapping[tuple[float, ...], str],
    modalities: Sequence[str],
    metric: str,
    bounds: AxisSpan,
    palette: Palette,
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
                x=[f"{marks[u]} {escape(u)}" for u in of], y=some["value"].to_numpy(np.float32), name=f"{percent(loss)} of it missing",
                marker={"color": tones, "pattern": pattern, "line": {"color": tones, "width": 1.5}},
                error_y={"type": "data", "array": some["half"].fillna(0).to_numpy(np.float32), "color": palette.ink, "thickness": 1.5},
                customdata=hover_numbers(some, metric),
                hovertemplate=f"%{{x}}, {percent(loss)} of it missing: %{{customdata}}<extra></extra>",
            )
        )  # fmt: skip
    layout = base_layout(palette, shares_title(table, points, modalities, metric), 380, dragmode=False)
    low, high = bounds
    layout["yaxis"] = layout["yaxis"] | value_axis(metric, (min(low, 0.0), high))
    layout["xaxis"] = layout["xaxis"] | {"fixedrange": True}
    return go.Figure(traces, layout)
