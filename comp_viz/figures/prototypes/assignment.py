"""How utterances draw on prototypes: the assignments along a conversation, their entropy, and what they explain of prompts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.prototypes.assignment import Assignment
from comp_viz.figures.along import along, escape
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import decimal, first_upper, fitting, percent, uniformity

ABOUT_ASSIGNMENT = About(
    "Above, how strongly every utterance draws on the prototypes of which conversation, its own and those of the bank, in multiples of "
    "the uniform weight 1/K. The colours reach to e² and 1/e², the furthest a softmax of cosines can get from uniform weights, so that "
    "what looks uniform is uniform. Below, the normalised entropy of the weights, 1 for uniform ones. The effective number of prototypes "
    "is the exponential of the entropy: so many prototypes of equal weight would be as varied.",
    "Importance: a prototype with twice the weight need not matter twice as much. The missing utterances' rows are real too: the paper's "
    "mask shifts a whole row alike, which leaves a softmax as it was.",
    r"S_l^u = \mathrm{softmax}\big(\cos(Z_l^u, A^u)\big) \quad (7)",
)  # fmt: skip
ABOUT_VARIANCE = About(
    "A fresh prompt is the sum of what the weighted prototypes give and what the utterance's own features give. The bars are the share of "
    "the prompts' variance over the conversation that the first part explains (covariance with the prompt, over its variance); the rest "
    "is the second part's. About 0 means that prototypes add nearly the same to every utterance's prompt.",
    "Whether a constant is useless: it still carries what the training conversations have in common, and training may rely on it. A share "
    "slightly below 0 means that the part varies against the whole.",
    r"\tilde P_l^u = \mathrm{MLP}(S_l^u A^u) + \mathrm{Linear}(Z_l^u) \quad (8)",
)  # fmt: skip

# A softmax of cosines, which lie from -1 to 1, can take a weight no further from the uniform one than these factors.
FURTHEST = (float(np.exp(-2)), float(np.exp(2)))
TICKS = (0.135, 0.5, 1, 2, 4, 7.39)
MOST_CELLS = 150_000  # in the picture; of more prototypes an even selection is drawn
HEAT, ENTROPY = (0.42, 1.0), (0.0, 0.30)  # vertical ranges


def assignment_chart(
    assignments: Mapping[str, Assignment],
    modality: str,
    names: Sequence[str],
    singly: bool,
    words: Sequence[str],
    selected: int,
    palette: Palette,
) -> go.Figure:
    """Above, whose prototypes each utterance of a modality draws on; below, the normalised entropy of every modality's weights.

    `names [1 + bank]` of the conversations, the open one first; `singly` draws every prototype instead of conversations.
    """
    assignment, S = assignments[modality], len(words)
    values, labels = assignment_rows(assignment, names, singly)
    visible = np.unique(np.linspace(0, len(labels) - 1, max(min(len(labels), MOST_CELLS // S), 1)).astype(int))
    layout = along(palette, assignment_title(assignment), 560, S, selected)
    layout["xaxis"] = layout["xaxis"] | {"anchor": "y2"}
    some = "" if len(visible) == len(labels) else f", {len(visible)} of {len(labels)}"
    layout["yaxis"] = layout["yaxis"] | {
        "domain": HEAT, "autorange": "reversed", "showgrid": False, "showticklabels": False, "zeroline": False,
        "title": {"text": f"{'prototypes' if singly else 'conversations'}{some}", "font": {"size": 12}, "standoff": 6},
    }  # fmt: skip
    layout["yaxis2"] = layout["yaxis"] | {
        "domain": ENTROPY, "range": [-0.03, 1.06], "autorange": False, "showgrid": True, "showticklabels": True,
        "title": {"text": "norm. entropy", "font": {"size": 12}},
    }  # fmt: skip
    layout["margin"] = layout["margin"] | {"r": 96}
    heat = go.Heatmap(
        x=np.arange(1, S + 1), y=[escape(labels[i], 40) for i in visible], z=values[:, visible].T.astype(np.float32).round(3),
        zmin=FURTHEST[0], zmax=FURTHEST[1], colorscale=log_scale(palette), name="weight",
        hovertemplate="utterance %{x}, prototypes of %{y}: %{z:.2f} × the uniform weight<extra></extra>",
        colorbar={
            "title": {"text": "× uniform", "side": "right", "font": {"size": 12}}, "thickness": 10, "len": 0.6, "y": 1,
            "yanchor": "top", "x": 1.0, "tickvals": TICKS[1:], "ticktext": [f"{t:.3g}" for t in TICKS[1:]],
        },
    )  # fmt: skip
    layout["yaxis"] |= own_mark(visible, assignment, singly)
    return go.Figure([heat, *entropy_traces(assignments, words, palette)], layout)


def assignment_rows(assignment: Assignment, names: Sequence[str], singly: bool) -> tuple[np.ndarray, list[str]]:
    """What is drawn, `[S, rows]`, and what the rows are."""
    if not singly:
        return assignment.by_conversation, list(names)
    return assignment.relative, [f"{name}, {n + 1}" for name in names for n in range(assignment.per_conversation)]


def own_mark(visible: np.ndarray, assignment: Assignment, singly: bool) -> dict[str, Any]:
    """Ticks that say which rows are the conversation's own."""
    own = int((visible < (assignment.per_conversation if singly else 1)).sum())
    at, names = [(own - 1) / 2, (own + len(visible) - 1) / 2], ["own", "bank"]
    there = 2 if len(visible) > own else 1
    return {"tickvals": at[:there], "ticktext": names[:there], "showticklabels": True, "ticks": "", "type": "category"}


