"""Prompts from block to block: one utterance's prompts, old and new parts, and what another λ does to predictions."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.live.change import Change
from comp_viz.analysis.prediction import Prediction
from comp_viz.analysis.prototypes.momentum import AtMomentum, Blend
from comp_viz.figures.along import along, escape
from comp_viz.figures.chart import base_layout, level
from comp_viz.figures.style import Palette, diverging, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import how_many


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


def prompt_stages(inside: Inside, receiver: str, s: int) -> list[tuple[str, str, np.ndarray]]:
    """(sender, stage, prompt `[p]`) from the first block to the last, sender by sender."""
    found = []
    for i, sender in enumerate(inside.senders(receiver)):
        blocks = len(inside.delivered[receiver])
        for l in range(blocks):
            if l:
                found.append((sender, f"fresh, block {l + 1}", inside.prompts[sender][l][s]))
            found.append((sender, f"delivered, block {l + 1}", inside.delivered[receiver][l][s, i]))
            if l < blocks - 1:
                found.append((sender, f"renewed by block {l + 1}", inside.renewed[receiver][l][s, i]))
    return found


def prompts_title(stages: Sequence[tuple[str, str, np.ndarray]], receiver: str, s: int) -> str:
    """What the chart shows, in a sentence."""
    delivered = [
        (float(np.linalg.norm(p)), sender, stage) for sender, stage, p in stages if stage.startswith("delivered")
    ]
    length, sender, stage = max(delivered)
    return f"The strongest prompt {receiver} receives in utterance {s + 1} is {sender}'s {stage} (length {length:.1f})"


def furthest_entry(insides: Sequence[Inside], receiver: str, s: int) -> float:
    """The largest entry among the prompts of one utterance, so that both sides of a comparison share colours."""
    return max(float(np.abs(prompt).max()) for inside in insides for _, _, prompt in prompt_stages(inside, receiver, s))


def share_chart(
    found: Sequence[Blend], receiver: str, into: str, words: Sequence[str], selected: int, palette: Palette
) -> go.Figure:
    """Share of the old part in what one modality is delivered, along the conversation, a line for every sender."""
    mine = [blend for blend in found if blend.receiver == receiver]
    names = tuple(dict.fromkeys(name for blend in found for name in (blend.receiver, blend.sender)))
    order = tuple(sorted(names, key=lambda name: [b.receiver for b in found].index(name)))
    colours, marks, symbols = modality_colours(palette, order), modality_marks(order), modality_symbols(order)
    traces = [
        go.Scatter(
            x=np.arange(1, len(words) + 1), y=blend.share.round(4), name=f"{marks[blend.sender]} from {blend.sender}",
            mode="lines+markers", line={"color": colours[blend.sender], "width": 1.6},
            marker={"symbol": symbols[blend.sender], "size": 6}, customdata=list(range(len(words))), hoverinfo="text",
            hovertext=[
                f"<b>utterance {s + 1}</b> {escape(words[s], 60)}<br>from {blend.sender}: {blend.share[s]:.0%} old<br>"
                f"lengths: old part {blend.old[s]:.2f}, new part {blend.new[s]:.2f}, delivered {blend.length[s]:.2f}<br>"
                f"cosine of old and new {blend.cosine[s]:.2f}"
                for s in range(len(words))
            ],
        )
        for blend in mine
    ]  # fmt: skip
    lowest = min(0.0, *(float(blend.share.min()) for blend in mine))
    highest = max(1.0, *(float(blend.share.max()) for blend in mine))
    layout = along(palette, share_title(mine, receiver, into), 280, len(words), selected)
    layout["yaxis"] = layout["yaxis"] | {
        "range": [lowest - 0.04, highest + 0.04], "tickformat": ".0%", "title": {"text": "old share", "font": {"size": 12}},
    }  # fmt: skip
    return go.Figure(traces, layout)


def share_title(mine: Sequence[Blend], receiver: str, into: str) -> str:
    """What the chart shows, in a sentence."""
    said = " and ".join(f"{blend.overall:.0%} of those from {blend.sender}" for blend in mine)
    return f"Of the prompts delivered to {receiver}{into}, {said} are old"


def parts_chart(found: Sequence[Blend], into: str, palette: Palette) -> go.Figure:
    """Mean length of the old and the new part for every pair of receiver and sender, with the share of the old one.

    The share stands below the names, where there is room for it however narrow the chart is.
    """
    marks = modality_marks(tuple(dict.fromkeys(blend.receiver for blend in found)))
    pairs = [f"{marks[b.sender]} {b.sender} → {marks[b.receiver]} {b.receiver}" for b in found]
    old, new = [float(b.old.mean()) for b in found], [float(b.new.mean()) for b in found]
    cosines = [float(b.cosine.mean()) for b in found]
    said = [f"{pair}<br>{b.overall:.0%} old, cosine {c:.2f}" for pair, b, c in zip(pairs, found, cosines, strict=True)]
    bars = [
        go.Bar(
            y=pairs, x=old, orientation="h", name="old: λ · renewed", marker={"color": palette.mark, "pattern": {"shape": "/"}},
            hovertemplate="%{y}<br>length of the old part %{x:.2f}<extra></extra>",
        ),
        go.Bar(
            y=pairs, x=new, orientation="h", name="new: (1-λ) · fresh", marker={"color": palette.truth},
            hovertemplate="%{y}<br>length of the new part %{x:.2f}<extra></extra>",
        ),
    ]  # fmt: skip
    layout = base_layout(palette, parts_title(found, into), 120 + 40 * len(found), barmode="stack")
    longest = max((a + b for a, b in zip(old, new, strict=True)), default=1.0)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [0, 1.05 * longest + 1e-6], "title": {"text": "mean length of the parts", "font": {"size": 12}}, "zeroline": False,
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {
        "autorange": "reversed", "showgrid": False, "tickvals": pairs, "ticktext": said, "tickfont": {"size": 12},
    }  # fmt: skip
    return go.Figure(bars, layout)


def parts_title(found: Sequence[Blend], into: str) -> str:
    """What the chart shows, in a sentence."""
    most, least = max(found, key=lambda b: b.overall), min(found, key=lambda b: b.overall)
    return (
        f"Between {least.overall:.0%} ({least.sender} to {least.receiver}) and {most.overall:.0%} ({most.sender} to "
        f"{most.receiver}) of a prompt delivered{into} is old"
    )


def rerun_chart(
    here: Prediction,
    trained: Prediction,
    found: Change,
    momenta: tuple[float, float],
    words: Sequence[str],
    selected: int,
    palette: Palette,
) -> go.Figure:
    """The fused prediction at the λ in force against the trained one; for classes, the probability of the trained decision."""
    x, classes = np.arange(1, len(words) + 1), here.task.classes
    rows, before = np.arange(len(words)), trained.decisions()
    old = trained.fused[rows, before] if classes else trained.fused[:, 0]
    new = old + found.difference
    decided = here.decisions()
    texts = [
        f"<b>utterance {s + 1}</b> {escape(said_words, 60)}<br>λ = {momenta[1]:g}: {old[s]:.2f}, λ = {momenta[0]:g}: {new[s]:.2f}"
        + (
            f"<br>decided {escape(classes[before[s]], 20)}, then {escape(classes[decided[s]], 20)}"
            if classes and found.flipped[s]
            else ""
        )
        for s, said_words in enumerate(words)
    ]
    traces = [
        go.Scatter(
            x=x, y=old.round(4), name=f"trained λ = {momenta[1]:g}", mode="lines", line={"color": palette.truth, "width": 1.4, "dash": "dot"},
            hoverinfo="skip",
        ),
        go.Scatter(
            x=x, y=new.round(4), name=f"◆ λ = {momenta[0]:g}", mode="lines+markers", line={"color": palette.ink, "width": 2.4},
            marker={"symbol": "diamond", "size": 6}, customdata=rows.tolist(), hovertext=texts, hoverinfo="text",
        ),
        go.Scatter(
            x=x[found.flipped], y=new[found.flipped].round(4), name="decision flips", mode="markers", hoverinfo="skip",
            marker={"symbol": "circle-open", "size": 15, "color": palette.mark, "line": {"width": 2}},
        ),
    ]  # fmt: skip
    layout = along(palette, rerun_title(found, momenta, bool(classes)), 300, len(words), selected)
    what = "P(trained decision)" if classes else here.task.name
    layout["yaxis"] = layout["yaxis"] | {"title": {"text": escape(what, 24), "font": {"size": 12}}}
    return go.Figure(traces, layout)


def rerun_title(found: Change, momenta: tuple[float, float], classes: bool) -> str:
    """What the chart shows, in a sentence."""
    if momenta[0] == momenta[1]:
        return f"These are the predictions at λ = {momenta[1]:g}, as trained; move λ to see what depends on it"
    flips, shift = int(found.flipped.sum()), float(np.abs(found.difference).mean())
    unit = " in probability" if classes else ""
    count = f"{flips if flips else 'none'} of {how_many(len(found.flipped), 'prediction')} flip{'s' * (flips == 1)}"
    return f"At λ = {momenta[0]:g} instead of {momenta[1]:g}, {count}; the mean change is {shift:.2f}{unit}"


def momentum_chart(found: Sequence[AtMomentum], trained: float, classes: bool, palette: Palette) -> go.Figure:
    """Mean change of the fused prediction at every λ from 0 to 1."""
    x = [at.momentum for at in found]
    line = go.Scatter(
        x=x, y=[round(at.shift, 5) for at in found], mode="lines+markers", line={"color": palette.ink, "width": 2}, showlegend=False,
        marker={"symbol": "diamond", "size": 8}, hoverinfo="text",
        hovertext=[f"λ = {at.momentum:g}: mean change {at.shift:.3f}, {int(at.change.flipped.sum())} decisions flip{said(at)}" for at in found],
    )  # fmt: skip
    layout = base_layout(palette, momentum_title(found, trained), 260)
    unit = "mean change in probability" if classes else "mean change"
    layout["yaxis"] = layout["yaxis"] | {"rangemode": "tozero", "title": {"text": unit, "font": {"size": 12}}}
    layout["xaxis"] = layout["xaxis"] | {"range": [-0.03, 1.03], "title": {"text": "momentum λ", "font": {"size": 12}}}
    return go.Figure(line, layout | level(palette, trained, f"trained: {trained:g}"))


def said(at: AtMomentum) -> str:
    """The accuracy at a λ, where labels are known."""
    return "" if at.change.accuracy is None else f", accuracy {at.change.accuracy:.0%}"


def momentum_title(found: Sequence[AtMomentum], trained: float) -> str:
    """What the chart shows, in a sentence."""
    most = max(found, key=lambda at: at.shift)
    flips = int(most.change.flipped.sum())
    count = f"{flips if flips else 'none'} of {how_many(len(most.change.flipped), 'decision')} flip{'s' * (flips == 1)}"
    return f"Over all λ, predictions move most at λ = {most.momentum:g}, by {most.shift:.2f} on average; there {count}"


def alike(figures: Sequence[go.Figure], axis: str) -> None:
    """Give the same chart of both sides the same range on its `xaxis` or `yaxis`, wide enough for both."""
    ends = [end for figure in figures for end in figure.layout[axis].range or ends_of(figure, axis[0])]
    for figure in figures:
        figure.layout[axis].range = [min(ends), max(ends)]


def ends_of(figure: go.Figure, axis: str) -> tuple[float, float]:
    """Ends that hold all points of a chart, with a little room."""
    values = np.concatenate([np.asarray(trace[axis], dtype=float) for trace in figure.data])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.06 * max(high - low, 1e-3)
    return low - room, high + room
