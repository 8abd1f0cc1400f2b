"""The hidden truth of one conversation of the lab."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.data.conversation import Bools, Floats, Task
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.wording import how_many

OPEN_SYMBOLS = {"●": "circle-open", "■": "square-open", "▲": "triangle-up-open"}
ABOUT_TRUTH = About(
    "What no model gets: the emotion of each utterance, where a modality expresses another one, and which utterances are hard (shaded). "
    "Labels are what a model is trained on and evaluated by.",
    "What the open checkpoint predicts: open the conversation in Live for that.",
)


def truth_chart(
    task: Task,
    modalities: Sequence[str],
    state: Floats,
    expressed: Floats,
    hard: Bools,
    labels: Floats,
    palette: Palette,
) -> go.Figure:
    """One conversation with what no model gets: the emotion, what each modality expresses, which utterances are hard."""
    x = np.arange(1, len(state) + 1)
    colours, marks = modality_colours(palette, tuple(modalities)), modality_marks(tuple(modalities))
    traces = [
        go.Scatter(x=x, y=state, name="emotion", mode="lines", line={"color": palette.ink, "width": 3, "shape": "hvh"}),
        go.Scatter(
            x=x, y=labels, name="label", mode="markers",
            marker={"symbol": "line-ew-open", "size": 12, "color": palette.truth, "line": {"width": 2}},
        ),
    ]  # fmt: skip
    for u, name in enumerate(modalities):
        apart = expressed[:, u] != state
        marker = {
            "symbol": OPEN_SYMBOLS.get(marks[name], "star-open"),
            "size": 10,
            "color": colours[name],
            "line": {"width": 2},
        }
        traces.append(
            go.Scatter(
                x=x[apart],
                y=expressed[apart, u],
                name=f"{marks[name]} {name} expresses another",
                mode="markers",
                marker=marker,
            )
        )
    layout = base_layout(palette, truth_title(state, expressed, hard), 330)
    layout["shapes"] = [
        {"type": "rect", "x0": at - 0.5, "x1": at + 0.5, "y0": 0, "y1": 1, "yref": "paper", "layer": "below",
         "fillcolor": palette.faint, "opacity": 0.55, "line": {"width": 0}}
        for at in x[hard].tolist()
    ]  # fmt: skip
    layout["xaxis"] = layout["xaxis"] | {
        "title": {"text": "utterance", "font": {"size": 12}}, "showgrid": False, "zeroline": False,
        "range": [0.5, len(state) + 0.5],  # there is no utterance 0
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {"title": {"text": task.name, "font": {"size": 12}}}
    if task.classes:
        layout["yaxis"] |= {"tickvals": list(range(len(task.classes))), "ticktext": list(task.classes)}
    return go.Figure(traces, layout)


def truth_title(state: Floats, expressed: Floats, hard: Bools) -> str:
    """How many utterances show one emotion in all modalities, and how many are hard."""
    agreeing = int((expressed == state[:, None]).all(1).sum())
    count = how_many(len(state), "utterance")
    return f"{agreeing} of {count} show one emotion in all modalities; {int(hard.sum())} are hard (shaded)"
