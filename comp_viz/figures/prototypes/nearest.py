"""Which utterances the prototypes of a conversation lie nearest to."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.prototypes.nearest import Neighbours
from comp_viz.data.conversation import Floats, Task
from comp_viz.figures.along import escape
from comp_viz.figures.chart import base_layout
from comp_viz.figures.emotions import emotion_looks
from comp_viz.figures.style import Palette


def neighbours_chart(
    found: Neighbours,
    task: Task,
    labels: Floats,
    texts: Sequence[str],
    picked: int,
    title: str,
    palette: Palette,
) -> go.Figure:
    """Cosines of the nearest utterances of every prototype, in colour and mark of the label; `labels [c, k]`, `texts [c·k]`.

    A short line marks the median of all utterances. `picked` counts from 0.
    """
    c, k = found.cosines.shape
    x = (np.arange(c)[:, None] + 1 + np.linspace(-0.3, 0.3, k)).ravel()
    y, said = found.cosines.ravel(), np.array(texts, dtype=object)
    traces = []
    for name, rows, (colour, symbol) in label_kinds(task, labels.ravel(), palette):
        if rows.any():
            traces.append(
                go.Scatter(
                    x=x[rows].astype(np.float32), y=y[rows].round(4), name=name, mode="markers", hoverinfo="text",
                    hovertext=[f"{escape(text)}<br>cosine {v:.2f}, {name}" for text, v in zip(said[rows], y[rows], strict=True)],
                    marker={"color": colour, "symbol": symbol, "size": 11, "line": {"width": 1, "color": palette.ground}},
                )
            )  # fmt: skip
    middle = np.stack([found.typical, found.typical, np.full(c, np.nan)], 1).ravel()
    ends = (np.arange(c)[:, None] + 1 + np.array([-0.4, 0.4, np.nan])).ravel()
    traces.append(
        go.Scatter(x=ends, y=middle, mode="lines", name="median of all utterances", line={"color": palette.truth, "width": 2}, hoverinfo="skip")
    )  # fmt: skip
    layout = base_layout(palette, title, 330, hovermode="closest")
    band = {"type": "rect", "x0": picked + 0.5, "x1": picked + 1.5, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    layout["shapes"] = [band | {"fillcolor": palette.mark, "opacity": 0.12, "line": {"width": 0}}]
    layout["yaxis"] = layout["yaxis"] | {"range": [-1.05, 1.05], "title": {"text": "cosine", "font": {"size": 12}}}
    layout["xaxis"] = layout["xaxis"] | {
        "range": [0.4, c + 0.6], "tickvals": list(range(1, c + 1)), "title": {"text": "prototype", "font": {"size": 12}}, "showgrid": False,
    }  # fmt: skip
    return go.Figure(traces, layout)


def label_kinds(task: Task, labels: Floats, palette: Palette) -> list[tuple[str, np.ndarray, tuple[str, str]]]:
    """(name, which, colour and mark): the classes, or for scores the sides of neutral; last the unlabelled."""
    sides = (labels < task.neutral, labels == task.neutral, labels > task.neutral)
    which = [labels == i for i in range(len(task.classes))] if task.classes else [*sides]
    looks = emotion_looks(palette, task.classes)
    return [
        (escape(name, 24), rows, look)
        for (name, look), rows in zip(looks.items(), [*which, np.isnan(labels)], strict=True)
    ]


def neighbours_title(modality: str, number: int, conversation: str, utterance: int, found: Neighbours) -> str:
    """What the chart shows of one prototype, counted from 0, in a sentence."""
    return (
        f"Prototype {number + 1} of {modality} lies nearest to utterance {utterance} of {conversation}, at cosine "
        f"{found.cosines[number, 0]:.2f}; the median utterance is at {found.typical[number]:.2f}"
    )
