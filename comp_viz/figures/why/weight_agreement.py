"""The coordinator's weights against what modalities contribute."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.contribution import Contribution
from comp_viz.analysis.why.weight_agreement import WeightAgreement, weight_agreement
from comp_viz.figures.along import along
from comp_viz.figures.chart import About
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import decimal, some_of

ABOUT_WEIGHT_AGREEMENT = About(
    "Bars: the share that each modality has in all contributions to the fused prediction, sum 1. Line: the weight of the modality, sum 1. "
    "Correlations are Spearman's over the utterances, −1 to 1. Utterances in which nothing contributes are left out of the numbers.",
    "That the weights are wrong: a weight multiplies features before a head that was trained with it, and a small weight on large "
    "features can carry much. It shows that weights must not be read as contributions.",
    r"\frac{|\varphi_u|}{\sum_v |\varphi_v|} \quad\text{against}\quad \bar\omega_u",
)
DISTANCE_HELP = "Half the summed distance of weights and shares, 0 to 1."


def weight_agreement_title(agreement: WeightAgreement) -> str:
    """In how many utterances the modality with the largest weight contributes most."""
    if not agreement.counted:
        return "No modality moves any utterance enough to compare weights with contributions"
    agree = (
        f"Largest weight and largest contribution agree in {some_of(agreement.same, agreement.counted, 'utterance')}"
    )
    return f"{agree} ({agreement.by_chance:,.0f} by chance)" if agreement.counted > 1 else agree


def weight_correlations(agreement: WeightAgreement) -> str:
    """The rank correlation of weight and share of every modality; "" where there is none, as of one utterance."""
    if np.isnan(agreement.correlations).all():
        return ""
    each = (f"{u} {decimal(x)}" for u, x in zip(agreement.modalities, agreement.correlations, strict=True))
    return f"Rank correlation of weight and share of contributions: {', '.join(each)}."


def weight_agreement_chart(
    contributions: Contribution, hover: Sequence[str], selected: int, palette: Palette
) -> go.Figure:
    """A row for every modality: its share of all contributions as bars, the coordinator's weight as a line.

    `hover [S]` stands beside each utterance.
    """
    names, S = contributions.modalities, len(contributions.ways)
    colours, marks, symbols = modality_colours(palette, names), modality_marks(names), modality_symbols(names)
    x, shares, M = np.arange(1, S + 1), contributions.shares, len(names)
    layout = along(
        palette, weight_agreement_title(weight_agreement(contributions)), 90 + 95 * M, S, selected, bargap=0.15
    )
    layout["hovermode"] = "x"
    traces: list[go.Bar | go.Scatter] = []
    for u, name in enumerate(names):
        axis = "y" if u == 0 else f"y{u + 1}"
        title = {"text": f"{marks[name]} {name}", "font": {"size": 12, "color": colours[name]}, "standoff": 4}
        layout["yaxis" + axis[1:]] = layout["yaxis"] | {
            "domain": [1 - (u + 0.86) / M, 1 - u / M], "range": [0, 1.02], "tickvals": [0, 0.5, 1], "title": title, "anchor": "x",
        }  # fmt: skip
        traces += [
            go.Bar(
                y=shares[u].astype(np.float32).round(4), name="share of contributions", marker={"color": colours[name], "opacity": 0.55},
                showlegend=False, x=x, yaxis=axis, hoverinfo="skip",
            ),
            go.Scatter(
                y=contributions.weights[:, u].round(4), mode="lines+markers", line={"color": palette.ink, "width": 1.6}, name="coordinator weight",
                marker={"symbol": symbols[name], "size": 4, "color": palette.ink}, showlegend=False, x=x, yaxis=axis, customdata=np.arange(S), hovertext=hover, hoverinfo="text",
            ),
        ]  # fmt: skip
    traces += [
        go.Scatter(x=[None], y=[None], mode="markers", marker={"symbol": "square", "color": palette.truth, "size": 10}, name="bar: share of all contributions"),
        go.Scatter(x=[None], y=[None], mode="lines", line={"color": palette.ink, "width": 1.6}, name="line: coordinator weight"),
    ]  # fmt: skip
    layout["xaxis"] = layout["xaxis"] | {"anchor": "y" if M == 1 else f"y{M}"}
    return go.Figure(traces, layout)
