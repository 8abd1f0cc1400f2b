"""What the gradient modulator is worth in finished models: differences with intervals, the paper's beside them, dashed."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette


def effect_chart(ours: pd.DataFrame, published: pd.DataFrame, name: str, palette: Palette) -> go.Figure:
    """`ours` of `analysis.effect.effect` with 95 % intervals, `published` of `published_effect`, in points of ACC."""
    hover = [
        f"missing rate {row.rate:.2f}<br>with {row['with']:.1%}, without {row.without:.1%}<br>"
        f"difference {100 * row['mean']:+z.2f} ± {100 * row.half:.2f} points, {row.seeds} seeds"
        for _, row in ours.iterrows()
    ]
    half = (100 * ours["half"]).to_numpy(np.float32)
    traces = [
        go.Scatter(
            x=ours["rate"], y=100 * ours["mean"], name=f"our results table, {name}", mode="lines+markers",
            line={"color": palette.ink, "width": 2.4}, marker={"symbol": "diamond", "size": 10},
            error_y={"type": "data", "array": half, "color": palette.ink, "thickness": 1.5, "width": 6},
            hovertext=hover, hoverinfo="text",
        )
    ]  # fmt: skip
    for dataset, rows in published.groupby("dataset", sort=False):
        traces.append(
            go.Scatter(
                x=rows["rate"],
                y=100 * rows["mean"],
                name=f"as published, {dataset}: other data, chosen on the test split",
                mode="lines",
                line={"color": palette.truth, "width": 2, "dash": "dash"},
                hovertemplate="missing rate %{x}: published difference %{y:+.2f} points<extra></extra>",
            )
        )
    layout = base_layout(palette, effect_title(ours), 320)
    rates = [*ours["rate"], *published["rate"]]
    layout["xaxis"] = layout["xaxis"] | {
        "range": [min(rates) - 0.02, max(rates) + 0.02], "title": {"text": "missing rate, uniform protocol", "font": {"size": 12}},
    }  # fmt: skip
    what = {"text": "ACC with less without, points", "font": {"size": 12}}
    layout["yaxis"] = layout["yaxis"] | {"title": what, "zeroline": True, "zerolinecolor": palette.truth}
    return go.Figure(traces, layout)


def effect_title(ours: pd.DataFrame) -> str:
    """Whether the modulator moved anything, in a sentence."""
    if ours["half"].isna().all():
        return "One seed with the modulator and one without: whether it moves accuracy cannot be said"
    clear = ours[ours["mean"].abs() > ours["half"]]
    largest = ours.iloc[int(ours["mean"].abs().argmax())]
    size = (
        f"{100 * largest['mean']:+z.2f} ± {100 * largest['half']:.2f} points at a missing rate of {largest['rate']:.1f}"
    )
    if clear.empty:
        return f"In our results the modulator moves accuracy by nothing measurable: at most {size}"
    return f"In our results the modulator moves accuracy measurably at {len(clear)} of {len(ours)} rates, at most by {size}"
