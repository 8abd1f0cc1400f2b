"""A metric over the missing rate: fused prediction, heads, and curves from elsewhere to set beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.prediction import FUSED
from comp_viz.analysis.robustness.references import Reference
from comp_viz.figures.along import escape
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.grid import AxisSpan
from comp_viz.figures.metrics import metric_text
from comp_viz.figures.robustness.axes import CONSTANT, INTERVAL, hover_numbers, metric_value, reference_line, value_axis
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import NARROW, percent

REFERENCE_MARKS = (
    "circle-open",
    "square-open",
    "triangle-up-open",
    "diamond-open",
    "star-open",
    "cross-open",
    "x-open",
)
ABOUT_RATES = About(
    "The fused prediction (◆) and every modality's own head over the realised missing rate. Entries are missing uniformly at random, and "
    "every utterance keeps at least one modality, as in the field's protocol. "
    + INTERVAL
    + " The linear probe of the data stands at nothing missing. Dashed curves are from our results tables on these very data, dotted ones are printed in the paper, on other data. The dashed "
    "level is the constant baseline: always the most frequent label; for MAE the median label.",
    "How a network trained at each of these rates does, as the published figures are. Nor that a difference "
    "smaller than the interval is more than chance.",
    r"\mathrm{MR} = \frac{\text{entries removed}}{\text{entries in the recordings}}",
)


def rates_title(table: pd.DataFrame, metric: str) -> str:
    """How the heads compare with the fused prediction where most is missing, in a sentence."""
    rows = table[table["missing_rate"] == table["missing_rate"].max()]
    heads = rows.loc[rows["predictor"] != FUSED, "value"]
    if heads.empty or rows["value"].isna().any():
        return f"{metric} of the fused prediction and of every head, by missing rate"
    fused = rows.loc[rows["predictor"] == FUSED, "value"].iloc[0]
    low, high = metric_text(metric, heads.min()), metric_text(metric, heads.max())
    between = low if low == high else f"{low.removesuffix(f'{NARROW}%')} to {high}"
    where = f"{percent(rows['missing_rate'].iloc[0])} missing"
    return f"With {where} the fused prediction reaches {metric} {metric_text(metric, fused)}, its heads {between}"


def rates_chart(
    table: pd.DataFrame,
    metric: str,
    constant: float,
    attainable: Mapping[float, float],
    references: Sequence[Reference],
    trained: Sequence[float],
    bounds: AxisSpan,
    palette: Palette,
) -> go.Figure:
    """A metric over the missing rate: fused with its 95 % interval, heads, and named references; from `score_table`.

    `constant` is the value of the constant baseline, `attainable` the best there can be by rate (the lab), `trained` the
    missing rates of training, where they are known.
    """
    rows = table.sort_values("missing_rate")
    fused = rows[rows["predictor"] == FUSED]
    traces = [
        interval_band(fused, palette),
        *(reference_curve(one, i, metric, palette) for i, one in enumerate(references)),
    ]
    if attainable:
        traces.append(
            reference_line(
                [*attainable], [*attainable.values()], "best attainable, computed", palette.mark, "longdash", metric
            )
        )
    if np.isfinite(constant):
        traces.append(reference_line([0, 0.72], [constant] * 2, CONSTANT, palette.truth, "dash", metric))
    heads = [name for name in dict.fromkeys(rows["predictor"]) if name != FUSED]
    colours, marks, symbols = (
        f(tuple(heads)) for f in (lambda n: modality_colours(palette, n), modality_marks, modality_symbols)
    )
    traces += [
        predictor_curve(rows[rows["predictor"] == u], f"{marks[u]} {u} head", metric, colours[u], symbols[u], 1.5)
        for u in heads
    ]
    traces.append(predictor_curve(fused, "◆ fused", metric, palette.ink, "diamond", 3.5))
    layout = base_layout(palette, rates_title(table, metric), 540)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [-0.02, 0.72], **percent_ticks(0, 0.7, 8), "fixedrange": True, "zeroline": False,
        "title": {"text": "realised missing rate (share of all entries)", "font": {"size": 12}},
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | value_axis(metric, bounds)
    layout["legend"] = {"orientation": "h", "x": 0, "y": -0.24, "yanchor": "top", "font": {"size": 12}}
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
        "font": {"size": 12, "color": palette.truth},
    }  # fmt: skip
    return shape, note


def interval_band(fused: pd.DataFrame, palette: Palette) -> go.Scatter:
    """The 95 % interval of the fused prediction."""
    known = fused[fused["half"].notna() & fused["value"].notna()]
    x = np.concatenate([known["missing_rate"], known["missing_rate"][::-1]])
    y = np.concatenate([known["value"] - known["half"], (known["value"] + known["half"])[::-1]])
    return go.Scatter(
        x=x.astype(np.float32), y=y.astype(np.float32), fill="toself", mode="none", hoverinfo="skip",
        fillcolor="rgba(128,128,128,0.22)", name="95\u202f% interval of fused, over conversations",
    )  # fmt: skip


def predictor_curve(rows: pd.DataFrame, name: str, metric: str, colour: str, symbol: str, width: float) -> go.Scatter:
    """One predictor's curve."""
    return go.Scatter(
        x=rows["missing_rate"].to_numpy(np.float32), y=rows["value"].to_numpy(np.float32), name=name,
        mode="lines+markers", line={"color": colour, "width": width}, marker={"symbol": symbol, "size": 7 + width},
        customdata=hover_numbers(rows, metric), text=[percent(rate, 1) for rate in rows["missing_rate"]],
        hovertemplate=f"<b>{escape(name)}</b><br>missing rate %{{text}}: %{{customdata}}<extra></extra>",
    )  # fmt: skip


def reference_curve(one: Reference, place: int, metric: str, palette: Palette) -> go.Scatter:
    """A curve from elsewhere: ours dashed, published ones dotted, each with its name and what to know of it on hover."""
    rows = one.of(metric)
    tones = (palette.truth, *palette.spare)
    return go.Scatter(
        x=rows["missing_rate"].to_numpy(np.float32), y=rows["value"].to_numpy(np.float32), name=escape(one.name, 120),
        mode="lines+markers",
        line={"color": tones[place % len(tones)], "dash": "dot" if one.published else "dash", "width": 1.8},
        marker={"symbol": REFERENCE_MARKS[place % len(REFERENCE_MARKS)], "size": 7},
        text=[percent(rate, 1) for rate in rows["missing_rate"]],
        customdata=[metric_value(metric, value) for value in rows["value"]],
        hovertemplate=f"<b>{escape(one.name, 120)}</b><br>missing rate %{{text}}: %{{customdata}}<br>{escape(one.about, 200)}<extra></extra>",
    )  # fmt: skip
