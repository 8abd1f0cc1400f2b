"""Counterfactuals: the cells of a smallest set in the availability matrix, and how far each decision is from another one."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.counterfactual import LOSS, Counterfactual, describe
from comp_viz.analysis.why.fragile import Fragility, describe_distance
from comp_viz.analysis.why.target import explained_unit
from comp_viz.data.conversation import Bools
from comp_viz.figures.along import along, bars_at, escape, hatching
from comp_viz.figures.style import Palette, modality_colours, modality_marks

EDGE = 0.42


def set_chart(found: Counterfactual, words: Sequence[str], selected: int, palette: Palette) -> go.Figure:
    """The availability matrix as it was; cells of the set are ringed, a cross in those lost, a plus in those returned."""
    S, M = found.observed.shape
    colours, marks = modality_colours(palette, found.modalities), modality_marks(found.modalities)
    traces: list[go.Scatter] = []
    for u, name in enumerate(found.modalities):
        there = found.observed[:, u]
        traces += [
            row(there, u, fillcolor=colours[name], opacity=0.75),
            row(~there, u, fillcolor="rgba(0,0,0,0)", fillpattern=hatching(palette) | {"fgcolor": palette.truth}),
        ]
    at = np.array(found.cells, dtype=int).reshape(-1, 2)
    verb = "lost" if found.kind == LOSS else "returned"
    hover = [f"<b>utterance {s + 1}</b> {escape(words[s], 60)}<br>{escape(found.modalities[u])} {verb}" for s, u in at]
    traces.append(
        go.Scatter(
            x=at[:, 0] + 1, y=at[:, 1], mode="markers", name=f"cells {verb}", customdata=at[:, 0], hovertext=hover, hoverinfo="text",
            marker={
                "symbol": "x" if found.kind == LOSS else "cross", "size": 13, "color": palette.ground,
                "line": {"color": palette.mark, "width": 2.5},
            },
        )
    )  # fmt: skip
    layout = along(palette, describe(found), 110 + 40 * M, S, selected, showlegend=False)
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(range(M)), "ticktext": [f"{marks[name]} {escape(name)}" for name in found.modalities], "range": [M - 0.5, -0.5],
        "showgrid": False, "zeroline": False,
    }  # fmt: skip
    return go.Figure(traces, layout)


def row(where: Bools, u: int, **look: object) -> go.Scatter:
    """The cells of one modality that look alike."""
    count = int(where.sum())
    low, high = np.full(count, u - EDGE, np.float32), np.full(count, u + EDGE, np.float32)
    return bars_at(np.flatnonzero(where), low, high, "y", **look)


def fragility_chart(
    found: Fragility, words: Sequence[str], span: tuple[float, float], selected: int, palette: Palette
) -> go.Figure:
    """For every utterance how far its decision is from another one, and what the worst single loss leaves of that."""
    S = len(found.flips)
    x, form = np.arange(1, S + 1), ".0%" if found.task.classes else ".2f"
    hover = [
        f"<b>utterance {s + 1}</b> {escape(words[s], 60)}<br>distance from another decision {found.margin[s]:{form}}<br>after losing "
        f"{escape(found.modalities[found.worst[s, 1]])} of {found.worst[s, 0] + 1}: {found.left[s]:{form}}<br>"
        f"flipped by {found.flips[s]} single losses"
        for s in range(S)
    ]
    same = {"customdata": np.arange(S), "hovertext": hover, "hoverinfo": "text"}
    flips = found.flips > 0
    ways = np.stack([found.margin, found.left, np.full(S, np.nan)], 1).ravel().astype(np.float32)
    traces = [
        go.Scatter(x=np.repeat(x, 3), y=ways, mode="lines", line={"color": palette.truth, "width": 1}, hoverinfo="skip", showlegend=False),
        go.Scatter(
            x=x, y=found.margin.astype(np.float32), mode="markers", name="as observed", marker={"symbol": "diamond-open", "size": 8, "color": palette.ink}, **same,
        ),
        *(
            go.Scatter(
                x=x[where], y=found.left[where].astype(np.float32), mode="markers", name=name, customdata=np.flatnonzero(where),
                hovertext=[hover[s] for s in np.flatnonzero(where)], hoverinfo="text", marker={"symbol": symbol, "size": 9, "color": tone},
            )
            for where, name, symbol, tone in (
                (~flips, "after the worst single loss", "diamond", palette.ink),
                (flips, "flipped by it", "x", palette.positive),
            )
        ),
    ]  # fmt: skip
    line = {"color": palette.truth, "dash": "dash", "width": 1.5}
    zero = {"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": line}
    layout = along(palette, describe_distance(found), 340, S, selected, shapes=[zero])
    layout["yaxis"] = layout["yaxis"] | {"range": list(span), "title": {"text": f"distance, {explained_unit(found.task)}", "font": {"size": 12}}, "nticks": 6}  # fmt: skip
    return go.Figure(traces, layout)


def fragility_span(found: Sequence[Fragility]) -> tuple[float, float]:
    """The axis of charts side by side."""
    values = np.concatenate([x for one in found for x in (one.margin, one.left)])
    low, high = min(0.0, float(values.min())), float(values.max())
    room = 0.06 * max(high - low, 1e-3)
    return low - room, high + room
