"""How utterances mix prototypes: the assignments along a conversation, and how even they are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.prototypes.assignment import Mixing
from comp_viz.figures.along import along, escape
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols

# A softmax of cosines, which lie from -1 to 1, can take a weight no further from the even share than these factors.
FURTHEST = (float(np.exp(-2)), float(np.exp(2)))
TICKS = (0.135, 0.5, 1, 2, 4, 7.39)
MOST_CELLS = 150_000  # in the picture; of more prototypes an even selection is drawn
HEAT, EVENNESS = (0.42, 1.0), (0.0, 0.30)  # vertical ranges


def mixing_chart(
    mixed: Mapping[str, Mixing],
    modality: str,
    names: Sequence[str],
    singly: bool,
    words: Sequence[str],
    selected: int,
    palette: Palette,
) -> go.Figure:
    """Above, whose prototypes each utterance of a modality draws on; below, how even the mix is, of every modality.

    `names [1 + bank]` of the conversations, the open one first; `singly` draws every prototype instead of conversations.
    """
    shown, S = mixed[modality], len(words)
    values, labels = rows(shown, names, singly)
    drawn = np.unique(np.linspace(0, len(labels) - 1, max(min(len(labels), MOST_CELLS // S), 1)).astype(int))
    layout = along(palette, mixing_title(shown), 560, S, selected)
    layout["xaxis"] = layout["xaxis"] | {"anchor": "y2"}
    some = "" if len(drawn) == len(labels) else f", {len(drawn)} of {len(labels)}"
    layout["yaxis"] = layout["yaxis"] | {
        "domain": HEAT, "autorange": "reversed", "showgrid": False, "showticklabels": False, "zeroline": False,
        "title": {"text": f"{'prototypes' if singly else 'conversations'}{some}", "font": {"size": 12}, "standoff": 6},
    }  # fmt: skip
    layout["yaxis2"] = layout["yaxis"] | {
        "domain": EVENNESS, "range": [-0.03, 1.06], "autorange": False, "showgrid": True, "showticklabels": True,
        "tickformat": ".0%", "title": {"text": "evenness", "font": {"size": 12}},
    }  # fmt: skip
    layout["margin"] = layout["margin"] | {"r": 96}
    heat = go.Heatmap(
        x=np.arange(1, S + 1), y=[escape(labels[i], 40) for i in drawn], z=values[:, drawn].T.astype(np.float32).round(3),
        zmin=FURTHEST[0], zmax=FURTHEST[1], colorscale=log_scale(palette), name="weight",
        hovertemplate="utterance %{x}, prototypes of %{y}: %{z:.2f} × the even share<extra></extra>",
        colorbar={
            "title": {"text": "× even share", "side": "right", "font": {"size": 12}}, "thickness": 10, "len": 0.6, "y": 1,
            "yanchor": "top", "x": 1.0, "tickvals": TICKS[1:], "ticktext": [f"{t:.3g}" for t in TICKS[1:]],
        },
    )  # fmt: skip
    layout["yaxis"] |= own_mark(drawn, shown, singly)
    return go.Figure([heat, *evenness(mixed, words, palette)], layout)


def rows(shown: Mixing, names: Sequence[str], singly: bool) -> tuple[np.ndarray, list[str]]:
    """What is drawn, `[S, rows]`, and what the rows are."""
    if not singly:
        return shown.by_conversation, list(names)
    return shown.times_even, [f"{name}, {n + 1}" for name in names for n in range(shown.each)]


def own_mark(drawn: np.ndarray, shown: Mixing, singly: bool) -> dict[str, Any]:
    """Ticks that say which rows are the conversation's own."""
    own = int((drawn < (shown.each if singly else 1)).sum())
    at, names = [(own - 1) / 2, (own + len(drawn) - 1) / 2], ["own", "bank"]
    there = 2 if len(drawn) > own else 1
    return {"tickvals": at[:there], "ticktext": names[:there], "showticklabels": True, "ticks": "", "type": "category"}


def log_scale(palette: Palette) -> list[list[float | str]]:
    """Diverging colours on a logarithm, the even share in the middle, to the ends a softmax of cosines can reach."""
    low, high = FURTHEST
    steps = np.linspace(-2, 2, 17)
    return [[float(np.clip((np.exp(t) - low) / (high - low), 0, 1)), between(palette, t / 2)] for t in steps]


