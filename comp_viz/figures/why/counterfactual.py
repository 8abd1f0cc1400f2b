"""Counterfactuals: the cells of a smallest set in the availability matrix."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.counterfactual import LOSS, Counterfactual
from comp_viz.analysis.why.smallest_set import SMALLEST
from comp_viz.data.conversation import Bools
from comp_viz.figures.along import along, bars_at, escape, hatching
from comp_viz.figures.chart import About
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.figures.why.amounts import explained_amount
from comp_viz.wording import fitting, how_many

EDGE = 0.42
SEARCH = (
    "Every single cell is tried, then pairs of those that help most (all pairs where there are few), then cells are added one by one, the "
    "most helpful first, and at last every cell that is not needed is taken out again. In a long conversation only the cells nearest to "
    "the utterance are searched; the line below the chart gives their number, and whether every smaller set of them was tried."
)
ABOUT_LOSS = About(
    "The smallest set of observed cells, as far as searched, whose loss flips the decision for the selected utterance: marked with a "
    f"cross. {SEARCH}",
    "That the decision was right before, or that these cells cause it alone: other sets may do the same.",
    r"\min |L| \quad\text{with}\quad \text{decision}(o \setminus L) \ne \text{decision}(o)",
)
ABOUT_RETURN = About(
    "Where the missing pattern changed the decision: the smallest set of missing cells, as far as searched, whose return restores the "
    f"decision that the model makes of the conversation as recorded, marked with a plus. {SEARCH}",
    "That the restored decision is right.",
    r"\min |R| \quad\text{with}\quad \text{decision}(o \cup R) = \text{decision}(\text{as recorded})",
)
MOST_NAMES = 6  # cells that are named


def counterfactual_title(counterfactual: Counterfactual) -> str:
    """How many cells have to be lost or returned for another decision, and whether fewer would do."""
    which, count = f"utterance {counterfactual.target + 1}", len(counterfactual.cells)
    lost = counterfactual.kind == LOSS
    if not counterfactual.needed:
        return f"Nothing to restore: the decision for {which} is that as recorded"
    if not count:
        return f"{'Losing' if lost else 'Returning'} cells does not {'flip' if lost else 'restore'} the decision for {which}, as far as searched"
    sentence = f"{'Losing' if lost else 'Returning'} {cells_text(counterfactual)} {'flips' if lost else 'restores'} the decision for {which}"
    if lost and counterfactual.empties:
        return fitting(f"{sentence}, leaving nothing of it", sentence)
    if lost:
        sentence = fitting(
            f"{sentence}, by {explained_amount(counterfactual.task, counterfactual.crossing[1])}", sentence
        )
    if count == 1:
        return sentence
    fewer = "no smaller set does" if counterfactual.proof == SMALLEST else "a smaller set may exist"
    return fitting(f"{sentence}; {fewer}", sentence)


def cells_text(counterfactual: Counterfactual) -> str:
    """The only cell of a set by name, of several their number."""
    if len(counterfactual.cells) > 1:
        return how_many(len(counterfactual.cells), "cell")
    ((s, u),) = counterfactual.cells
    return f"{counterfactual.modalities[u]} of utterance {s + 1}"


def counterfactual_facts(counterfactual: Counterfactual) -> str:
    """The cells of a set by name, among how many it was searched, and what was tried, in sentences."""
    cells, searched, possible = counterfactual.cells, counterfactual.searched, counterfactual.possible
    among = f"{how_many(searched, 'cell')}{'' if searched == possible else f', the nearest of {possible:,},'}"
    if not cells:
        together = " up to all of them together, the most helpful first" if searched > 1 else ""
        return f"Searched among {among}{together}."
    names = ", ".join(f"{counterfactual.modalities[u]} of {s + 1}" for s, u in cells[:MOST_NAMES])
    more = f" and {len(cells) - MOST_NAMES} more" if len(cells) > MOST_NAMES else ""
    tried = (
        "every smaller set was tried"
        if counterfactual.proof == SMALLEST
        else "each of its cells is needed, but not every smaller set was tried"
    )
    return f"The set: {names}{more}. Searched among {among}: {tried}."


def reservation(counterfactual: Counterfactual, uncertainty: float) -> str:
    """Why the decision does not hang on these lost cells, where it does not; "" where it does, or where there are none."""
    if not counterfactual.cells:
        return ""
    if counterfactual.empties:
        return "They are all that was observed of the utterance, so what is left to decide by are its neighbours."
    size = min(counterfactual.crossing)
    if size > uncertainty:
        return ""
    amount, unsure = (explained_amount(counterfactual.task, x) for x in (size, uncertainty))
    return (
        f"It crosses within its uncertainty: {amount} against {unsure}, how far other single losses move it together."
    )


def counterfactual_chart(
    counterfactual: Counterfactual, words: Sequence[str], selected: int, palette: Palette
) -> go.Figure:
    """The availability matrix as it was; cells of the set are ringed, a cross in those lost, a plus in those returned."""
    S, M = counterfactual.observed.shape
    colours, marks = modality_colours(palette, counterfactual.modalities), modality_marks(counterfactual.modalities)
    traces: list[go.Scatter] = []
    for u, name in enumerate(counterfactual.modalities):
        there = counterfactual.observed[:, u]
        traces += [
            matrix_row(there, u, fillcolor=colours[name], opacity=0.75),
            matrix_row(
                ~there, u, fillcolor="rgba(0,0,0,0)", fillpattern=hatching(palette) | {"fgcolor": palette.truth}
            ),
        ]
    at = np.array(counterfactual.cells, dtype=int).reshape(-1, 2)
    verb = "lost" if counterfactual.kind == LOSS else "returned"
    hover = [
        f"<b>utterance {s + 1}</b> {escape(words[s], 60)}<br>{escape(counterfactual.modalities[u])} {verb}"
        for s, u in at
    ]
    traces.append(
        go.Scatter(
            x=at[:, 0] + 1, y=at[:, 1], mode="markers", name=f"cells {verb}", customdata=at[:, 0], hovertext=hover, hoverinfo="text",
            marker={
                "symbol": "x" if counterfactual.kind == LOSS else "cross", "size": 13, "color": palette.ground,
                "line": {"color": palette.mark, "width": 2.5},
            },
        )
    )  # fmt: skip
    layout = along(palette, counterfactual_title(counterfactual), 110 + 40 * M, S, selected, showlegend=False)
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(range(M)), "ticktext": [f"{marks[name]} {escape(name)}" for name in counterfactual.modalities], "range": [M - 0.5, -0.5],
        "showgrid": False, "zeroline": False,
    }  # fmt: skip
    return go.Figure(traces, layout)


def matrix_row(where: Bools, u: int, **look: object) -> go.Scatter:
    """The cells of one modality that look alike."""
    count = int(where.sum())
    low, high = np.full(count, u - EDGE, np.float32), np.full(count, u + EDGE, np.float32)
    return bars_at(np.flatnonzero(where), low, high, "y", **look)
