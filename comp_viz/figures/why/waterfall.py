"""What modalities contribute to one utterance, step by step."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.contribution import DOMINANCE, Contribution
from comp_viz.figures.along import escape, hatching
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.figures.why.amounts import explained_amount, explained_unit
from comp_viz.wording import decimal, fitting, percent

ABOUT_WATERFALL = About(
    "The same for the selected utterance: from the prediction with nothing observed, each modality's Shapley value, to the prediction as "
    "observed. Dashed: neutral.",
    "An order: the steps are averages over all orders in which modalities could come.",
)


def waterfall_title(contributions: Contribution, s: int) -> str:
    """From where to where the modalities move one utterance, and how they relate."""
    relation = contributions.relations[s]
    which = f" of {contributions.modalities[contributions.leaders[s]]}" if relation == DOMINANCE else ""
    write = percent if contributions.task.classes else decimal
    start, end = (write(float(x)) for x in (contributions.empty[s], contributions.whole[s]))
    if start == end:
        return f"Utterance {s + 1} stays at {start}, as with nothing observed: {relation}{which}"
    moved = f"Utterance {s + 1} moves from {start} with nothing observed to {end}"
    return fitting(f"{moved}: {relation}{which}", f"{moved}: {relation}")


def waterfall(contributions: Contribution, s: int, span: tuple[float, float], palette: Palette) -> go.Figure:
    """From the prediction with nothing observed to that as observed, one step a modality."""
    colours, marks = modality_colours(palette, contributions.modalities), modality_marks(contributions.modalities)
    write = percent if contributions.task.classes else decimal
    empty, whole, steps = (
        float(contributions.empty[s]),
        float(contributions.whole[s]),
        contributions.values[:, s].astype(float),
    )
    starts = empty + np.concatenate([[0], np.cumsum(steps)[:-1]])
    rows = [f"{marks[u]} {escape(u)}" for u in contributions.modalities]
    bars = go.Bar(
        y=rows, x=steps, base=starts, orientation="h", text=[explained_amount(contributions.task, x, sign=True) for x in steps.tolist()], textposition="outside", cliponaxis=False,
        marker={
            "color": [colours[u] for u in contributions.modalities], "line": {"width": 0},
            "pattern": hatching(palette) | {"shape": ["" if there else "/" for there in contributions.observed[s]]},
        },
        hovertemplate="%{y}: %{text}<extra></extra>", textfont={"color": palette.ink}, showlegend=False,
    )  # fmt: skip
    ends = go.Scatter(
        y=["nothing observed", "as observed"], x=[empty, whole], mode="markers+text", text=[write(x) for x in (empty, whole)],
        textposition="middle right", marker={"symbol": "diamond", "size": 11, "color": palette.ink}, textfont={"color": palette.ink},
        hovertemplate="%{y}: %{text}<extra></extra>", showlegend=False,
    )  # fmt: skip
    layout = base_layout(palette, waterfall_title(contributions, s), 240 + 16 * len(rows), dragmode=False)
    order = ["as observed", *rows[::-1], "nothing observed"]
    layout["yaxis"] = layout["yaxis"] | {"categoryorder": "array", "categoryarray": order, "fixedrange": True}
    layout["xaxis"] = layout["xaxis"] | {"range": list(span), "fixedrange": True, **(percent_ticks(*span) if contributions.task.classes else {}), "title": {"text": explained_unit(contributions.task), "font": {"size": 12}}}  # fmt: skip
    if not contributions.task.classes:
        line = {"color": palette.truth, "dash": "dash", "width": 1.2}
        layout["shapes"] = [{"type": "line", "x0": contributions.task.neutral, "x1": contributions.task.neutral, "y0": 0, "y1": 1, "yref": "paper", "line": line}]  # fmt: skip
    return go.Figure([bars, ends], layout | {"margin": {"l": 8, "r": 8, "t": 8, "b": 8}})


def waterfall_span(contributions: Sequence[Contribution], s: int) -> tuple[float, float]:
    """Where the axis of charts side by side begins and ends."""
    points = [
        one.empty[s] + np.concatenate([[0], np.cumsum(one.values[:, s])]) for one in contributions if s < len(one.ways)
    ] + [np.array([one.task.neutral]) for one in contributions if not one.task.classes]
    low, high = float(np.min(np.concatenate(points))), float(np.max(np.concatenate(points)))
    room = 0.22 * max(high - low, 1e-3)
    return low - room, high + room
