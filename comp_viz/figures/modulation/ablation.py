"""The effect of the gradient modulator on finished models: differences with intervals, the paper's beside them, dashed."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.results import DATASET_NAMES
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.style import Palette
from comp_viz.wording import how_many, percent, signed

ABOUT_MODULATOR_EFFECT = About(
    "Accuracy of the fused prediction with the modulator minus that without it, all else equal, for finished models of our ablation: mean over "
    "training seeds, paired, with the 95\u202f% interval of that mean. Dashed: the difference of the same two rows in the paper's Table 3.",
    "The same experiment twice. The published numbers are of other recordings, features and splits, of epochs chosen on the "
    "test split, and of single runs as far as the paper says.",
    r"\Delta = \mathrm{ACC}_{\mathrm{KP+PG+Cr+GM}} - \mathrm{ACC}_{\mathrm{KP+PG+Cr}}",
)


def modulator_effect_chart(ours: pd.DataFrame, published: pd.DataFrame, name: str, palette: Palette) -> go.Figure:
    """`ours` as of `modulator_effect`, with 95 % intervals, `published` as of `published_modulator_effect`, in points of ACC."""
    hover = [
        f"missing rate {row.rate:.2f}<br>with {percent(row['with'], 1)}, without {percent(row.without, 1)}<br>"
        f"difference {signed(100 * row['mean'])} ± {100 * row.half:.2f} points, {how_many(row.seeds, 'seed')}"
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
                name=f"as published, {DATASET_NAMES.get(str(dataset), dataset)}: other data, chosen on the test split",
                mode="lines",
                line={"color": palette.truth, "width": 2, "dash": "dash"},
                hovertemplate="missing rate %{x}: published difference %{y:+.2f} points<extra></extra>",
            )
        )
    layout = base_layout(palette, modulator_effect_title(ours), 320)
    rates = [*ours["rate"], *published["rate"]]
    layout["xaxis"] = layout["xaxis"] | {
        "range": [min(rates) - 0.02, max(rates) + 0.02], "title": {"text": "missing rate, uniform protocol", "font": {"size": 12}},
    }  # fmt: skip
    what = {"text": "accuracy with minus without the modulator, points", "font": {"size": 12}}
    layout["yaxis"] = layout["yaxis"] | {"title": what, "zeroline": True, "zerolinecolor": palette.truth}
    return go.Figure(traces, layout)


def modulator_effect_title(ours: pd.DataFrame) -> str:
    """Whether the modulator has a measurable effect on accuracy, in a sentence."""
    if ours["half"].isna().all():
        return "With one seed each, an effect of the modulator cannot be told from chance"
    clear = ours[ours["mean"].abs() > ours["half"]]
    largest = ours.iloc[int(ours["mean"].abs().argmax())]
    size = f"{signed(100 * largest['mean'])} ± {100 * largest['half']:.2f} points"
    if clear.empty:
        return f"The modulator has no measurable effect on accuracy: at most {size}"
    return f"The modulator changes accuracy at {len(clear)} of {how_many(len(ours), 'missing rate')}, at most by {size}"
