"""A metric by the subset of modalities that is available."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.prediction import FUSED
from comp_viz.analysis.robustness.scores import best_name, fused_by_pattern
from comp_viz.figures.along import escape
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.grid import AxisSpan
from comp_viz.figures.metrics import metric_text
from comp_viz.figures.robustness.axes import CONSTANT, INTERVAL, hover_numbers, metric_value, reference_line, value_axis
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import first_upper

ABOUT_SUBSETS = About(
    "The metric when whole modalities are missing from all utterances, one row for every set of modalities that is available. Heads are "
    "filled where their modality is available and open where it is missing: then they predict from what reaches them of the others, or from nothing. "
    + INTERVAL,
    "What a modality is worth by itself: a network trained on it alone may do better than this one, which was not trained with such gaps.",
)


def subsets_title(table: pd.DataFrame, kept: Mapping[tuple[str, ...], str], metric: str) -> str:
    """Which single modality goes furthest, and without which one the metric is worst, in a sentence."""
    values = fused_by_pattern(table)
    known = {subset: values[pattern] for subset, pattern in kept.items() if not np.isnan(values.get(pattern, np.nan))}
    M = max(map(len, kept))
    alone = {subset[0]: value for subset, value in known.items() if len(subset) == 1}
    if len(alone) < M:
        return f"{metric} by what is available"
    strongest = best_name(alone, metric)
    best = f"{first_upper(strongest)} alone reaches {metric} {metric_text(metric, alone[strongest])}"
    if M == 2:
        (other,) = set(alone) - {strongest}
        return f"{best}, {other} alone {metric_text(metric, alone[other])}"
    everything = next(subset for subset in kept if len(subset) == M)
    without = {next(u for u in everything if u not in s): v for s, v in known.items() if len(s) == M - 1}
    if len(without) < M:
        return best
    needed = best_name(without, metric, worst=True)
    return f"{best}; the worst single loss is {needed}, to {metric} {metric_text(metric, without[needed])}"


def subsets_chart(
    table: pd.DataFrame,
    kept: Mapping[tuple[str, ...], str],
    metric: str,
    constant: float,
    bounds: AxisSpan,
    palette: Palette,
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
                hovertemplate=f"<b>{escape(u)} head</b>: %{{customdata}}<extra></extra>",
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
            hovertemplate="<b>fused</b>: %{customdata}<extra></extra>",
        )
    )  # fmt: skip
    ends = [-0.6, len(kept) - 0.4]
    if np.isfinite(constant):
        traces.insert(0, reference_line([constant] * 2, ends, CONSTANT, palette.truth, "dash", metric))
        traces[0].hovertemplate = f"{CONSTANT}: {metric_value(metric, constant)}<extra></extra>"
    layout = base_layout(palette, subsets_title(table, kept, metric), 110 + 42 * len(kept))
    layout["xaxis"] = layout["xaxis"] | value_axis(metric, bounds)
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(range(len(kept))), "ticktext": [row_name(subset, marks) for subset in kept],
        "range": ends[::-1], "zeroline": False, "fixedrange": True,
    }  # fmt: skip
    layout["legend"] = layout["legend"] | {"traceorder": "normal"}
    return go.Figure(traces, layout | {"dragmode": False})


def row_name(subset: tuple[str, ...], marks: Mapping[str, str]) -> str:
    """The available modalities, as marks and names."""
    if len(subset) == len(marks):
        return "everything"
    lacking = [u for u in marks if u not in subset]
    if len(lacking) == 1 and len(marks) > 3:
        return f"all but {marks[lacking[0]]} {escape(lacking[0], 20)}"
    only = "only " if len(subset) == 1 else ""
    return only + " ".join(f"{marks[u]} {escape(u, 20)}" for u in subset)
