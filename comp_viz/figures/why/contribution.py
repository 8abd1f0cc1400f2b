"""What modalities contribute: along the conversation, for one utterance step by step, in pairs, and against the weights."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.contribution import (
    CONFLICT,
    DOMINANCE,
    NOTHING,
    Contribution,
    describe_pairs,
    describe_utterance,
    pair_table,
)
from comp_viz.analysis.why.target import explained_unit
from comp_viz.figures.along import along, escape, hatching
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import FUSED_MARK, Palette, modality_colours, modality_marks, modality_symbols

RELATION_SYMBOLS = {CONFLICT: "x-thin", NOTHING: "circle-open"}
ROOM = 0.13  # of the height, for the row of relations


def reach(found: Sequence[Contribution]) -> float:
    """The largest sum of contributions to one side, in charts side by side, and a little more."""
    sides = [np.maximum(sign * one.values, 0).sum(0).max() for one in found for sign in (1, -1)]
    return 1.08 * max(float(max(sides)), 1e-3)


def contributions_along(
    found: Contribution, hover: Sequence[str], top: float, selected: int, palette: Palette, title: str
) -> go.Figure:
    """Signed bars stacked for every utterance, their sum as a line, and a row below that says how modalities relate.

    `hover` is what `hovers` says of every utterance.
    """
    names, S = found.modalities, len(found.ways)
    colours, marks = modality_colours(palette, names), modality_marks(names)
    x = np.arange(1, S + 1)
    traces: list[go.Bar | go.Scatter] = []
    for u, name in enumerate(names):
        traces += bars_of(found, u, f"{marks[name]} {name}", colours[name], palette)
    whole = (found.whole - found.empty).round(5)
    traces.append(
        go.Scatter(
            x=x, y=whole, name=f"{FUSED_MARK} sum", mode="lines+markers", customdata=np.arange(S), hovertext=hover, hoverinfo="text",
            line={"color": palette.ink, "width": 1.2}, marker={"symbol": "diamond", "size": 5, "color": palette.ink},
        )
    )  # fmt: skip
    traces += relation_row(found, hover, palette)
    layout = along(palette, title, 400, S, selected, barmode="relative", bargap=0.15)
    layout["hovermode"] = "x"  # the sum speaks for the bars of its utterance
    said = f"{explained_unit(found.task)}, {'as observed' if found.predictor == 'fused' else found.predictor + ' head'} less nothing"
    layout["yaxis"] = layout["yaxis"] | {
        "domain": [ROOM + 0.03, 1], "range": [-top, top], "title": {"text": said, "font": {"size": 12}}, "zeroline": True, "nticks": 6,
    }  # fmt: skip
    layout["yaxis2"] = {"domain": [0, ROOM], "visible": False, "range": [-0.5, 0.5], "fixedrange": True, "anchor": "x"}
    layout["xaxis"] = layout["xaxis"] | {"anchor": "y2"}
    return go.Figure(traces, layout)


def bars_of(found: Contribution, u: int, name: str, colour: str, palette: Palette) -> list[go.Bar]:
    """What modality `u` adds: plain where it is observed, hatched where it is missing. The sum says the words for all.

    A trace each, with one hatching for all its bars: one for every bar takes a browser a tenth of a second.
    """
    bars: list[go.Bar] = []
    for there, pattern in ((True, {}), (False, hatching(palette))):
        where = np.flatnonzero(found.observed[:, u] == there)
        if not len(where):
            continue
        bars.append(
            go.Bar(
                x=where + 1, y=found.values[u, where].round(5), name=name, legendgroup=name, showlegend=not bars, hoverinfo="skip",
                marker={"color": colour, "line": {"width": 0}, "pattern": pattern},
            )
        )  # fmt: skip
    return bars


def relation_row(found: Contribution, hover: Sequence[str], palette: Palette) -> list[go.Scatter]:
    """One mark an utterance: the dominating modality's own, a plus for complement, a cross for conflict."""
    colours, symbols = modality_colours(palette, found.modalities), modality_symbols(found.modalities)
    relations, S = found.relations, len(found.ways)
    kinds = {"complement": (relations == "complement", "cross-thin", palette.ink)}
    kinds |= {word: (relations == word, symbol, palette.ink) for word, symbol in RELATION_SYMBOLS.items()}
    for u, name in enumerate(found.modalities):
        where = (relations == DOMINANCE) & (found.leaders == u)
        kinds[f"{DOMINANCE} of {name}"] = (where, symbols[name], colours[name])
    return [
        go.Scatter(
            x=np.flatnonzero(where) + 1, y=np.zeros(int(where.sum())), yaxis="y2", mode="markers", name=word, customdata=np.flatnonzero(where),
            hovertext=[hover[s] for s in np.flatnonzero(where).tolist()], hoverinfo="text", showlegend=bool(where.any()),
            marker={"symbol": symbol, "color": tone, "size": 9 if S < 150 else 5, "line": {"color": tone, "width": 1.6}},
        )
        for word, (where, symbol, tone) in kinds.items()
    ]  # fmt: skip


def hovers(found: Contribution, words: Sequence[str]) -> list[str]:
    """Everything known of each utterance's contributions."""
    form = "+.0%" if found.task.classes else "+.2f"
    said = []
    for s, text in enumerate(words):
        parts = "<br>".join(
            f"{escape(name)} {found.values[u, s]:{form}} ({found.shares[u, s]:.0%} of all), weight {found.weights[s, u]:.2f}"
            for u, name in enumerate(found.modalities)
        )
        said.append(f"<b>utterance {s + 1}</b> {escape(text, 60)}<br>{found.relations[s]}<br>{parts}")
    return said


