"""Whether samples of missing entries spread as widely as they err."""

from collections.abc import Mapping
from math import isnan

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.reconstruction.samples import EntrySamples
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import decimal, fitting, percent

ABOUT_SAMPLES = About(
    "Every missing entry of the conversation: how widely its samples spread (standard deviation) against how far their mean lies from what was recorded, both as root mean squares "
    "over features. Of calibrated samples the marks lie about the dashed line; above it the method is surer than it is right. A click selects an utterance.",
    "Single features: some may be too wide while others are too narrow. Nor whether the mean is a good guess; the other parts of this page say that.",
    r"\mathrm{error}^2 \approx \left(1 + \tfrac{1}{n}\right) \mathrm{spread}^2",
)  # fmt: skip


def samples_title(samples: Mapping[str, EntrySamples]) -> str:
    """Whether samples that spread more err more."""
    some = {u: one for u, one in samples.items() if len(one.utterances)}
    if not some:
        return "Nothing is taken away"
    each = ", ".join(f"{u} {decimal(one.correlation)}" for u, one in some.items() if not isnan(one.correlation))
    if not each:
        return "Too few entries are missing to correlate the spread of samples with their error"
    return fitting(
        f"Rank correlation of spread and error (−1 to 1): {each}",
        f"Correlation of spread and error: {each}",
        "Spread and error of samples",
    )


def samples_sentence(one: EntrySamples) -> str:
    """The calibration of one modality's samples in a sentence; at least one entry is missing."""
    return (
        f"{one.modality}: the truth is {decimal(one.overconfidence)} times as far from the mean of {len(one.drawn)} samples as their spread says (1 if calibrated); "
        f"{percent(one.outside)} of single features lie beyond all samples ({percent(one.outside_expected)} if calibrated)."
    )


def samples_chart(samples: Mapping[str, EntrySamples], palette: Palette) -> go.Figure:
    """Error over spread, a mark an entry, and the line where both agree."""
    modalities = tuple(samples)
    colours, marks, symbols = (
        f(modalities) for f in (lambda n: modality_colours(palette, n), modality_marks, modality_symbols)
    )
    traces = []
    for u, one in samples.items():
        if len(one.utterances):
            traces.append(
                go.Scatter(
                    x=one.spread, y=one.error, mode="markers", name=f"{marks[u]} {u}", marker={"color": colours[u], "symbol": symbols[u], "size": 9},
                    customdata=one.utterances, text=one.utterances + 1,
                    hovertemplate=f"utterance %{{text}}, {u}<br>spread %{{x:.3f}}, error %{{y:.3f}}<extra></extra>",
                )
            )  # fmt: skip
    some = [one for one in samples.values() if len(one.utterances)]
    most = max((float(max(one.spread.max(), one.error.max())) for one in some), default=1.0) * 1.05
    n = len(some[0].drawn) if some else 1
    slope = float(np.sqrt(1 + 1 / n))
    line = {"color": palette.truth, "dash": "dash"}
    traces.append(
        go.Scatter(x=[0, most / slope], y=[0, most], mode="lines", name="calibrated", line=line, hoverinfo="skip")
    )
    layout = base_layout(palette, samples_title(samples), 420)
    axis = {"range": [0, most], "fixedrange": True, "zeroline": False}
    layout["xaxis"] = layout["xaxis"] | axis | {"title": {"text": "spread of the samples (in units of the rebuilt features)", "font": {"size": 12}}}  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | axis | {"title": {"text": "error of their mean", "font": {"size": 12}}}
    return go.Figure(traces, layout | {"dragmode": False})
