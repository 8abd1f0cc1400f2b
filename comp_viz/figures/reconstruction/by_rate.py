"""How well each modality is rebuilt over the missing rate."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.reconstruction.by_rate import CHANCE, COSINE, ERROR, RANK
from comp_viz.figures.along import escape
from comp_viz.figures.chart import PERCENT, About, base_layout, percent_ticks
from comp_viz.figures.grid import AxisSpan
from comp_viz.figures.reconstruction.heading import MEASURE_WORDS, change_title
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import decimal, how_many, percent

ABOUT_BY_RATE = About(
    "Over all missing entries of the split: what the method makes of them against their own features, by modality and realised missing rate, the share of all entries; they are missing uniformly at random. The bars are "
    "95 % jackknife intervals over conversations; every rate is drawn several times, and the mean is shown. Dashed is chance, or the mean feature.",
    "Whether predictions are right. Spaces differ between methods (features, embeddings, projections): ranks compare across them, errors and cosines do so only with care. "
    "A mean feature that is already near leaves little to win.",
)
FORMATS = {RANK: percent, COSINE: decimal, ERROR: decimal}  # of a value, in words
OFFSET = (
    0.004  # of missing rate between the marks of neighbouring modalities, so that intervals do not cover each other
)


def rebuilding_span(tables: Sequence[pd.DataFrame], measure: str) -> AxisSpan:
    """The range that holds everything drawn of several tables, chance and the best there can be."""
    best = {RANK: 0.0, COSINE: 1.0, ERROR: 0.0}[measure]
    ends = [table["value"] + sign * table["half"].fillna(0) for table in tables for sign in (-1, 1)]
    values = np.concatenate([[best, CHANCE[measure]], *(end.to_numpy(float) for end in ends)])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.04 * (high - low)
    return low - room, high + room


def rebuilding_chart(
    table: pd.DataFrame, modalities: tuple[str, ...], measure: str, span: AxisSpan, palette: Palette
) -> go.Figure:
    """A measure over the missing rate, a curve a modality; from `rebuilding_by_rate`. Of ranks the nearest is above."""
    colours, marks, symbols = (
        f(modalities) for f in (lambda n: modality_colours(palette, n), modality_marks, modality_symbols)
    )
    form = FORMATS[measure]
    traces = []
    for i, u in enumerate(modalities):
        rows = table[(table["modality"] == u) & table["value"].notna()].sort_values("missing_rate")
        texts = [
            f"missing rate {percent(rate, 1)}: {MEASURE_WORDS[measure]} {form(value)}{f' ± {form(half)} (95{PERCENT})' if np.isfinite(half) else ''}"
            f"<br>{n:,} missing entries a drawing, {how_many(k, 'drawing')}"
            for rate, value, half, n, k in rows[["missing_rate", "value", "half", "entries", "seeds"]].itertuples(
                index=False
            )
        ]
        traces.append(
            go.Scatter(
                x=(rows["missing_rate"] + (i - (len(modalities) - 1) / 2) * OFFSET).to_numpy(np.float32), y=rows["value"].to_numpy(np.float32),
                error_y={"array": rows["half"].fillna(0).to_numpy(np.float32), "thickness": 1.2, "width": 3},
                name=f"{marks[u]} {u}", mode="lines+markers", line={"color": colours[u], "width": 2}, marker={"symbol": symbols[u], "size": 9},
                text=texts, hovertemplate=f"<b>{escape(u)}</b><br>%{{text}}<extra></extra>",
            )
        )  # fmt: skip
    level = "the mean feature" if measure == ERROR else "chance"
    traces.append(
        go.Scatter(x=[0, 0.72], y=[CHANCE[measure]] * 2, name=level, mode="lines", line={"color": palette.truth, "dash": "dash"}, hoverinfo="skip")
    )  # fmt: skip
    layout = base_layout(palette, change_title(table, measure), 400)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [0, 0.72], **percent_ticks(0, 0.7, 8), "fixedrange": True, "zeroline": False,
        "title": {"text": "realised missing rate", "font": {"size": 12}},
    }  # fmt: skip
    better = "nearest above" if measure == RANK else "more is better" if measure == COSINE else "less is better"
    layout["yaxis"] = layout["yaxis"] | {
        "range": list(span[::-1] if measure == RANK else span), "fixedrange": True, "zeroline": False,
        **(percent_ticks(*span) if measure == RANK else {"tickformat": ".2f"}),
        "title": {"text": f"{MEASURE_WORDS[measure]} ({better})", "font": {"size": 12}},
    }  # fmt: skip
    return go.Figure(traces, layout | {"dragmode": False})
