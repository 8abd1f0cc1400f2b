"""Figures of the lab: what is attainable beside what is reached, and the hidden truth of a conversation."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.data.conversation import Bools, Floats, Task
from comp_viz.figures.chart import base_layout, level
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.wording import how_many

SYMBOLS = {"●": "circle-open", "■": "square-open", "▲": "triangle-up-open"}


def attainable_chart(
    attainable: Mapping[str, float],
    reached: Mapping[str, float],
    majority: float,
    palette: Palette,
    title: str,
) -> go.Figure:
    """Bars for the best attainable accuracy, a diamond for what the open checkpoint reaches with the same to see."""
    names = list(attainable)
    modalities = tuple(name.removeprefix("only ") for name in names if name.startswith("only "))
    colours, marks = modality_colours(palette, modalities), modality_marks(modalities)
    plain = [name.removeprefix("only ") for name in names]
    rows = [f"{marks.get(name, '◆')} {shown}" for name, shown in zip(plain, names, strict=True)]
    bars = go.Bar(
        y=rows, x=list(attainable.values()), orientation="h", name="best attainable, computed",
        marker={
            "color": [f"{colours.get(name, palette.truth)}55" for name in plain],
            "line": {"color": [colours.get(name, palette.truth) for name in plain], "width": 2},
        },
        text=[f"{value:.1%}" for value in attainable.values()], textposition="inside", insidetextanchor="start",
        textfont={"color": palette.ink}, hovertemplate="%{y}: at best %{x:.1%}<extra></extra>",
    )  # fmt: skip
    points = go.Scatter(
        y=[row for row, name in zip(rows, names, strict=True) if name in reached],
        x=[reached[name] for name in names if name in reached], mode="markers", name="reached by the open checkpoint",
        marker={"symbol": "diamond", "size": 13, "color": palette.ink, "line": {"color": palette.ground, "width": 1.5}},
        hovertemplate="%{y}: reached %{x:.1%}<extra></extra>",
    )  # fmt: skip
    layout = base_layout(palette, title, 330)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [0, 1.03],
        "tickformat": ".0%",
        "title": {"text": "accuracy", "font": {"size": 12}},
    }
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "showgrid": False}
    layout["legend"] = layout["legend"] | {"y": 1.08}
    layout |= level(palette, majority, f"guessing: {majority:.0%}")
    return go.Figure([bars, points] if reached else [bars], layout)


def rates_chart(
    attainable: Mapping[float, float],
    without_context: Mapping[float, float],
    reached: Mapping[float, float],
    palette: Palette,
    title: str,
) -> go.Figure:
    """Accuracy over the missing rate: both bounds dashed, reached by the open checkpoint as a thick line."""

    def bound(values: Mapping[float, float], name: str, dash: str) -> go.Scatter:
        return go.Scatter(
            x=list(values), y=list(values.values()), mode="lines", name=name,
            line={"color": palette.truth, "dash": dash, "width": 2},
            hovertemplate=f"missing rate %{{x}}: {name} %{{y:.1%}}<extra></extra>",
        )  # fmt: skip

    bounds = [bound(attainable, "best attainable", "dash"), bound(without_context, "best, utterance by itself", "dot")]
    own = go.Scatter(
        x=list(reached), y=list(reached.values()), mode="lines+markers", name="reached by the open checkpoint",
        line={"color": palette.ink, "width": 3}, marker={"symbol": "diamond", "size": 10},
        hovertemplate="missing rate %{x}: reached %{y:.1%}<extra></extra>",
    )  # fmt: skip
    layout = base_layout(palette, title, 330)
    layout["xaxis"] = layout["xaxis"] | {
        "title": {"text": "missing rate, uniform protocol", "font": {"size": 12}},
        "tickvals": list(attainable),
        "range": [min(attainable) - 0.02, max(attainable) + 0.03],
    }
    layout["yaxis"] = layout["yaxis"] | {"tickformat": ".0%", "title": {"text": "accuracy", "font": {"size": 12}}}
    return go.Figure([*bounds, own] if reached else bounds, layout)


def truth_chart(
    task: Task,
    modalities: Sequence[str],
    state: Floats,
    expressed: Floats,
    hard: Bools,
    labels: Floats,
    palette: Palette,
) -> go.Figure:
    """One conversation with what is hidden from any model: the emotion, what each modality expresses, which are hard."""
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
            "symbol": SYMBOLS.get(marks[name], "star-open"),
            "size": 10,
            "color": colours[name],
            "line": {"width": 2},
        }
        traces.append(
            go.Scatter(
                x=x[apart],
                y=expressed[apart, u],
                name=f"{marks[name]} {name} expresses otherwise",
                mode="markers",
                marker=marker,
            )
        )
    agreeing = int((expressed == state[:, None]).all(1).sum())
    title = f"{agreeing} of {how_many(len(state), 'utterance')} show one emotion in all modalities; {int(hard.sum())} are hard (shaded)"
    layout = base_layout(palette, title, 330)
    layout["shapes"] = [
        {"type": "rect", "x0": at - 0.5, "x1": at + 0.5, "y0": 0, "y1": 1, "yref": "paper", "layer": "below",
         "fillcolor": palette.faint, "opacity": 0.55, "line": {"width": 0}}
        for at in x[hard].tolist()
    ]  # fmt: skip
    layout["xaxis"] = layout["xaxis"] | {"title": {"text": "utterance", "font": {"size": 12}}, "showgrid": False}
    layout["yaxis"] = layout["yaxis"] | {"title": {"text": task.name, "font": {"size": 12}}}
    if task.classes:
        layout["yaxis"] |= {"tickvals": list(range(len(task.classes))), "ticktext": list(task.classes)}
    return go.Figure(traces, layout)
