"""Which utterances the prototypes of a conversation lie nearest to."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.prototypes.nearest import NearestUtterances
from comp_viz.data.conversation import Floats, Task
from comp_viz.figures.along import escape
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.emotions import emotion_looks
from comp_viz.figures.style import Palette
from comp_viz.wording import decimal, first_upper, fitting

ABOUT_NEAREST = About(
    "The encoded utterances nearest to every prototype, by cosine, the measure by which utterances weigh prototypes. They are looked for "
    "in the training conversations the bank was made from; entries a modality lacks are left out. The line is the median of all utterances.",
    "What a prototype consists of. It is a nonlinear compression along the sequence, not a mean of some utterances: it need not lie "
    "close to any, and where the highest cosine is far below 1, it does not. The words are those of neighbours, not its meaning.",
    r"A^u = \mathrm{MLP}_{S \to c \to c}(Z^{u\top}) \quad (6)",
)  # fmt: skip


def nearest_chart(
    nearest: NearestUtterances,
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
    c, k = nearest.cosines.shape
    x = (np.arange(c)[:, None] + 1 + np.linspace(-0.3, 0.3, k)).ravel()
    y, hovers = nearest.cosines.ravel(), np.array(texts, dtype=object)
    traces = []
    for name, rows, (colour, symbol) in label_kinds(task, labels.ravel(), palette):
        if rows.any():
            traces.append(
                go.Scatter(
                    x=x[rows].astype(np.float32), y=y[rows].round(4), name=name, mode="markers", hoverinfo="text",
                    hovertext=[f"{escape(text)}<br>cosine {decimal(v)}, {name}" for text, v in zip(hovers[rows], y[rows], strict=True)],
                    marker={"color": colour, "symbol": symbol, "size": 11, "line": {"width": 1, "color": palette.ground}},
                )
            )  # fmt: skip
    middle = np.stack([nearest.median, nearest.median, np.full(c, np.nan)], 1).ravel()
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


def nearest_title(modality: str, number: int, conversation: str, utterance: int, nearest: NearestUtterances) -> str:
    """Which utterance, counted from 1, is nearest to one prototype, counted from 0."""
    prototype, cosine = f"{first_upper(modality)} prototype {number + 1}", decimal(float(nearest.cosines[number, 0]))
    median = f"(median {decimal(float(nearest.median[number]))})"
    return fitting(
        f"{prototype} is nearest to utterance {utterance} of {conversation}: cosine {cosine} {median}",
        f"{prototype} is nearest to utterance {utterance} of {conversation}: cosine {cosine}",
        f"{prototype} has cosine {cosine} with its nearest utterance {median}",
    )
