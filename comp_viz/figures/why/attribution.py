"""Attributions: of cells as a matrix along the conversation, of features as bars."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.why.attribution import GRADIENT, INTEGRATED, OCCLUSION, SAMPLING, Attribution
from comp_viz.analysis.why.named_features import feature_label
from comp_viz.data.conversation import Task
from comp_viz.figures.along import along, bars_at, escape, hatching
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.style import Palette, diverging, modality_colours, modality_marks
from comp_viz.figures.why.amounts import explained_amount, explained_unit, precise_amount
from comp_viz.wording import first_upper, fitting, percent

MOST_BARS = 14
GRADIENTS = (
    "Features start from their mean in training, which is zero after standardising, with the missing pattern left as it is; a cell's "
    "attribution is the sum over its features."
)
MASKS = "What is taken away is masked, as a missing entry is, and not set to a mean."
ABOUT_ATTRIBUTION = {
    INTEGRATED: About(
        f"The gradient, integrated along the straight line from the mean to the features. {GRADIENTS}",
        "What happens when a modality is missing: on this line it is there, with mean features.",
        r"(x_i - \bar x_i)\int_0^1 \frac{\partial f(\bar x + \alpha(x - \bar x))}{\partial x_i}\,d\alpha,\qquad \sum_i = f(x) - f(\bar x)",
    ),
    GRADIENT: About(
        f"The gradient at the features times the features. {GRADIENTS}",
        "What larger changes do: it is a linear approximation of the model, and its attributions need not sum to anything.",
        r"x_i\,\frac{\partial f(x)}{\partial x_i}",
    ),
    OCCLUSION: About(
        f"The explained number minus what it is without each cell, one at a time. {MASKS} In conversations of more than 400 cells "
        "neighbouring utterances go missing together.",
        "What cells do together: two that can replace each other both seem to matter little.",
        r"f(\text{all}) - f(\text{all} \setminus \text{cell})",
    ),
    SAMPLING: About(
        f"Shapley values of cells, estimated from random orders in which they come. {MASKS} Cells more than four utterances away come in "
        "blocks and share the block's value; hover for the standard error.",
        "Exact values: with few random orders the standard error is large. The values sum exactly to the change from nothing observed.",
        r"\hat\varphi_i = \frac1R \sum_{r=1}^{R} f(\text{before}_r(i) \cup i) - f(\text{before}_r(i))",
    ),
}
ABOUT_FEATURES = About(
    "The utterance's own features with the largest attributions, by name, in the colour and mark of their modality.",
    "How features act together, or that a large attribution is a cause in the world. A missing modality has no features.",
)
ABOUT_FEATURE_GROUPS = About(
    "The same features in groups by what they measure, each the sum of its features' attributions. Embeddings, and features without names, "
    "are one group.",
    "How much goes on inside a group: attributions of opposite sign cancel in a sum. The saved numbers also have the sum of their sizes.",
)


def cells_title(attribution: Attribution) -> str:
    """The modality with most of the attribution, and how much is on the utterance itself."""
    size = np.abs(attribution.cells)
    if not size.any():
        return "No cell has any attribution"
    shares = size.sum(0) / size.sum()
    top, own = int(shares.argmax()), float(size[attribution.target].sum() / size.sum())
    name = first_upper(attribution.modalities[top])
    sentence = f"{name} holds {percent(float(shares[top]))} of the attribution"
    return f"{sentence}, utterance {attribution.target + 1} itself {percent(own)}" if len(size) > 1 else sentence


def attribution_facts(attribution: Attribution) -> str:
    """What the attributions sum to and whether that is what they should, the other utterance with most, in sentences."""
    others = largest_other_utterance(attribution) if len(attribution.cells) > 1 else ""
    return f"{completeness(attribution)} {others}".rstrip()


def completeness(attribution: Attribution) -> str:
    """What the attributions sum to, and whether that is what they should."""
    total = explained_amount(attribution.task, float(attribution.cells.sum()), sign=True)
    if attribution.method in (GRADIENT, OCCLUSION):
        return f"The attributions sum to {total}; with this method they need not sum to anything."
    start = "features at their mean" if attribution.method == INTEGRATED else "nothing observed"
    count = (
        f"{attribution.steps} steps of the integral"
        if attribution.method == INTEGRATED
        else f"{attribution.steps} random orders"
    )
    mark = "✓ complete" if attribution.missing_sum <= 0.01 else "✗ not complete"
    change = explained_amount(attribution.task, attribution.whole - attribution.start, sign=True)
    return (
        f"{mark}: the attributions sum to {total}, the change from {start} to the prediction is {change}; "
        f"{percent(attribution.missing_sum, 2)} of it is lacking, after {count}."
    )


def largest_other_utterance(attribution: Attribution) -> str:
    """The other utterance with the largest attribution."""
    sums = np.where(np.arange(len(attribution.cells)) == attribution.target, 0, np.abs(attribution.cells).sum(1))
    if not sums.any():
        return "No other utterance has any attribution."
    top = int(sums.argmax())
    amount = explained_amount(attribution.task, float(attribution.cells[top].sum()), sign=True)
    return f"Of the other utterances, {top + 1} has the largest attribution ({amount})."


def features_title(table: pd.DataFrame, task: Task) -> str:
    """The feature with the largest attribution; `table` as `feature_table` gives it."""
    if table.empty:
        return "No feature of this utterance is observed"
    if not table["attribution"].any():
        return "No feature of this utterance has any attribution"
    amount = explained_amount(task, float(table["attribution"].iloc[0]), sign=True)
    return fitting(
        f"Of the utterance's own features, {feature_label(str(table['feature'].iloc[0]))} has the largest attribution: {amount}",
        f"{feature_label(str(table['feature'].iloc[0]))} has the largest attribution: {amount}",
        f"The largest attribution of one of the utterance's own features is {amount}",
    )


def feature_groups_title(groups: pd.DataFrame, task: Task) -> str:
    """The group of features with the largest sum; `groups` as `group_table` gives them."""
    amount = explained_amount(task, float(groups["attribution"].iloc[0]), sign=True)
    return fitting(
        f"Of {len(groups)} groups of features, {groups['group'].iloc[0]} has the largest sum: {amount}",
        f"The largest sum of {len(groups)} groups of features is {amount}",
    )


def attribution_reach(attributions: Sequence[Attribution]) -> float:
    """Where the colour scales of charts side by side end."""
    return max(1e-4, *(float(np.abs(one.cells).max()) for one in attributions))


def cells_chart(
    attribution: Attribution, words: Sequence[str], top: float, selected: int, palette: Palette, title: str
) -> go.Figure:
    """A row for every modality, a cell for every utterance: red where it raises the explained number, else blue."""
    S, M = attribution.cells.shape
    marks = modality_marks(attribution.modalities)
    z = np.where(attribution.observed, attribution.cells, np.nan).T.astype(np.float32)
    u, s = (x.ravel() for x in np.indices((M, S)))
    hover = [
        f"<b>utterance {i + 1}</b> {escape(words[i], 60)}<br>{escape(attribution.modalities[j])}: "
        + (
            f"{precise_amount(attribution.task, float(attribution.cells[i, j]), sign=True)}{error_text(attribution, i, j)}"
            if attribution.observed[i, j]
            else "missing"
        )
        for j, i in zip(u.tolist(), s.tolist(), strict=True)
    ]
    heat = go.Heatmap(
        z=z, x=np.arange(1, S + 1), y=np.arange(M), zmin=-top, zmax=top, colorscale=diverging(palette), hoverinfo="skip", ygap=3, xgap=1 if S < 150 else 0,
        colorbar={"thickness": 10, "nticks": 5, "title": {"text": explained_unit(attribution.task), "side": "right", "font": {"size": 12}}},
    )  # fmt: skip
    missing = [
        bars_at(
            np.flatnonzero(~attribution.observed[:, j]), np.full(int((~attribution.observed[:, j]).sum()), j - 0.45, np.float32),
            np.full(int((~attribution.observed[:, j]).sum()), j + 0.45, np.float32), "y", fillcolor="rgba(0,0,0,0)",
            fillpattern=hatching(palette) | {"fgcolor": palette.truth},
        )
        for j in range(M)
    ]  # fmt: skip
    touch = go.Scatter(
        x=s + 1, y=u, mode="markers", customdata=s, hovertext=hover, hoverinfo="text", showlegend=False,
        marker={"symbol": "square", "size": 16, "color": "rgba(0,0,0,0)"},
    )  # fmt: skip
    layout = along(palette, title, 120 + 46 * M, S, selected)
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(range(M)), "ticktext": [f"{marks[name]} {escape(name)}" for name in attribution.modalities], "range": [M - 0.5, -0.5],
        "showgrid": False, "zeroline": False,
    }  # fmt: skip
    return go.Figure([heat, *missing, touch], layout)


def error_text(attribution: Attribution, s: int, u: int) -> str:
    """The standard error of a cell in words, where there is one."""
    if attribution.error is None:
        return ""
    return f" (standard error {precise_amount(attribution.task, float(attribution.error[s, u]))})"


def feature_bars(table: pd.DataFrame, label: str, task: Task, palette: Palette, title: str) -> go.Figure:
    """The largest attributions as bars in the colour and mark of their modality; `label` names the column of the ticks."""
    rows = table[:MOST_BARS]
    names = tuple(dict.fromkeys(rows["modality"]))
    known = modality_colours(palette, names), modality_marks(names)
    hover = [precise_amount(task, float(x), sign=True) for x in rows["attribution"]]
    labels = [
        f"{known[1][u]} {escape(feature_label(str(x)), 48)}" for u, x in zip(rows["modality"], rows[label], strict=True)
    ]
    bars = go.Bar(
        y=np.arange(len(rows)), x=rows["attribution"].astype(np.float32), orientation="h", showlegend=False, customdata=labels,
        marker={"color": [known[0][u] for u in rows["modality"]], "line": {"width": 0}},
        hovertext=hover, hovertemplate="%{customdata}: %{hovertext}<extra></extra>",
    )  # fmt: skip
    layout = base_layout(palette, title, 90 + 24 * max(len(rows), 3), dragmode=False)
    layout["yaxis"] = layout["yaxis"] | {"tickvals": list(range(len(rows))), "ticktext": labels, "autorange": "reversed", "fixedrange": True, "showgrid": False}  # fmt: skip
    layout["xaxis"] = layout["xaxis"] | {
        "fixedrange": True,
        "zeroline": True,
        "title": {"text": explained_unit(task), "font": {"size": 12}},
    }
    return go.Figure(bars, layout | {"margin": {"l": 8, "r": 8, "t": 8, "b": 8}})
