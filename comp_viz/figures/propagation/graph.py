"""The graphs of a method on a conversation: the neighbours of one utterance with their shares, and all by distance."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.propagation.graph import UtteranceGraph
from comp_viz.figures.along import along, escape
from comp_viz.figures.chart import PERCENT, About, base_layout, heat_of_shares
from comp_viz.figures.style import Palette, sequential
from comp_viz.wording import percent

GRAPH_TERMS = (
    "Utterances are the nodes. Each hears those before and after it within a window, and itself, along edges of several kinds with a matrix of its own for each. "
    "The share of a neighbour is the length of its message among all that an utterance hears."
)
ABOUT_NEIGHBOURS = About(
    "The selected utterance and those it hears, in the order of the conversation, each speaker on a line. A line leads from a neighbour to the selected utterance; its width and the number are the "
    "share of the neighbour's message in the length of all, before they are added; the style of a line is the kind of its edge. The ring is what the utterance hears of itself.",
    "What becomes of messages afterwards: they are added, may cancel, and pass a recurrence that reads the whole conversation. The network is not told who speaks unless it was "
    "trained with speakers: the lines of speakers are those of the data.",
    r"\mathrm{share}_{ij} = \frac{|W_r u_j| / |N_r(i)|}{\sum_k |W_{r(k)} u_k| / |N_{r(k)}(i)|}",
)
ABOUT_DISTANCES = About(
    "For every utterance, a column, the share of each neighbour by how far away it is: rows above the middle are later utterances, below are earlier ones, the middle is itself. Blank: beyond "
    "the ends of the conversation.",
    "Which words or modalities are in a message. Shares say how long messages are, not what they change.",
)
DASHES = ("solid", "dot", "dash", "dashdot", "longdash")
WIDEST = 14  # pixels of a share of one


def graph_heading(graphs: Mapping[str, UtteranceGraph]) -> str:
    """How much utterances hear of themselves, in each graph."""
    each = ", ".join(f"{percent(float(one.own.mean()))} ({one.name})" for one in graphs.values())
    return f"Of all that an utterance hears, its own message is {each}"


def neighbours_title(graph: UtteranceGraph, s: int) -> str:
    """Whom an utterance hears most."""
    others = [one for one in graph.neighbours(s) if one[0] != s]
    if not others:
        return f"In the graph of {graph.name}, utterance {s + 1} hears nobody else"
    j, kind, share = max(others, key=lambda one: one[2])
    return f"In the graph of {graph.name}, utterance {s + 1} hears {j + 1} most: {percent(share)} ({kind})"


def neighbours_chart(
    graph: UtteranceGraph, words: Sequence[str], speakers: Sequence[str], selected: int, palette: Palette
) -> go.Figure:
    """The neighbours of the selected utterance on lines of their speakers, and what each gives it."""
    edges = graph.neighbours(selected)
    shown = sorted({j for j, *_ in edges})
    lanes = list(dict.fromkeys(speakers[j] for j in shown))
    height = {j: float(lanes.index(speakers[j])) for j in shown}
    traces = [
        edge_line(
            (j, height[j]),
            (selected, height[selected]),
            share,
            DASHES[graph.relations.index(kind) % len(DASHES)],
            palette,
        )
        for j, kind, share in edges
        if j != selected
    ]
    share_of = {j: (kind, share) for j, kind, share in edges}
    traces.append(
        go.Scatter(
            x=[j + 1 for j in shown], y=[height[j] for j in shown], mode="markers+text", showlegend=False, customdata=shown,
            text=[percent(share_of[j][1]) for j in shown], textposition="top center", textfont={"size": 13, "color": palette.ink},
            marker={
                "size": [18 if j == selected else 13 for j in shown], "color": [palette.mark if j == selected else palette.ground for j in shown],
                "line": {"color": palette.ink, "width": [1 + WIDEST / 2 * share_of[j][1] if j == selected else 2 for j in shown]},
            },
            hovertext=[
                f"<b>utterance {j + 1}</b> {escape(speakers[j], 30)}: {escape(words[j], 60)}<br>{share_of[j][0]}, {percent(share_of[j][1], 1)} of what is heard" for j in shown
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )  # fmt: skip
    traces += [
        go.Scatter(x=[None], y=[None], mode="lines", name=kind, line={"color": palette.ink, "width": 2, "dash": DASHES[r % len(DASHES)]})
        for r, kind in enumerate(graph.relations)
        if any(kind == of for j, of, _ in edges if j != selected)
    ]  # fmt: skip
    layout = base_layout(palette, neighbours_title(graph, selected), 170 + 60 * len(lanes))
    layout["xaxis"] = layout["xaxis"] | {
        "range": [shown[0] + 0.4, shown[-1] + 1.6], "dtick": 1, "fixedrange": True, "showgrid": False, "zeroline": False,
        "title": {"text": "utterance", "font": {"size": 12}},
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(range(len(lanes))), "ticktext": [f"speaker {escape(lane, 20)}" if lane else "speaker unknown" for lane in lanes], "range": [-0.7, len(lanes) - 0.3], "fixedrange": True,
        "zeroline": False,
    }  # fmt: skip
    return go.Figure(traces, layout | {"dragmode": False, "showlegend": True})


def edge_line(
    start: tuple[int, float], end: tuple[int, float], share: float, dash: str, palette: Palette
) -> go.Scatter:
    """An edge as an arc below the line of utterances, as wide as its share."""
    way = np.linspace(0, 1, 21)
    x = start[0] + 1 + (end[0] - start[0]) * way
    y = start[1] + (end[1] - start[1]) * way - 0.12 * abs(end[0] - start[0]) * 4 * way * (1 - way)
    return go.Scatter(
        x=x.astype(np.float32), y=y.astype(np.float32), mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": palette.mark, "width": 1 + WIDEST * share, "dash": dash}, opacity=0.75,
    )  # fmt: skip


def distances_chart(graph: UtteranceGraph, selected: int, palette: Palette) -> go.Figure:
    """Shares of all neighbours: columns utterances, rows how far away the neighbour is."""
    shares = np.where(graph.relation >= 0, graph.shares, np.nan).T  # [K, S]
    names = ["itself" if o == 0 else f"{abs(o)} {'later' if o > 0 else 'earlier'}" for o in graph.offsets.tolist()]
    K, S = shares.shape
    top = float(np.nanmax(shares))
    drawn = heat_of_shares(shares, top, 4)
    heat = go.Heatmap(
        drawn, x=np.arange(1, S + 1), y=names, colorscale=sequential(palette), colorbar=drawn["colorbar"] | {"thickness": 10}, ygap=1,
        hovertemplate=f"utterance %{{x}} hears the one %{{y}}: %{{z:.1f}}{PERCENT}<extra></extra>",
    )  # fmt: skip
    layout = along(palette, distances_title(graph), 150 + 26 * K, S, selected)
    layout["yaxis"] = layout["yaxis"] | {"type": "category", "showgrid": False}
    return go.Figure([heat], layout)


def distances_title(graph: UtteranceGraph) -> str:
    """Whether those before or those after are heard more, on average."""
    there = graph.relation >= 0
    earlier, later = (
        float(graph.shares[:, side][there[:, side]].sum() / len(graph.shares))
        for side in (graph.offsets < 0, graph.offsets > 0)
    )
    own = float(graph.own.mean())
    return f"Graph of {graph.name}: {percent(earlier)} is heard of earlier utterances, {percent(own)} of itself, {percent(later)} of later ones"
