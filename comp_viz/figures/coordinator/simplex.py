"""All weights of an utterance as one point: in a triangle for three modalities, on a line for two, else as a path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.coordinator.groups import Group
from comp_viz.analysis.coordinator.weights import NEARLY_EQUAL, near_equal
from comp_viz.analysis.prediction import Prediction
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.coordinator.weights_along import WEIGHTS_EQUATION, WeightSpan, equal_line, weight_axis
from comp_viz.figures.emotions import Looks
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.wording import some_of

HEIGHT = 430
COLOURED = (
    "Colours and marks: the true emotion, a class, or for scores whether the label is below, at or above neutral."
)
ABOUT_TRIANGLE = About(
    "Every utterance as one point: the nearer a corner, the larger the weight of that modality. Cross: equal weights. "
    f"{COLOURED} With axes fitted, the triangle is cut, and its edges begin at the smallest weights.",
    "Order in time, and why weights differ: utterances close together need not be alike.",
    WEIGHTS_EQUATION,
)
ABOUT_LINE = About(
    "Every utterance as one point. There are two modalities, so the weight of the first is enough: the second has the rest. "
    f"Dashed: both have half. {COLOURED}",
    "Order in time, and why weights differ.",
    WEIGHTS_EQUATION,
)
ABOUT_PATHS = About(
    f"Every utterance as one path over the modalities, as a triangle has room for three only. Dashed: equal weights. {COLOURED}",
    "Order in time; paths between the axes mean nothing.",
    WEIGHTS_EQUATION,
)


def simplex_form(modalities: int) -> tuple[str, About]:
    """The key of the chart that fits so many modalities, and its words."""
    return {2: ("line", ABOUT_LINE), 3: ("triangle", ABOUT_TRIANGLE)}.get(modalities, ("paths", ABOUT_PATHS))


def simplex_title(prediction: Prediction) -> str:
    """In how many utterances the weights are nearly equal."""
    S, M = prediction.coordinator.shape
    return f"Every weight is within {NEARLY_EQUAL} of 1/{M} in {some_of(near_equal(prediction), S, 'utterance')}"


@dataclass(frozen=True)
class Points:
    """What is drawn: the weights, the utterances by true emotion, the texts beside them, and the selected one."""

    prediction: Prediction
    groups: Sequence[Group]
    looks: Looks
    hover: Sequence[str]  # [S]
    selected: int

    @property
    def weights(self) -> np.ndarray:
        """`[S, M]`."""
        return self.prediction.coordinator

    def of(self, group: Group) -> dict[str, Any]:
        """Name, look and texts of the points of one group."""
        colour, symbol = self.looks[group.name]
        return {
            "name": f"{group.name} ({len(group.members)})", "mode": "markers", "customdata": group.members,
            "hovertext": [self.hover[i] for i in group.members], "hoverinfo": "text",
            "marker": {"color": colour, "symbol": symbol, "size": 8, "opacity": 0.85},
        }  # fmt: skip


def simplex(points: Points, span: WeightSpan, floor: tuple[float, ...], palette: Palette, title: str) -> go.Figure:
    """Draw all weights at once, axes over `span`; a triangle's begin at `floor [M]`."""
    M = len(points.prediction.modalities)
    if M == 3:
        return weight_triangle(points, floor, palette, title)
    return weight_line(points, span, palette, title) if M == 2 else weight_paths(points, span, palette, title)


def ring_look(palette: Palette) -> dict[str, Any]:
    """The look of the ring around the selected utterance."""
    marker = {"symbol": "circle-open", "size": 16, "color": palette.mark, "line": {"width": 2.5}}
    return {"mode": "markers", "marker": marker, "hoverinfo": "skip", "showlegend": False}


