"""Prompts from block to block: those one utterance receives, and how much of each is old and how much new."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.prototypes.momentum import PromptMomentum, prompt_stages
from comp_viz.figures.along import along, escape
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.style import Palette, diverging, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import decimal, fitting, percent

MOMENTUM_EQUATION = r"P_{l+1}^{vu} = \lambda \bar P_l^{vu} + (1-\lambda) \tilde P_{l+1}^{v} \quad (9)"


ABOUT_PROMPTS = About(
    "The prompts one modality receives in the selected utterance, entry by entry, on their way: fresh, delivered to a block, renewed by it, "
    "mixed with the next fresh one, delivered again.",
    "What an entry means: entries have no names, and a block's first layer may weigh them as it likes. How much of the output depends on "
    "a prompt is measured on the Propagation page.",
    MOMENTUM_EQUATION,
)


ABOUT_OLD_SHARE = About(
    "How much of each delivered prompt is old: the projection of λ times the renewed prompt on the delivered one, over its squared norm. "
    "The rest is new, and both add up to 100 %.",
    "Anything about the output. Below 0 % or above 100 % the two parts point against each other.",
    r"\mathrm{old} = \frac{\langle \lambda \bar P, P\rangle}{\langle P, P\rangle},\quad P = \lambda \bar P + (1-\lambda) \tilde P",
)


ABOUT_OLD_NEW = About(
    "Mean norm of λ times the renewed prompt and of (1−λ) times the fresh one, for every pair of sender and receiver; below their names, "
    "the share of the delivered prompts that is old over the whole conversation, and the mean cosine of the two parts.",
    "The norm of what is delivered, which is smaller than both together unless the cosine is 1.",
    MOMENTUM_EQUATION,
)


def prompts_chart(inside: Inside, receiver: str, selected: int, palette: Palette, furthest: float) -> go.Figure:
    """The prompts one modality receives in one utterance, from block to block: rows are stages, columns the `p` entries.

    Colours reach from `-furthest` to `furthest`.
    """
    stages = prompt_stages(inside, receiver, selected)
    marks = modality_marks(inside.modalities)
    labels = [f"{marks[sender]} {sender}: {stage}" for sender, stage, _ in stages]
    values = np.stack([prompt for _, _, prompt in stages]).astype(np.float32)
    heat = go.Heatmap(
        z=values.round(4), y=labels, x=np.arange(1, values.shape[1] + 1), zmin=-furthest, zmax=furthest, ygap=2, xgap=1,
        colorscale=diverging(palette), hovertemplate="%{y}, entry %{x}: %{z:.3f}<extra></extra>",
        colorbar={"thickness": 10, "title": {"text": "value", "side": "right"}},
    )  # fmt: skip
    layout = base_layout(palette, prompts_title(stages, receiver, selected), 110 + 26 * len(stages))
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "showgrid": False}
    layout["xaxis"] = layout["xaxis"] | {
        "title": {"text": "entry of the prompt", "font": {"size": 12}},
        "showgrid": False,
    }
    return go.Figure(heat, layout)


def prompts_title(stages: Sequence[tuple[str, str, np.ndarray]], receiver: str, s: int) -> str:
    """Which prompt delivered to one modality in one utterance, counted from 0, has the largest norm."""
    delivered = [
        (float(np.linalg.norm(p)), sender, stage) for sender, stage, p in stages if stage.startswith("delivered")
    ]
    norm, sender, stage = max(delivered)
    largest = f"In utterance {s + 1}, the longest prompt {receiver} receives is from {sender}"
    return fitting(
        f"{largest}, {stage.removeprefix('delivered, ')}: norm {decimal(norm, 1)}",
        f"{largest}: norm {decimal(norm, 1)}",
    )


def old_share_chart(
    pairs: Sequence[PromptMomentum], receiver: str, block: int, words: Sequence[str], selected: int, palette: Palette
) -> go.Figure:
    """Share of the old part in what one modality receives in a block, counted from 1, along the conversation; a line a sender."""
    received = [pair for pair in pairs if pair.receiver == receiver]
    names = tuple(dict.fromkeys(name for pair in pairs for name in (pair.receiver, pair.sender)))
    order = tuple(sorted(names, key=lambda name: [b.receiver for b in pairs].index(name)))
    colours, marks, symbols = modality_colours(palette, order), modality_marks(order), modality_symbols(order)
    traces = [
        go.Scatter(
            x=np.arange(1, len(words) + 1), y=pair.share.round(4), name=f"{marks[pair.sender]} from {pair.sender}",
            mode="lines+markers", line={"color": colours[pair.sender], "width": 1.6},
            marker={"symbol": symbols[pair.sender], "size": 6}, customdata=list(range(len(words))), hoverinfo="text",
            hovertext=[
                f"<b>utterance {s + 1}</b> {escape(words[s], 60)}<br>from {pair.sender}: {percent(pair.share[s])} old<br>"
                f"norms: old part {decimal(pair.old[s])}, new part {decimal(pair.new[s])}, delivered {decimal(pair.norm[s])}<br>"
                f"cosine of old and new {decimal(pair.cosine[s])}"
                for s in range(len(words))
            ],
        )
        for pair in received
    ]  # fmt: skip
    lowest = min(0.0, *(float(pair.share.min()) for pair in received))
    highest = max(1.0, *(float(pair.share.max()) for pair in received))
    layout = along(palette, old_share_title(received, receiver, block), 280, len(words), selected)
    layout["yaxis"] = layout["yaxis"] | {
        "range": [lowest - 0.04, highest + 0.04], **percent_ticks(lowest - 0.04, highest + 0.04), "title": {"text": "old share", "font": {"size": 12}},
    }  # fmt: skip
    return go.Figure(traces, layout)


def old_share_title(received: Sequence[PromptMomentum], receiver: str, block: int) -> str:
    """How much of what one modality receives in a block, counted from 1, is old."""
    shares = " and ".join(f"{percent(pair.overall)} from {pair.sender}" for pair in received)
    overall = [pair.overall for pair in received]
    return fitting(
        f"Of what {receiver} receives in block {block}, {shares} is old",
        f"Of what {receiver} receives in block {block}, {percent(min(overall))} to {percent(max(overall))} is old",
        f"{percent(min(overall))} to {percent(max(overall))} of the prompts received in block {block} is old",
    )


def old_new_chart(pairs: Sequence[PromptMomentum], block: int, palette: Palette) -> go.Figure:
    """Mean norm of the old and the new part for every pair of receiver and sender, with the share of the old one.

    The share stands below the names, where there is room for it however narrow the chart is.
    """
    marks = modality_marks(tuple(dict.fromkeys(pair.receiver for pair in pairs)))
    names = [f"{marks[b.sender]} {b.sender} → {marks[b.receiver]} {b.receiver}" for b in pairs]
    old, new = [float(b.old.mean()) for b in pairs], [float(b.new.mean()) for b in pairs]
    cosines = [float(b.cosine.mean()) for b in pairs]
    labels = [
        f"{name}<br>{percent(b.overall)} old, cosine {decimal(c)}"
        for name, b, c in zip(names, pairs, cosines, strict=True)
    ]
    bars = [
        go.Bar(
            y=names, x=old, orientation="h", name="old: λ · renewed", marker={"color": palette.mark, "pattern": {"shape": "/"}},
            hovertemplate="%{y}<br>norm of the old part %{x:.2f}<extra></extra>",
        ),
        go.Bar(
            y=names, x=new, orientation="h", name="new: (1−λ) · fresh", marker={"color": palette.truth},
            hovertemplate="%{y}<br>norm of the new part %{x:.2f}<extra></extra>",
        ),
    ]  # fmt: skip
    layout = base_layout(palette, old_new_title(pairs, block), 120 + 40 * len(pairs), barmode="stack")
    longest = max((a + b for a, b in zip(old, new, strict=True)), default=1.0)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [0, 1.05 * longest + 1e-6], "title": {"text": "mean norm of the parts", "font": {"size": 12}}, "zeroline": False,
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {
        "autorange": "reversed", "showgrid": False, "tickvals": names, "ticktext": labels, "tickfont": {"size": 12},
    }  # fmt: skip
    return go.Figure(bars, layout)


def old_new_title(pairs: Sequence[PromptMomentum], block: int) -> str:
    """Between which shares of a prompt delivered into a block, counted from 1, are old."""
    most, least = max(pairs, key=lambda b: b.overall), min(pairs, key=lambda b: b.overall)
    low, high = percent(least.overall), percent(most.overall)
    return fitting(
        f"Prompts into block {block} are {low} ({least.sender} → {least.receiver}) to {high} ({most.sender} → {most.receiver}) old",
        f"Prompts into block {block} are {low} to {high} old",
    )