def between(palette: Palette, value: float) -> str:
    """A colour of the diverging scale, from -1 over neutral at 0 to 1."""
    end = palette.positive if value > 0 else palette.negative
    mixed = [
        round(int(palette.neutral[i : i + 2], 16) * (1 - abs(value)) + int(end[i : i + 2], 16) * abs(value))
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def evenness(mixed: Mapping[str, Mixing], words: Sequence[str], palette: Palette) -> list[go.Scatter]:
    """Entropy of the assignments as a share of its maximum, a line for every modality."""
    names = tuple(mixed)
    colours, marks, symbols = modality_colours(palette, names), modality_marks(names), modality_symbols(names)
    said = [escape(text, 60) for text in words]
    return [
        go.Scatter(
            x=np.arange(1, len(words) + 1), y=each.entropy.round(4), yaxis="y2", name=f"{marks[name]} {name}", mode="lines+markers",
            line={"color": colours[name], "width": 1.4}, marker={"symbol": symbols[name], "size": 5},
            customdata=list(range(len(words))), hoverinfo="text",
            hovertext=[
                f"<b>utterance {s + 1}</b> {said[s]}<br>{name}: {each.effective[s]:.0f} of {each.prototypes} prototypes in effect, "
                f"entropy {each.entropy[s]:.1%} of its maximum"
                for s in range(len(words))
            ],
        )
        for name, each in mixed.items()
    ]  # fmt: skip


def mixing_title(shown: Mixing) -> str:
    """What the chart shows, in a sentence."""
    even, effective, K = float(shown.entropy.mean()), float(shown.effective.mean()), shown.prototypes
    how = "almost evenly" if even > 0.95 else "unevenly" if even > 0.7 else "selectively"
    return f"{shown.modality.capitalize()} mixes prototypes {how}: {effective:.0f} of {K} in effect (entropy {even:.1%} of its maximum)"


def variation_chart(blocks: Sequence[Mapping[str, Mixing]], palette: Palette) -> go.Figure:
    """Share of the fresh prompts' variation along the conversation that comes from prototypes, by modality and block."""
    names = tuple(blocks[0])
    colours, marks = modality_colours(palette, names), modality_marks(names)
    traces = []
    for name in reversed(names):
        shares = [float(each[name].varied) for each in blocks]
        traces.append(
            go.Bar(
                y=[f"block {l + 1}" for l in range(len(blocks))], x=shares, orientation="h", name=f"{marks[name]} {name}",
                marker={"color": colours[name]}, text=[f"{marks[name]} {share:.1%}" for share in shares], textposition="outside",
                cliponaxis=False, hovertemplate="%{y}: %{x:.2%} from prototypes, the rest from the utterance's own features<extra>%{fullData.name}</extra>",
            )
        )  # fmt: skip
    layout = base_layout(palette, variation_title(blocks), 130 + 62 * len(blocks), barmode="group")
    layout["legend"] = layout["legend"] | {"traceorder": "reversed"}
    lowest = min(float(each.varied) for mixed in blocks for each in mixed.values())
    shares_axis = {"range": [min(0.0, lowest - 0.08 * (lowest < 0)), 1.08]}
    layout["xaxis"] = (
        layout["xaxis"]
        | shares_axis
        | {"tickformat": ".0%", "title": {"text": "of the prompts' variation", "font": {"size": 12}}}
    )
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "showgrid": False}
    return go.Figure(traces, layout)


def variation_title(blocks: Sequence[Mapping[str, Mixing]]) -> str:
    """What the chart shows, in a sentence."""
    share, name, l = max((float(m.varied), name, l) for l, each in enumerate(blocks) for name, m in each.items())
    if share < 0.1:
        return f"Prototypes enter the prompts almost as a constant: they make at most {max(share, 0):.1%} of what varies from utterance to utterance"
    return f"Prototypes make up to {share:.0%} of what varies in the prompts from utterance to utterance ({name}, block {l + 1})"


def page_title(blocks: Sequence[Mapping[str, Mixing]]) -> str:
    """In a sentence: how even even the least even mix is, and what prototypes decide."""
    every = [each for mixed in blocks for each in mixed.values()]
    least = min(every, key=lambda each: float(each.entropy.mean()))
    return (
        f"Of {least.prototypes} prototypes an utterance mixes {float(least.effective.mean()):.0f} in effect where it is most selective "
        f"({least.modality}); they make at most {max(0.0, *(each.varied for each in every)):.1%} of what varies in the prompts"
    )
