"""Deletion and insertion curves of an explanation beside those of other orders."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.faithfulness import Curves
from comp_viz.analysis.why.target import explained_unit
from comp_viz.data.conversation import Floats, Task
from comp_viz.figures.grid import Span, band, cell, grid, line, soft
from comp_viz.figures.style import Palette


def curves_span(found: Sequence[Curves]) -> Span:
    """The axis of the explained number for charts side by side."""
    every = np.concatenate([
        x.ravel() for one in found for x in (one.deletion, one.random_deletion, one.insertion, one.random_insertion)
    ])  # fmt: skip
    room = 0.06 * max(float(np.ptp(every)), 1e-3)
    return float(every.min()) - room, float(every.max()) + room


def curves_chart(found: Curves, shared: Span, task: Task, what: str, palette: Palette, title: str) -> go.Figure:
    """Two small charts on shared axes: the explained number while players go, and while they come back."""
    names = ["taken away", "brought back"]
    figure = grid(
        palette, title, names, 300, f"share of {what}, most supporting first", explained_unit(task), legend=True
    )
    both = ((found.deletion, found.random_deletion), (found.insertion, found.random_insertion))
    for number, (curve, random) in enumerate(both):
        cell(figure, number, *one_curve(found, curve, random, palette, number == 0))
    figure.update_xaxes(tickformat=".0%", tickvals=[0.25, 0.5, 0.75], range=[-0.01, 1.01], fixedrange=True)
    figure.update_yaxes(fixedrange=True, range=shared)
    return figure


def one_curve(found: Curves, curve: Floats, random: Floats, palette: Palette, legend: bool) -> list[go.Scatter]:
    """The explanation's curve, and of other orders the band from lowest to highest and their mean."""
    form = "%{x:.0%}: %{y:.3f}"
    return [
        band(found.share, random.min(0), random.max(0), soft(palette.truth, 0.25), name="other orders, lowest to highest", showlegend=legend),
        line(found.share, random.mean(0), palette.truth, f"other orders, mean {form}", name="other orders, mean", showlegend=legend, line={"color": palette.truth, "dash": "dash", "width": 1.5}),
        line(
            found.share, np.asarray(curve), palette.mark, f"explanation {form}", name="this explanation", showlegend=legend, mode="lines+markers",
            line={"color": palette.mark, "width": 2.5}, marker={"size": 5, "symbol": "diamond"},
        ),
    ]  # fmt: skip
