"""The rows of the timeline: prediction and truth, modality heads, change, coordinator weights."""

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.live.change import Change
from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Floats
from comp_viz.figures.along import (
    bars_at,
    boxes,
    broken_line,
    hatching,
)
from comp_viz.figures.live.marks import OUTLINES, cross_outline, filled_marks, marked_line
from comp_viz.figures.predictions import CONTEXT_ONLY, NO_PREDICTION
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols


def score_traces(
    here: Prediction, complete: Prediction, labels: Floats, hover: list[str], span: list[float], palette: Palette
) -> list[go.Scatter]:
    """Truth as a thin line with crosses, prediction as a thick one, broken where there is none, and dotted as recorded."""
    x, everywhere = np.arange(1, len(labels) + 1), np.ones(len(labels), dtype=bool)
    return [
        marked_line(cross_outline(len(labels)), x, labels, everywhere, span, "y", name="truth", line={"color": palette.truth, "width": 1}),
        go.Scatter(
            x=x, y=complete.fused[:, 0], name="as recorded", hoverinfo="skip",
            **broken_line(complete.fused[:, 0], {"color": palette.ink, "width": 1.2, "dash": "dot"}),
        ),
        go.Scatter(
            x=x, y=here.fused[:, 0], name="◆ fused prediction", mode="lines+markers", hovertext=hover, hoverinfo="text",
            line={"color": palette.ink, "width": 2.6}, marker={"symbol": "diamond", "size": 6},
        ),
    ]  # fmt: skip


def class_traces(
    here: Prediction, complete: Prediction, labels: Floats, hover: list[str], palette: Palette
) -> list[go.Heatmap | go.Scatter]:
    """Probability of every class, the darker the likelier; truth as a ring, decision as a diamond, an open one as recorded."""
    x, names = np.arange(1, len(labels) + 1), list(here.task.classes)
    known, predicted = ~np.isnan(labels), np.asarray(~np.isnan(here.fused).any(axis=1))
    truth = [names[int(label)] for label in labels[known]]
    before, now = ([names[i] for i in one.fused[predicted].argmax(1)] for one in (complete, here))
    return [
        go.Heatmap(
            x=x, y=names, z=here.fused.T.round(3), zmin=0, zmax=1, showscale=False, hoverinfo="skip",
            colorscale=[[0, palette.ground], [1, palette.mark]],
        ),
        go.Scatter(
            x=x[predicted], y=before, name="as recorded", mode="markers", hoverinfo="skip",
            marker={"symbol": "diamond-open", "size": 11, "color": palette.ink},
        ),
        go.Scatter(
            x=x[known], y=truth, name="truth", mode="markers", hoverinfo="skip",
            marker={"symbol": "circle-open", "size": 11, "color": palette.truth, "line": {"width": 2}},
        ),
        go.Scatter(
            x=x[predicted], y=now, name="◆ fused prediction", mode="markers",
            hovertext=[text for text, there in zip(hover, predicted, strict=True) if there], hoverinfo="text", marker={"symbol": "diamond", "size": 6, "color": palette.ink},
        ),
    ]  # fmt: skip


def absence_traces(here: Prediction, changed: Change, hover: list[str], palette: Palette) -> list[go.Scatter]:
    """In the row of predictions: a grey cross where there is none, and a frame around those from the neighbours only."""
    task, x = here.task, np.arange(1, len(changed.predicted) + 1)
    gone, context = np.flatnonzero(~changed.predicted), np.flatnonzero(changed.from_context)
    middle: object = task.classes[0] if task.classes else task.neutral
    level = [task.classes[i] for i in here.fused[context].argmax(1)] if task.classes else here.fused[context, 0]
    traces = []
    for where, y, name, marker in (
        (
            gone,
            [middle] * len(gone),
            NO_PREDICTION,
            {"symbol": "x-thin", "size": 9, "color": palette.truth, "line": {"width": 1.6, "color": palette.truth}},
        ),
        (
            context,
            level,
            CONTEXT_ONLY,
            {"symbol": "square-open", "size": 13, "color": palette.mark, "line": {"width": 1.6}},
        ),
    ):
        if len(where):
            texts = [hover[s] for s in where.tolist()]
            traces.append(
                go.Scatter(x=x[where], y=y, name=name, mode="markers", hovertext=texts, hoverinfo="text", marker=marker)
            )
    return traces  # fmt: skip


def head_differences(here: Prediction, complete: Prediction, labels: Floats) -> dict[str, Floats]:
    """How far each head is from the fused prediction, `[S]`: heads are often nearly equal, and curves of them would hide it.

    Of classes in the probability of the true one, and where that is unknown, of the one predicted as recorded (`complete`).
    """
    column = np.where(np.isnan(labels), complete.decisions(), labels).astype(int) if here.task.classes else 0
    rows = np.arange(len(labels))
    return {name: values[rows, column] - here.fused[rows, column] for name, values in here.heads.items()}


def head_traces(
    here: Prediction, differences: dict[str, Floats], span: list[float], palette: Palette
) -> list[go.Scatter]:
    """Each head minus the fused prediction: filled marks where its modality was observed, open ones where it was missing.

    All at the very utterance: marks beside one another would look like a delay.
    """
    x = np.arange(1, len(here.fused) + 1)
    colours, marks = modality_colours(palette, here.modalities), modality_marks(here.modalities)
    symbols = modality_symbols(here.modalities)
    traces = []
    for u, (name, y) in enumerate(differences.items()):
        seen, outline, line = (
            here.observed[:, u],
            OUTLINES[symbols[name]],
            {"color": colours[name], "width": 1.1},
        )
        traces.append(marked_line(outline, x, y, ~seen, span, "y2", name=f"{marks[name]} {name}", line=line))
        traces.append(filled_marks(outline, x[seen], y[seen], span, "y2", fillcolor=colours[name]))
    return traces


def difference_traces(changed: Change, palette: Palette) -> list[go.Scatter]:
    """How far the fused prediction moved from that for the conversation as recorded, one colour for each direction."""
    zero = np.zeros_like(changed.difference)
    return [
        boxes(changed.difference < 0, zero, changed.difference, "y3", fillcolor=palette.negative),
        boxes(changed.difference > 0, zero, changed.difference, "y3", fillcolor=palette.positive),
    ]


def coordinator_traces(here: Prediction, palette: Palette) -> list[go.Scatter]:
    """Coordinator weights stacked to 1; hatched where the modality is missing."""
    colours = modality_colours(palette, here.modalities)
    tops = here.coordinator.cumsum(1)
    bottoms = tops - here.coordinator
    every = ~np.isnan(tops).any(1)
    bars = [
        boxes(every, bottoms[:, u], tops[:, u], "y4", fillcolor=colours[name]) for u, name in enumerate(here.modalities)
    ]
    s, u = np.nonzero(~here.observed & every[:, None])
    hatch = {"fillcolor": "rgba(0,0,0,0)", "fillpattern": hatching(palette)}
    return [*bars, bars_at(s, bottoms[s, u], tops[s, u], "y4", **hatch)]


def flip_marks(utterances: np.ndarray, palette: Palette) -> list[dict[str, object]]:
    """A band behind the change of every utterance whose decision flipped."""
    look = {"fillcolor": palette.mark, "opacity": 0.18, "line": {"width": 0}, "layer": "below"}
    return [
        {"type": "rect", "xref": "x", "yref": "y3 domain", "x0": i - 0.5, "x1": i + 0.5, "y0": 0, "y1": 1, **look}
        for i in utterances.tolist()
    ]
