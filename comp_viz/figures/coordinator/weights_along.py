"""Coordinator weights along a conversation (Figure 5 d), and the weight axis that its charts share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.coordinator.weights import WeightSummary
from comp_viz.analysis.prediction import Prediction
from comp_viz.figures.along import along
from comp_viz.figures.chart import About
from comp_viz.figures.style import Palette, modality_colours, modality_symbols
from comp_viz.wording import first_upper, some_of

WeightSpan = tuple[float, float]
WHOLE: WeightSpan = (0.0, 1.0)
WEIGHTS_EQUATION = r"\bar\omega=\mathrm{softmax}\big(\mathrm{MLP}([\bar Z^{a},\bar Z^{t},\bar Z^{v}])\big)\qquad(12,13)"
ABOUT_WEIGHTS = About(
    "The coordinator's weight of each modality for every utterance (the paper's Figure 5 d). They sum to 1; dashed: equal "
    "weights. Open marks: the modality is missing there.",
    "How much a modality matters: its features may be long or short, and the fused head may read them strongly or hardly. "
    "What a modality contributes shows where weights are changed, under Other weights, or where it is taken away, on the Live page.",
    WEIGHTS_EQUATION,
)
ABOUT_WEIGHTS_OF_OTHERS = About(
    "The weight of each modality for every utterance. They sum to 1; dashed: equal weights. Open marks: the modality is "
    "missing there.",
    "How much a modality matters: its features may be long or short, and what reads them may read them strongly or hardly. "
    "What a modality contributes shows where it is taken away, on the pages Live and Why.",
)


def about_weights(comp: bool) -> About:
    """What the chart shows, of ComP's coordinator or of the weights of another method."""
    return ABOUT_WEIGHTS if comp else ABOUT_WEIGHTS_OF_OTHERS


def weights_title(weights: WeightSummary) -> str:
    """The modality with the largest weight in most utterances."""
    leads = weights.by_modality[weights.leader].leads
    return f"{first_upper(weights.leader)} has the largest weight in {some_of(leads, weights.utterances, 'utterance')}"


def weight_axis(palette: Palette, span: WeightSpan) -> dict[str, Any]:
    """An axis of weights over `span`; the title names the ends of one that does not reach from 0 to 1."""
    title = "weight, 0 to 1" if span == WHOLE else f"weight, only {span[0]:.2f} to {span[1]:.2f}"
    reach = 0.02 * (span[1] - span[0])  # so that marks at the ends are whole
    return {
        "range": [span[0] - reach, span[1] + reach],
        "title": {"text": title, "font": {"size": 12}, "standoff": 6},
        "gridcolor": palette.faint,
        "zeroline": False,
        "fixedrange": True,
        "nticks": 6,
    }


def equal_line(palette: Palette, modalities: int, upright: bool = False, **where: Any) -> dict[str, Any]:
    """The dashed line at equal weights, `1/M`."""
    line = {"color": palette.truth, "width": 1.5, "dash": "dash"}
    at = {f"{'x' if upright else 'y'}{i}": 1 / modalities for i in (0, 1)}
    ends = {f"{'y' if upright else 'x'}{i}": float(i) for i in (0, 1)}
    across = {"yref": "paper"} if upright else {"xref": "paper"}
    return {"type": "line", **at, **ends, **across, "line": line, "layer": "below", **where}


def availability_symbols(symbol: str, observed: np.ndarray) -> list[str]:
    """A modality's mark for every utterance: filled where it is observed, open where it is missing."""
    return [symbol if there else f"{symbol}-open" for there in observed]


def modality_legend(names: tuple[str, ...], palette: Palette) -> list[go.Scatter]:
    """The legend of the modalities, with filled marks whatever the first utterance is."""
    colours, symbols = modality_colours(palette, names), modality_symbols(names)
    return [
        go.Scatter(
            x=[None], y=[None], mode="markers", name=name, legendgroup=name, hoverinfo="skip",
            marker={"symbol": symbols[name], "color": colours[name], "size": 9},
        )
        for name in names
    ]  # fmt: skip


def weights_along(
    prediction: Prediction, hover: Sequence[str], span: WeightSpan, selected: int, palette: Palette, title: str
) -> go.Figure:
    """One line for each modality over the utterances, `hover [S]` beside each point."""
    names, S = prediction.modalities, len(prediction.coordinator)
    colours, symbols = modality_colours(palette, names), modality_symbols(names)
    x = np.arange(1, S + 1, dtype=np.float32)
    traces = [
        go.Scatter(
            x=x, y=prediction.coordinator[:, u], name=name, legendgroup=name, showlegend=False, mode="lines+markers",
            line={"color": colours[name], "width": 1.5}, customdata=np.arange(S), hovertext=hover, hoverinfo="text",
            marker={"symbol": availability_symbols(symbols[name], prediction.observed[:, u]), "size": 7 if S < 200 else 4},
        )
        for u, name in enumerate(names)
    ]  # fmt: skip
    layout = along(palette, title, 320, S, selected, shapes=[equal_line(palette, len(names))])
    layout["yaxis"] = layout["yaxis"] | weight_axis(palette, span)
    return go.Figure([*traces, *modality_legend(names, palette)], layout)
