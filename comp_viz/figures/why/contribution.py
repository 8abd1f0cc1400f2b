"""What modalities contribute along a conversation: signed bars, their sum, and how the modalities relate."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.contribution import CONFLICT, DOMINANCE, NEGLIGIBLE, Contribution
from comp_viz.figures.along import along, escape, hatching
from comp_viz.figures.chart import About
from comp_viz.figures.predictions import NO_PREDICTION, NOTHING_RECORDED
from comp_viz.figures.style import FUSED_MARK, Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.figures.why.amounts import explained_amount, explained_unit
from comp_viz.wording import fitting, how_many, percent

RELATION_SYMBOLS = {CONFLICT: "x-thin", NEGLIGIBLE: "circle-open"}
RELATION_ROW = 0.13  # of the height, for the row of relations
MASKED = "A modality that a coalition leaves out is masked in the whole conversation, as a missing one is."
ABOUT_CONTRIBUTIONS = About(
    "What each modality adds to the explained number of every utterance, from nothing observed to the pattern in force: exact Shapley "
    "values over all coalitions of modalities. The explained number is the score, or the probability of the class decided for. The row "
    "below marks how modalities relate: the weaker side holds a fifth or more against the stronger (conflict, cross), else one holds two "
    "thirds or more of all contributions (dominance, in its mark), else several contribute in the same direction (complement, plus). "
    f"Hatched where the modality is missing: what it adds then comes from its other utterances. {MASKED}",
    "Whether a contribution is right: a modality can carry a wrong decision. Nor what a modality would be worth to a network trained "
    "without the others.",
    r"\varphi_u = \sum_{T \not\ni u} \frac{|T|!\,(M-|T|-1)!}{M!}\,[v(T \cup u) - v(T)],\qquad \sum_u \varphi_u = v(\text{all}) - v(\emptyset)",
)


def contributions_title(contributions: Contribution) -> str:
    """Where modalities together move a prediction most, and where they conflict most."""
    moved, opposed = contributions.whole - contributions.empty, contributions.opposed
    if not contributions.values.any():
        return "The modalities move no utterance"
    top = int(np.abs(moved).argmax())
    amount = explained_amount(contributions.task, float(moved[top]), sign=True)
    conflict = (
        f"they conflict most in utterance {int(opposed.argmax()) + 1}" if opposed.any() else "they never conflict"
    )
    sentence = f"The modalities move utterance {top + 1} most, by {amount}"
    return fitting(f"{sentence}; {conflict}", sentence)


def relation_facts(contributions: Contribution) -> str:
    """How many utterances have each relation of modalities."""
    counts = ", ".join(f"{name} in {count:,}" for name, count in contributions.relation_counts.items())
    return f"Of {how_many(int(contributions.recorded.sum()), 'utterance')}: {counts}."


def contribution_reach(contributions: Sequence[Contribution]) -> float:
    """The largest sum of contributions to one side, in charts side by side, and a little more."""
    sides = [np.maximum(sign * one.values, 0).sum(0).max() for one in contributions for sign in (1, -1)]
    return 1.08 * max(float(max(sides)), 1e-3)


def contributions_along(
    contributions: Contribution, hover: Sequence[str], top: float, selected: int, palette: Palette, title: str
) -> go.Figure:
    """Signed bars stacked for every utterance, their sum as a line, and a row below with how modalities relate.

    `hover [S]` is from `contribution_hovers`.
    """
    names, S = contributions.modalities, len(contributions.ways)
    colours, marks = modality_colours(palette, names), modality_marks(names)
    x = np.arange(1, S + 1)
    traces: list[go.Bar | go.Scatter] = []
    for u, name in enumerate(names):
        traces += contribution_bars(contributions, u, f"{marks[name]} {name}", colours[name], palette)
    whole = (contributions.whole - contributions.empty).round(5)
    traces.append(
        go.Scatter(
            x=x, y=whole, name=f"{FUSED_MARK} sum", mode="lines+markers", customdata=np.arange(S), hovertext=hover, hoverinfo="text",
            line={"color": palette.ink, "width": 1.2}, marker={"symbol": "diamond", "size": 5, "color": palette.ink},
        )
    )  # fmt: skip
    traces += relation_row(contributions, hover, palette)
    layout = along(palette, title, 400, S, selected, barmode="relative", bargap=0.15)
    layout["hovermode"] = "x"  # one hover for the bars of an utterance
    axis_title = f"{explained_unit(contributions.task)}, {'as observed' if contributions.predictor == 'fused' else contributions.predictor + ' head'} minus nothing observed"
    layout["yaxis"] = layout["yaxis"] | {
        "domain": [RELATION_ROW + 0.03, 1], "range": [-top, top], "title": {"text": axis_title, "font": {"size": 12}}, "zeroline": True, "nticks": 6,
    }  # fmt: skip
    layout["yaxis2"] = {
        "domain": [0, RELATION_ROW],
        "visible": False,
        "range": [-0.5, 0.5],
        "fixedrange": True,
        "anchor": "x",
    }
    layout["xaxis"] = layout["xaxis"] | {"anchor": "y2"}
    return go.Figure(traces, layout)


def contribution_bars(contributions: Contribution, u: int, name: str, colour: str, palette: Palette) -> list[go.Bar]:
    """What modality `u` adds: plain where it is observed, hatched where it is missing. The hover of the sum is for all.

    A trace each, with one hatching for all its bars: one for every bar takes a browser a tenth of a second.
    """
    bars: list[go.Bar] = []
    for there, pattern in ((True, {}), (False, hatching(palette))):
        where = np.flatnonzero(contributions.observed[:, u] == there)
        if not len(where):
            continue
        bars.append(
            go.Bar(
                x=where + 1, y=contributions.values[u, where].round(5), name=name, legendgroup=name, showlegend=not bars, hoverinfo="skip",
                marker={"color": colour, "line": {"width": 0}, "pattern": pattern},
            )
        )  # fmt: skip
    return bars


def relation_row(contributions: Contribution, hover: Sequence[str], palette: Palette) -> list[go.Scatter]:
    """One mark an utterance: the dominating modality's own, a plus for complement, a cross for conflict."""
    colours, symbols = modality_colours(palette, contributions.modalities), modality_symbols(contributions.modalities)
    relations, S = np.where(contributions.recorded, contributions.relations, ""), len(contributions.ways)
    kinds = {"complement": (relations == "complement", "cross-thin", palette.ink)}
    kinds |= {word: (relations == word, symbol, palette.ink) for word, symbol in RELATION_SYMBOLS.items()}
    for u, name in enumerate(contributions.modalities):
        where = (relations == DOMINANCE) & (contributions.leaders == u)
        kinds[f"{DOMINANCE} of {name}"] = (where, symbols[name], colours[name])
    return [
        go.Scatter(
            x=np.flatnonzero(where) + 1, y=np.zeros(int(where.sum())), yaxis="y2", mode="markers", name=word, customdata=np.flatnonzero(where),
            hovertext=[hover[s] for s in np.flatnonzero(where).tolist()], hoverinfo="text", showlegend=bool(where.any()),
            marker={"symbol": symbol, "color": tone, "size": 9 if S < 150 else 5, "line": {"color": tone, "width": 1.6}},
        )
        for word, (where, symbol, tone) in kinds.items()
    ]  # fmt: skip


def contribution_hovers(contributions: Contribution, words: Sequence[str]) -> list[str]:
    """Everything known of each utterance's contributions."""
    texts = []
    for s, text in enumerate(words):
        parts = "<br>".join(
            f"{escape(name)} {explained_amount(contributions.task, float(contributions.values[u, s]), sign=True)} ({percent(float(contributions.shares[u, s]))} of all){f', weight {contributions.weights[s, u]:.2f}' if contributions.weighted else ''}"
            for u, name in enumerate(contributions.modalities)
        )
        rest = (
            f"{contributions.relations[s]}<br>{parts}"
            if contributions.recorded[s]
            else f"{NO_PREDICTION}: {NOTHING_RECORDED}"
        )
        texts.append(f"<b>utterance {s + 1}</b> {escape(text, 60)}<br>{rest}")
    return texts