def weight_triangle(points: Points, floor: tuple[float, ...], palette: Palette, title: str) -> go.Figure:
    """Three modalities: the nearer a corner, the more weight on its modality; dashed is where weights are equal."""
    names = points.prediction.modalities
    colours, marks = modality_colours(palette, names), modality_marks(names)

    def at(rows: np.ndarray) -> dict[str, np.ndarray]:
        return dict(zip("abc", np.atleast_2d(rows).T, strict=True))

    middle = {"symbol": "cross-thin", "size": 13, "line": {"width": 2, "color": palette.ink}}
    traces = [
        *(go.Scatterternary(**at(points.weights[group.members]), **points.of(group)) for group in points.groups),
        go.Scatterternary(
            **at(np.full(3, 1 / 3)), mode="markers", marker=middle, name="equal weights", hoverinfo="name"
        ),
        go.Scatterternary(**at(points.weights[points.selected]), **ring_look(palette)),
    ]
    axes = {
        f"{letter}axis": {
            "title": {"text": f"{marks[name]} {name}", "font": {"size": 13}}, "min": low, "color": colours[name],
            "gridcolor": palette.faint, "linecolor": colours[name], "tickfont": {"size": 12}, "nticks": 6,
        }
        for letter, name, low in zip("abc", names, floor, strict=True)
    }  # fmt: skip
    layout = base_layout(palette, title, HEIGHT)
    layout["ternary"] = {"sum": 1, "bgcolor": "rgba(0,0,0,0)", **axes}
    layout["margin"] = {"l": 40, "r": 40, "t": 64, "b": 40}
    layout["legend"] = layout["legend"] | {"y": 1.1}
    return go.Figure(traces, layout)


def weight_line(points: Points, span: WeightSpan, palette: Palette, title: str) -> go.Figure:
    """Two modalities: what the first does not have the second has, so a line is enough; one row for each emotion."""
    first, second = points.prediction.modalities
    marks = modality_marks((first, second))
    rows = {group.name: row for row, group in enumerate(points.groups)}
    row_of = np.zeros(len(points.weights), dtype=np.float32)
    for group in points.groups:
        row_of[group.members] = rows[group.name]
    traces = [
        go.Scatter(x=points.weights[group.members, 0], y=row_of[group.members], **points.of(group))
        for group in points.groups
    ]
    here = points.selected
    traces.append(go.Scatter(x=points.weights[[here], 0], y=row_of[[here]], **ring_look(palette)))
    layout = base_layout(palette, title, HEIGHT, hovermode="closest", dragmode=False)
    layout["shapes"] = [equal_line(palette, 2, upright=True)]
    axis = weight_axis(palette, span)
    axis["title"] |= {"text": f"{marks[first]} {first} {axis['title']['text']}; the rest is {marks[second]} {second}'s"}
    layout["xaxis"] = layout["xaxis"] | axis
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(rows.values()), "ticktext": list(rows), "range": [len(rows) - 0.5, -0.5], "showgrid": False, "zeroline": False,
    }  # fmt: skip
    return go.Figure(traces, layout)


def weight_paths(points: Points, span: WeightSpan, palette: Palette, title: str) -> go.Figure:
    """Four modalities or more: one upright axis for each, and a path through them for every utterance."""
    names = points.prediction.modalities
    marks, M = modality_marks(names), len(names)
    x = np.arange(M, dtype=np.float32)
    traces = []
    for group in points.groups:
        w, look = points.weights[group.members], points.of(group)
        gaps = np.concatenate(
            [w, np.full((len(w), 1), np.nan, dtype=np.float32)], axis=1
        )  # lifts the pen between paths
        numbers = np.repeat(group.members, M + 1)
        look |= {
            "mode": "lines+markers", "line": {"color": look["marker"]["color"], "width": 0.8},
            "customdata": numbers, "hovertext": [points.hover[i] for i in numbers],
        }  # fmt: skip
        traces.append(go.Scatter(x=np.tile([*x, np.nan], len(w)), y=gaps.ravel(), **look))
    here = ring_look(palette) | {"mode": "lines+markers", "line": {"color": palette.mark, "width": 2.5}}
    traces.append(go.Scatter(x=x, y=points.weights[points.selected], **here))
    layout = base_layout(palette, title, HEIGHT, hovermode="closest", dragmode=False)
    layout["shapes"] = [equal_line(palette, M)]
    layout["xaxis"] = layout["xaxis"] | {
        "tickvals": x.tolist(), "ticktext": [f"{marks[name]} {name}" for name in names], "fixedrange": True, "zeroline": False,
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | weight_axis(palette, span)
    return go.Figure(traces, layout)
