"""Which other utterances matter for one: the effect of taking each away, beside attention rollout."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.context import Context
from comp_viz.figures.along import along, escape
from comp_viz.figures.chart import About, percent_ticks
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols, sequential
from comp_viz.figures.why.amounts import explained_amount, explained_unit, precise_amount
from comp_viz.wording import decimal, fitting, percent

ABOUT_EFFECTS = About(
    "The effect of each other utterance, how far the prediction for the selected one moves when it goes missing with all its "
    "modalities; red where the utterance raises the explained number, blue where it lowers it. The utterance itself is left out.",
    "What utterances do together.",
    r"|f_i(\text{all}) - f_i(\text{all} \setminus j)|",
)
ABOUT_EFFECTS_AND_ROLLOUT = About(
    "Above: the effect of each other utterance, how far the prediction for the selected one moves when it goes missing with all its "
    "modalities; red where the utterance raises the explained number, blue where it lowers it. Below: attention rollout of each modality "
    "from the selected utterance. The utterance itself is left out of both. The rank correlation, −1 to 1, compares the upper bars with "
    "the mean of the lower lines over the other utterances.",
    "What utterances do together. Rollout follows where attention goes, not what is passed along, and ignores prompts.",
    r"|f_i(\text{all}) - f_i(\text{all} \setminus j)|\quad\text{beside}\quad \frac1M\sum_u R^u_{ij},\; R = \prod_l \tfrac12(\bar A_l + I)",
)
ABOUT_CONTEXT_MAP = About(
    "The same for every prediction: rows are predictions, columns the utterance that is taken away. The scale ends at the largest effect on "
    "another utterance's prediction; the diagonal, an utterance's effect on itself, is often larger.",
    "Signs; they are in the saved numbers.",
)


def about_context(context: Context) -> About:
    """What the chart shows: attention rollout only where the network attends."""
    return ABOUT_EFFECTS if context.rolled is None else ABOUT_EFFECTS_AND_ROLLOUT


def context_title(context: Context, target: int) -> str:
    """The other utterance with the largest effect on a prediction, and that with the largest rollout."""
    top = context.largest_other(target)
    if top is None:
        return f"No other utterance moves the prediction for utterance {target + 1}"
    amount = explained_amount(context.task, float(context.sizes[target, top]))
    sentence = f"Utterance {top + 1} affects utterance {target + 1} most ({amount})"
    if (mean := context.mean_rollout) is None:
        return sentence
    attended = int(np.where(np.arange(len(mean)) == target, -1, mean[target]).argmax())
    named = "it too" if attended == top else f"utterance {attended + 1}"
    return fitting(f"{sentence}; attention rollout names {named}", f"{sentence}; rollout names {named}", sentence)


def rollout_facts(context: Context, target: int) -> str:
    """Whether attention rollout orders the other utterances as their effects do; "" without attention."""
    if context.rolled is None:
        return ""
    return f"Rank correlation of effect and attention rollout over the other utterances: {decimal(context.agreement(target))}."


def context_map_title(context: Context) -> str:
    """The utterance with the largest mean effect on all others."""
    means = context.influences
    top = int(means.argmax())
    if not means[top]:
        return "No utterance moves the prediction for another one"
    return (
        f"Utterance {top + 1} affects the others most: {explained_amount(context.task, float(means[top]))} on average"
    )


def context_chart(
    context: Context, words: Sequence[str], tops: tuple[float, float], selected: int, palette: Palette
) -> go.Figure:
    """Above, how far the prediction moves without each other utterance; below, the rollout of every modality.

    The utterance itself, which moves most, is left out of both so that the others can be seen; its part is in the hover.
    """
    S = len(context.effects)
    names = [f"<b>utterance {i}</b> {escape(text, 60)}" for i, text in enumerate(words, start=1)]
    others = np.arange(S) != selected
    own = f"without itself the prediction moves by {precise_amount(context.task, float(context.sizes[selected, selected]))}"
    effects = np.where(others, context.effects[selected], np.nan).astype(np.float32)
    lowers = np.nan_to_num(effects) < 0
    bars = go.Bar(
        x=np.arange(1, S + 1), y=np.abs(effects), customdata=np.arange(S), text=names, textposition="none", showlegend=False,
        marker={
            "color": np.where(lowers, palette.negative, palette.positive),
            "pattern": {"shape": np.where(lowers, ".", ""), "fgcolor": palette.ground, "fillmode": "overlay", "size": 5},
        },
        hovertext=[f"{n}<br>{own if s == selected else f'adds {precise_amount(context.task, float(effects[s]), sign=True)}'}" for s, n in enumerate(names)], hoverinfo="text",
    )  # fmt: skip
    layout = along(palette, context_title(context, selected), 420, S, selected, bargap=0.15)
    layout["yaxis"] = layout["yaxis"] | {
        "domain": [0.52, 1], "range": [0, tops[0]], "title": {"text": f"effect,<br>{explained_unit(context.task)}", "font": {"size": 12}}, "nticks": 5,
    }  # fmt: skip
    layout["yaxis2"] = layout["yaxis"] | {
        "domain": [0, 0.42], "range": [0, tops[1]], "title": {"text": "rollout,<br>share", "font": {"size": 12}}, "anchor": "x", **percent_ticks(0, tops[1], 4),
    }  # fmt: skip
    layout["xaxis"] = layout["xaxis"] | {"anchor": "y2"}
    key = [
        go.Scatter(x=[None], y=[None], mode="markers", name=word, marker={"symbol": "square", "size": 9, "color": tone})
        for word, tone in (("raises the number", palette.positive), ("lowers it, dotted", palette.negative))
    ]
    return go.Figure([bars, *rollout_lines(context, names, selected, palette), *key], layout)


def rollout_lines(context: Context, names: Sequence[str], selected: int, palette: Palette) -> list[go.Scatter]:
    """One line for every modality with attention."""
    if context.rolled is None:
        return []
    colours, marks, symbols = modality_colours(palette, context.modalities), modality_marks(context.modalities), modality_symbols(context.modalities)  # fmt: skip
    S = len(context.effects)
    others = np.arange(S) != selected
    return [
        go.Scatter(
            x=np.arange(1, S + 1), y=np.where(others, rolled[selected], np.nan).astype(np.float32), yaxis="y2", mode="lines+markers",
            name=f"{marks[u]} rollout of {u}", customdata=np.arange(S), line={"color": colours[u], "width": 1.2},
            hovertext=[f"{name}<br>rollout {percent(float(share), 1)}" for name, share in zip(names, rolled[selected], strict=True)],
            marker={"symbol": symbols[u], "size": 5, "color": colours[u]}, hovertemplate="%{hovertext}<extra></extra>",
        )
        for u, rolled in zip(context.modalities, context.rolled, strict=True)
    ]  # fmt: skip


def context_tops(contexts: Sequence[Context], selected: int) -> tuple[float, float]:
    """Where the axes of charts side by side end."""
    effects, rolled = [1e-4], [1e-4]
    for one in contexts:
        others = np.arange(len(one.effects)) != selected
        if others.any():
            effects.append(1.08 * float(one.sizes[selected, others].max()))
            if one.rolled is not None:
                rolled.append(1.08 * float(one.rolled[:, selected, others].max()))
    return max(effects), max(rolled)


def context_map(context: Context, top: float, selected: int, palette: Palette) -> go.Figure:
    """The whole matrix: rows are predictions, columns the utterances taken away, the darker the further the prediction moves."""
    S = len(context.effects)
    numbers = np.arange(1, S + 1)
    heat = go.Heatmap(
        z=context.sizes.astype(np.float32), x=numbers, y=numbers, zmin=0, zmax=top, colorscale=sequential(palette),
        hovertemplate="prediction of %{y} without %{x}: moves by %{z:.3f}<extra></extra>",
        colorbar={"thickness": 10, "nticks": 5, "title": {"text": explained_unit(context.task), "side": "right", "font": {"size": 12}}},
    )  # fmt: skip
    layout = along(palette, context_map_title(context), 420, S, selected)
    layout["xaxis"] = layout["xaxis"] | {"title": {"text": "utterance taken away", "font": {"size": 12}}}
    layout["yaxis"] = layout["yaxis"] | {"range": [S + 0.5, 0.5], "title": {"text": "prediction of", "font": {"size": 12}}, "showgrid": False}  # fmt: skip
    line = {"color": palette.mark, "width": 1.5}
    row = {"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": selected + 1, "y1": selected + 1, "line": line}  # fmt: skip
    layout["shapes"] = [*layout["shapes"], row]
    return go.Figure(heat, layout)