def waterfall(found: Contribution, s: int, span: tuple[float, float], palette: Palette) -> go.Figure:
    """From the prediction with nothing observed to that as observed, one step a modality."""
    colours, marks = modality_colours(palette, found.modalities), modality_marks(found.modalities)
    form = ".0%" if found.task.classes else ".2f"
    empty, whole, steps = float(found.empty[s]), float(found.whole[s]), found.values[:, s].astype(float)
    starts = empty + np.concatenate([[0], np.cumsum(steps)[:-1]])
    rows = [f"{marks[u]} {escape(u)}" for u in found.modalities]
    signed = f"+{form}"
    bars = go.Bar(
        y=rows, x=steps, base=starts, orientation="h", text=[f"{x:{signed}}" for x in steps], textposition="outside", cliponaxis=False,
        marker={
            "color": [colours[u] for u in found.modalities], "line": {"width": 0},
            "pattern": hatching(palette) | {"shape": ["" if there else "/" for there in found.observed[s]]},
        },
        hovertemplate="%{y}: %{text}<extra></extra>", textfont={"color": palette.ink}, showlegend=False,
    )  # fmt: skip
    ends = go.Scatter(
        y=["nothing observed", "as observed"], x=[empty, whole], mode="markers+text", text=[f"{x:{form}}" for x in (empty, whole)],
        textposition="middle right", marker={"symbol": "diamond", "size": 11, "color": palette.ink}, textfont={"color": palette.ink},
        hovertemplate="%{y}: %{text}<extra></extra>", showlegend=False,
    )  # fmt: skip
    layout = base_layout(palette, describe_utterance(found, s), 240 + 16 * len(rows), dragmode=False)
    order = ["as observed", *rows[::-1], "nothing observed"]
    layout["yaxis"] = layout["yaxis"] | {"categoryorder": "array", "categoryarray": order, "fixedrange": True}
    layout["xaxis"] = layout["xaxis"] | {"range": list(span), "fixedrange": True, "tickformat": form if found.task.classes else "", "title": {"text": explained_unit(found.task), "font": {"size": 12}}}  # fmt: skip
    if not found.task.classes:
        line = {"color": palette.truth, "dash": "dash", "width": 1.2}
        layout["shapes"] = [{"type": "line", "x0": found.task.neutral, "x1": found.task.neutral, "y0": 0, "y1": 1, "yref": "paper", "line": line}]  # fmt: skip
    return go.Figure([bars, ends], layout | {"margin": {"l": 8, "r": 8, "t": 8, "b": 8}})


def waterfall_span(found: Sequence[Contribution], s: int) -> tuple[float, float]:
    """Where the axis of charts side by side begins and ends."""
    points = [
        one.empty[s] + np.concatenate([[0], np.cumsum(one.values[:, s])]) for one in found if s < len(one.ways)
    ] + [np.array([one.task.neutral]) for one in found if not one.task.classes]
    low, high = float(np.min(np.concatenate(points))), float(np.max(np.concatenate(points)))
    room = 0.22 * max(high - low, 1e-3)
    return low - room, high + room


def pairs_of(found: Contribution, s: int) -> list[float]:
    """The interaction of every pair towards the decision in utterance `s`, in the order of `pair_table`."""
    table, number = pair_table(found), {name: u for u, name in enumerate(found.modalities)}
    return [
        float(found.pairs[number[a], number[b], s] * found.ways[s])
        for a, b in zip(table["first"], table["second"], strict=True)
    ]


def pairs_span(found: Sequence[Contribution], s: int) -> tuple[float, float]:
    """Where the axis of interactions of charts side by side begins and ends."""
    ends = [0.0, *(x for one in found for x in (*pair_table(one)["interaction"], *pairs_of(one, s)))]
    room = 0.08 * max(max(ends) - min(ends), 1e-3)
    return min(ends) - room, max(ends) + room


def pairs_chart(found: Contribution, s: int, span: tuple[float, float], palette: Palette) -> go.Figure:
    """The interaction of every pair towards the decision: the mean of all utterances as a bar, the one in hand as a mark."""
    table, marks = pair_table(found), modality_marks(found.modalities)
    rows = [
        f"{marks[a]} {escape(a)} and {marks[b]} {escape(b)}"
        for a, b in zip(table["first"], table["second"], strict=True)
    ]
    form = ".1%" if found.task.classes else ".2f"
    said = [
        f"synergy in {a:.0%}, redundancy in {b:.0%} of utterances"
        for a, b in zip(table["synergy"], table["redundancy"], strict=True)
    ]
    traces = [
        go.Bar(
            y=rows, x=table["interaction"], orientation="h", name="mean of the conversation", customdata=said,
            marker={"color": palette.truth}, hovertemplate=f"%{{y}}: %{{x:+{form}}}<br>%{{customdata}}<extra></extra>",
        ),
        go.Scatter(
            y=rows, x=pairs_of(found, s), mode="markers", name=f"utterance {s + 1}", marker={"symbol": "diamond", "size": 11, "color": palette.mark},
            hovertemplate=f"utterance {s + 1}, %{{y}}: %{{x:+{form}}}<extra></extra>",
        ),
    ]  # fmt: skip
    layout = base_layout(palette, describe_pairs(found), 150 + 40 * len(rows), dragmode=False)
    layout["xaxis"] = layout["xaxis"] | {"range": list(span), "fixedrange": True, "zeroline": True, "title": {"text": f"← redundancy · {explained_unit(found.task)} · synergy →", "font": {"size": 12}}}  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {"fixedrange": True, "autorange": "reversed"}
    return go.Figure(traces, layout)
