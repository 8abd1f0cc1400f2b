"""What the charts of the Robustness page share: the axis of a metric, its values on hover, the level of a constant baseline."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.prediction import FUSED
from comp_viz.checkpoint.measurements import SHARE_METRICS
from comp_viz.figures.chart import percent_ticks
from comp_viz.figures.grid import AxisSpan
from comp_viz.wording import decimal, how_many, percent

CONSTANT = "constant baseline"
INTERVAL = (
    "The interval is the 95\u202f% jackknife interval over conversations: how far the number would move with other conversations of the "
    "same kind. Random patterns are drawn several times, with other seeds, and the mean is shown."
)


def metric_span(tables: Sequence[pd.DataFrame], others: Sequence[float] = ()) -> AxisSpan:
    """The range of values that holds everything drawn, with a little room; the same for charts side by side."""
    ends = [table["value"] + sign * fused_half(table) for table in tables for sign in (-1, 1)]
    values = np.concatenate([np.asarray(others, float), *(end.to_numpy(float) for end in ends)])
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    room = 0.05 * (high - low) or 0.05
    return low - room, high + room


def fused_half(table: pd.DataFrame) -> pd.Series:
    """Half the interval of the fused prediction, which alone is drawn with one; 0 elsewhere."""
    return table["half"].where(table["predictor"] == FUSED, 0).fillna(0)


def metric_value(metric: str, value: float) -> str:
    """A value with the name of its metric."""
    return f"{metric} {percent(value, 1) if metric in SHARE_METRICS else decimal(value, 3)}"


def value_axis(metric: str, bounds: AxisSpan) -> dict[str, Any]:
    """An axis of the metric."""
    title = {"text": "MAE (label units)" if metric == "MAE" else metric, "font": {"size": 12}}
    ticks = percent_ticks(*bounds) if metric in SHARE_METRICS else {}
    return {"range": list(bounds), "title": title, "zeroline": False, "fixedrange": True, **ticks}


def hover_numbers(rows: pd.DataFrame, metric: str) -> list[str]:
    """Value, interval and drawings of every row, as text."""
    scale, unit = (100, " points") if metric in SHARE_METRICS else (1, "")
    digits = 1 if metric in SHARE_METRICS else 3
    return [
        f"{metric_value(metric, value)}<br>95\u202f% interval over conversations ± {scale * half:.{digits}f}{unit}"
        f"<br>{how_many(seeds, 'drawing')}"
        + (f", standard deviation {scale * spread:.{digits + 1}f}{unit}" if seeds > 1 else "")
        for value, half, seeds, spread in zip(rows["value"], rows["half"], rows["seeds"], rows["spread"], strict=True)
    ]


def reference_line(
    x: Sequence[float], y: Sequence[float], name: str, colour: str, dash: str, metric: str
) -> go.Scatter:
    """A reference without marks."""
    return go.Scatter(
        x=x, y=y, name=name, mode="lines", line={"color": colour, "dash": dash, "width": 1.8},
        customdata=[metric_value(metric, value) for value in y], hovertemplate=f"{name}: %{{customdata}}<extra></extra>",
    )  # fmt: skip
