"""Performance gap and under-optimisation in our results tables, with intervals over training seeds."""

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.imbalance.gap import METHOD_NAMES, WITHOUT_PROMPTING
from comp_viz.figures.chart import About
from comp_viz.figures.imbalance.curves import TITLE_ENDINGS
from comp_viz.figures.imbalance.dots import dots_chart
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import decimal, fitting, how_many, percent, signed

ABOUT_GAP = About(
    "For every training seed, accuracy of the best modality head minus that of the worst; the mean over seeds with its 95\u202f% interval "
    "(Student). Evaluated on the split, under the missing pattern chosen above.",
    "That a small gap is good: heads can be equally bad. Best minus worst is never below zero, so chance alone gives it some size.",
    r"\mathrm{gap} = \max_u \mathrm{ACC}^u - \min_u \mathrm{ACC}^u",
)
ABOUT_JOINT = About(
    "Accuracy of a modality's head after joint training minus that of the modality trained alone for as many epochs, paired seed by "
    "seed, with the 95\u202f% interval of the mean. Left of zero the modality is under-optimised.",
    "With prompts the head of a modality also draws on the others, so its gain is not its own encoder's. Without prompting the two "
    "numbers compare like with like.",
    r"\mathrm{ACC}^u_{\text{joint}} - \mathrm{ACC}^u_{\text{alone}}",
)


def gap_chart(gaps: pd.DataFrame, palette: Palette) -> go.Figure:
    """Performance gap of every method with its 95 % interval."""
    rows = [
        (METHOD_NAMES[m], mean, half, "diamond", palette.ink)
        for m, mean, half in gaps[["method", "mean", "half"]].to_numpy()
    ]
    hover = [
        f"{METHOD_NAMES[method]}: {best} best, {worst} worst on average<br>gap {points_with_interval(mean, half)}, {how_many(seeds, 'seed')}"
        for method, mean, half, seeds, best, worst in gaps.itertuples(index=False)
    ]
    return dots_chart(rows, hover, gap_title(gaps), "best minus worst,<br>points of accuracy", 100, 0, palette)


def gap_title(gaps: pd.DataFrame) -> str:
    """The gap of every method, in points."""
    means = [
        f"{decimal(100 * mean, 1)} {TITLE_ENDINGS[method]}" for method, mean in gaps[["method", "mean"]].to_numpy()
    ]
    return f"Performance gap in points: {', '.join(means)}" if means else "Performance gap: not measured"


def joint_chart(joint: pd.DataFrame, modalities: tuple[str, ...], palette: Palette) -> go.Figure:
    """Each head after joint training minus alone, with its 95 % interval."""
    colours, marks, symbols = (
        modality_colours(palette, modalities),
        modality_marks(modalities),
        modality_symbols(modalities),
    )
    rows, hover = [], []
    for _, row in joint.iterrows():
        u, method = row["modality"], METHOD_NAMES[row["method"]]
        symbol = symbols[u] + ("-open" if row["method"] == WITHOUT_PROMPTING else "")
        rows.append((f"{marks[u]} {u}, {method}", row["mean"], row["half"], symbol, colours[u]))
        hover.append(
            f"{u}, {method}: jointly {percent(row['joint'], 1)}, alone {percent(row['alone'], 1)}<br>"
            f"difference {points_with_interval(row['mean'], row['half'], True)}, {how_many(row['seeds'], 'seed')}"
        )
    return dots_chart(rows, hover, joint_title(joint), "joint minus alone,<br>points of accuracy", 100, 0, palette)


def joint_title(joint: pd.DataFrame) -> str:
    """How many heads are under-optimised, those whose whole interval lies below zero, and which one most."""
    if joint["half"].isna().all():
        return "With one seed, under-optimisation cannot be told from chance"
    below = joint[joint["mean"] + joint["half"].fillna(np.inf) < 0]
    if below.empty:
        return "No modality is measurably under-optimised with this missing pattern"
    worst = below.iloc[int(below["mean"].to_numpy().argmin())]
    share = f"{len(below)} of {how_many(len(joint), 'head')} {'is' if len(below) == 1 else 'are'} under-optimised"
    size = points_with_interval(-worst["mean"], worst["half"])
    most = "" if len(below) == 1 else "most "
    return fitting(f"{share}: {most}{worst['modality']} {TITLE_ENDINGS[worst['method']]}, by {size}", share)


def points_with_interval(mean: float, half: float, sign: bool = False) -> str:
    """A difference of accuracies in points, with half its interval where one is known."""
    value = signed(100 * mean, 1) if sign else decimal(100 * mean, 1)
    return f"{value} points" if math.isnan(half) else f"{value} ± {100 * half:.1f} points"
