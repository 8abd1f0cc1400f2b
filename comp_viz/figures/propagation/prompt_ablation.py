"""Prompt ablation: what removing own features or a prompt changes, as a Sankey and along the conversation."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.propagation.prompt_ablation import PromptAblation
from comp_viz.figures.along import along, boxes, escape, hatching
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.grid import soft
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import decimal, fitting, percent

ABOUT_ABLATION = About(
    "From left to right: what a receiver's output owes to its own features (same colour) and to each prompt it is delivered. A link is as "
    "wide as the change when exactly that is removed and the model runs again: zeros for the prompt in every block, or for the own "
    "features where they enter the first. Features change by a share of their norm, predictions by label units, or by the probability "
    "that goes to other classes. When two are compared, both are drawn to one scale.",
    "Parts of a whole: sources act together and can stand in for each other, so the changes need not add up to anything. Zeros are "
    "something the model hardly met in training. Own features still reach the others as prompts, and those return in later blocks.",
    r"\frac{\lVert \bar Z^u - \bar Z^u_{\text{without } P^{vu}} \rVert}{\lVert \bar Z^u \rVert},\qquad "
    r"G_0 = \mathrm{Linear}([Z^u, P^{vu}, P^{wu}])\ \text{(eq. 3)}",
)  # fmt: skip
ABOUT_ABLATION_ALONG = About(
    "The same changes utterance by utterance, one row a receiver, hatched where it is missing: solid for its own features, dotted for "
    "prompts, in colour and mark of the sender. A click selects an utterance.",
    "Where a change comes from along the conversation: a prompt of another utterance reaches this one by attention and counts here too.",
)
WHAT_CHANGES = {
    "features": "features",
    "heads": "head predictions",
    "fused": "fused predictions",
}  # measure -> what changes


def total_change(ablation: PromptAblation, measure: str, where: str) -> float:
    """All widths together and a little more, which two charts side by side are drawn to: both then have the invisible link."""
    return 1.02 * float(np.nansum(ablation.mean(ablation.changes(measure), where)))


def ablation_chart(ablation: PromptAblation, measure: str, where: str, whole: float, palette: Palette) -> go.Figure:
    """Sources on the left, receivers on the right, links as wide as the measured change; `whole` is what fills the height.

    What remains up to `whole` is an invisible link, so that widths of two charts side by side can be compared.
    """
    M, means = len(ablation.modalities), ablation.mean(ablation.changes(measure), where)
    colours, marks = modality_colours(palette, ablation.modalities), modality_marks(ablation.modalities)
    v, u = (x.ravel() for x in np.meshgrid(np.arange(M), np.arange(M)))  # u varies slowest, as means is raveled
    texts = [link_text(ablation, where, int(a), int(b)) for a, b in zip(u, v, strict=True)]
    rest = max(whole - float(np.nansum(means)), 0)
    tones = [soft(colours[ablation.modalities[b]], 0.75 if a == b else 0.45) for a, b in zip(u, v, strict=True)]
    names = [f"{marks[name]} {name}" for name in ablation.modalities]
    nodes = [colours[name] for name in ablation.modalities]
    clear = "rgba(0,0,0,0)"
    sankey = go.Sankey(
        node={
            "label": [*names, *(f"{name}, propagated" for name in names), "", ""], "color": [*nodes, *nodes, clear, clear],
            "line": {"width": 0}, "pad": 22, "thickness": 16, "hoverinfo": "none",
        },
        link={
            "source": [*v, 2 * M], "target": [*(u + M), 2 * M + 1], "value": [*np.nan_to_num(means).ravel(), rest],
            "color": [*tones, clear], "customdata": [*texts, ""], "hovertemplate": "%{customdata}<extra></extra>",
        },
        textfont={"color": palette.ink, "size": 13}, arrangement="snap",
    )  # fmt: skip
    layout = base_layout(palette, ablation_title(ablation, measure, where), 340)
    return go.Figure(sankey, layout | {"margin": {"l": 8, "r": 8, "t": 12, "b": 16}})


def change_words(ablation: PromptAblation, measure: str, value: float) -> str:
    """A change as text: a share of the norm of features, of the probability, or label units."""
    return percent(value) if measure == "features" or ablation.task.classes else decimal(value)


def ablation_title(ablation: PromptAblation, measure: str, where: str) -> str:
    """What removing own features changes on average, and what removing a prompt does."""
    means = ablation.mean(ablation.changes(measure), where)
    own, prompts = np.eye(len(means), dtype=bool), ~np.eye(len(means), dtype=bool)
    if np.isnan(means).all():
        return f"Nothing to measure: no utterance has its {where}"
    by_own, by_prompt = (change_words(ablation, measure, float(np.nanmean(means[kind]))) for kind in (own, prompts))
    return fitting(
        f"Removing own features changes {WHAT_CHANGES[measure]} by {by_own} on average, a prompt by {by_prompt}",
        f"Removing own features changes {WHAT_CHANGES[measure]} by {by_own}, a prompt by {by_prompt}",
    )


def ablation_along_title(ablation: PromptAblation, measure: str) -> str:
    """Whether removing a prompt changes more where the receiver is missing."""
    prompts, values = ~np.eye(len(ablation.modalities), dtype=bool), ablation.changes(measure)
    observed, missing = (
        values[prompts[:, :, None] & rows.T[:, None]] for rows in (ablation.observed, ~ablation.observed)
    )
    if not len(observed) or not len(missing):
        return f"Removing a prompt changes {WHAT_CHANGES[measure]} by {change_words(ablation, measure, float(values[prompts].mean()))} on average"
    here, there = (change_words(ablation, measure, float(x.mean())) for x in (missing, observed))
    what = "features" if measure == "features" else "predictions"
    return fitting(
        f"Removing a prompt changes {what} by {here} where the receiver is missing, {there} elsewhere",
        f"Removing a prompt changes {here} where its receiver is missing, {there} elsewhere",
    )


def link_text(ablation: PromptAblation, where: str, u: int, v: int) -> str:
    """All that was measured of one link."""
    receiver, sender = (escape(ablation.modalities[i]) for i in (u, v))
    what = f"{receiver}'s own features" if u == v else f"the prompt {sender} → {receiver}"
    features, cosine, heads, fused, flips = (
        float(ablation.mean(x, where)[u, v])
        for x in (ablation.features, ablation.cosine, ablation.heads, ablation.fused, ablation.flipped)
    )
    of_head, of_fused = (
        f"{percent(x)} of the probability" if ablation.task.classes else f"{decimal(x)} label units"
        for x in (heads, fused)
    )
    return (
        f"<b>Without {what}</b><br>{receiver}'s features change by {percent(features)} of their norm (cosine {decimal(cosine)})"
        f"<br>{receiver}'s own prediction by {of_head}<br>the fused prediction by {of_fused}, "
        f"{percent(flips)} of decisions flip"
    )


def ablation_along_chart(
    ablation: PromptAblation, measure: str, words: Sequence[str], top: float, selected: int, palette: Palette
) -> go.Figure:
    """A row for every receiver: what removing each source changes, utterance by utterance, from 0 to `top`."""
    S, M = ablation.observed.shape
    colours, marks, symbols = modality_colours(palette, ablation.modalities), modality_marks(ablation.modalities), modality_symbols(ablation.modalities)  # fmt: skip
    shares = measure == "features" or bool(ablation.task.classes)
    words_of = percent if shares else decimal
    names = [f"<b>utterance {i}</b> {escape(text, 60)}" for i, text in enumerate(words, start=1)]
    height = 1 / M
    layout = along(palette, ablation_along_title(ablation, measure), 90 + 130 * M, S, selected)
    traces: list[go.Scatter] = []
    for u, receiver in enumerate(ablation.modalities):
        axis = "y" if u == 0 else f"y{u + 1}"
        title = {
            "text": f"{marks[receiver]} {receiver}",
            "font": {"size": 12, "color": colours[receiver]},
            "standoff": 4,
        }
        layout["yaxis" + axis[1:]] = layout["yaxis"] | {
            "domain": [1 - (u + 0.86) * height, 1 - u * height], "range": [0, top], "title": title, "nticks": 4,
            **(percent_ticks(0, top, 4) if shares else {}), "gridcolor": palette.faint, "anchor": "x",
        }  # fmt: skip
        missing = ~ablation.observed[:, u]
        look = {"fillcolor": "rgba(0,0,0,0)", "fillpattern": hatching(palette) | {"fgcolor": palette.faint}}
        traces.append(boxes(missing, np.zeros(S, np.float32), np.full(S, top, np.float32), axis, **look))
        for v, sender in enumerate(ablation.modalities):
            changes = ablation.changes(measure)[u, v]
            without = f"without {source_words(receiver, sender)}"
            traces.append(
                go.Scatter(
                    x=np.arange(1, S + 1), y=changes.astype(np.float32), yaxis=axis, mode="lines+markers",
                    name=f"{marks[sender]} {sender}", legendgroup=sender, showlegend=u == 0, customdata=np.arange(S), hoverinfo="text",
                    hovertext=[f"{name}<br>{without}: {words_of(float(change))}" for name, change in zip(names, changes, strict=True)],
                    line={"color": colours[sender], "width": 1.2, "dash": "solid" if u == v else "dot"},
                    marker={"symbol": symbols[sender], "size": 5, "color": colours[sender]},
                )
            )  # fmt: skip
    layout["xaxis"] = layout["xaxis"] | {"anchor": "y" if M == 1 else f"y{M}"}
    return go.Figure(traces, layout)


def source_words(receiver: str, sender: str) -> str:
    """What is removed, in words for a hover."""
    return (
        f"{escape(receiver)}'s own features"
        if receiver == sender
        else f"the prompt {escape(sender)} → {escape(receiver)}"
    )


def highest_change(ablations: Sequence[PromptAblation], measure: str) -> float:
    """Where the axes of charts side by side end: a little above the largest change at any utterance."""
    return 1.05 * max([1e-3, *(float(one.changes(measure).max()) for one in ablations)])