def log_scale(palette: Palette) -> list[list[float | str]]:
    """Diverging colours on a logarithm, the uniform weight in the middle, to the ends a softmax of cosines can reach."""
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


def entropy_traces(assignments: Mapping[str, Assignment], words: Sequence[str], palette: Palette) -> list[go.Scatter]:
    """Normalised entropy of the assignments, a line for every modality."""
    names = tuple(assignments)
    colours, marks, symbols = modality_colours(palette, names), modality_marks(names), modality_symbols(names)
    texts = [escape(text, 60) for text in words]
    return [
        go.Scatter(
            x=np.arange(1, len(words) + 1), y=each.entropy.round(4), yaxis="y2", name=f"{marks[name]} {name}", mode="lines+markers",
            line={"color": colours[name], "width": 1.4}, marker={"symbol": symbols[name], "size": 5},
            customdata=list(range(len(words))), hoverinfo="text",
            hovertext=[
                f"<b>utterance {s + 1}</b> {texts[s]}<br>{name}: draws on {each.effective[s]:.0f} of {each.prototypes} prototypes (effective number), "
                f"normalised entropy {decimal(each.entropy[s], 3)}"
                for s in range(len(words))
            ],
        )
        for name, each in assignments.items()
    ]  # fmt: skip


def assignment_title(assignment: Assignment) -> str:
    """On how many prototypes a modality draws."""
    effective, K = float(assignment.effective.mean()), assignment.prototypes
    spread = uniformity(float(assignment.entropy.mean()))
    return fitting(
        f"{first_upper(assignment.modality)} prompts draw on {effective:.0f} of {K} prototypes (effective number): {spread}",
        f"Prompts draw on {effective:.0f} of {K} prototypes (effective number): {spread}",
    )


def variance_chart(blocks: Sequence[Mapping[str, Assignment]], palette: Palette) -> go.Figure:
    """Share of the fresh prompts' variance along the conversation that prototypes explain, by modality and block."""
    names = tuple(blocks[0])
    colours, marks = modality_colours(palette, names), modality_marks(names)
    traces = []
    for name in reversed(names):
        shares = [float(each[name].explained) for each in blocks]
        traces.append(
            go.Bar(
                y=[f"block {l + 1}" for l in range(len(blocks))], x=shares, orientation="h", name=f"{marks[name]} {name}",
                marker={"color": colours[name]}, text=[f"{marks[name]} {percent(share, 1)}" for share in shares], textposition="outside",
                cliponaxis=False, customdata=[percent(share, 2) for share in shares], hovertemplate="%{y}: %{customdata} explained by prototypes, the rest by the utterance's own features<extra>%{fullData.name}</extra>",
            )
        )  # fmt: skip
    layout = base_layout(palette, variance_title(blocks), 130 + 62 * len(blocks), barmode="group")
    layout["legend"] = layout["legend"] | {"traceorder": "reversed"}
    lowest = min((each.explained for block in blocks for each in block.values() if each.varies), default=0.0)
    ends = (min(0.0, lowest - 0.08 * (lowest < 0)), 1.08)
    title = {"text": "share of the prompts' variance", "font": {"size": 12}}
    layout["xaxis"] = layout["xaxis"] | percent_ticks(*ends) | {"range": ends, "title": title}
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "showgrid": False}
    return go.Figure(traces, layout)


def variance_title(blocks: Sequence[Mapping[str, Assignment]]) -> str:
    """How much of the variance of prompts prototypes explain at most."""
    shares = [
        (each.explained, name, l) for l, block in enumerate(blocks) for name, each in block.items() if each.varies
    ]
    if not shares:
        return "Prompts do not vary between utterances, so there is no variance to explain"
    share, name, l = max(shares)
    if share < 0.1:
        return f"Prototypes explain at most {percent(max(share, 0), 1)} of the variance of prompts between utterances"
    return fitting(
        f"Prototypes explain up to {percent(share)} of the variance of prompts ({name}, block {l + 1})",
        f"Prototypes explain up to {percent(share)} of the variance of prompts",
    )
