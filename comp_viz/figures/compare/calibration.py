"""Reliability diagrams: what is predicted against what is found, and how many predictions lie where."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.compare.calibration import Calibration
from comp_viz.data.conversation import Task
from comp_viz.figures.chart import base_layout
from comp_viz.figures.compare.paired import predictor_looks, small
from comp_viz.figures.style import Palette
from comp_viz.wording import how_many


def reliability_chart(found: Mapping[str, Calibration], task: Task, palette: Palette, title: str) -> go.Figure:
    """Predicted against found in every bin, on the dashed diagonal where predictions mean what they say.

    For classes, whose bins are of unlike size, counts below.
    """
    looks, traces, bounds = predictor_looks([*found], palette), [], span(found, task)
    share = ".0%" if task.classes else ".2f"
    for name, one in found.items():
        colour, symbol, called = looks[name]
        look = {"name": called, "legendgroup": name, "line": {"color": colour, "width": 2}, "mode": "lines+markers"}
        hover = f"<b>{called}</b><br>predicted %{{x:{share}}}, "
        x, y, count = (one.rows[column] for column in ("predicted", "found", "utterances"))
        counted = [how_many(round(n), "utterance") for n in count]
        traces.append(
            go.Scatter(
                x=x, y=y, marker={"symbol": symbol, "size": 9}, customdata=counted,
                hovertemplate=f"{hover}found %{{y:{share}}}, %{{customdata}}<extra></extra>", **look,
            )
        )  # fmt: skip
        if task.classes:
            traces.append(
                go.Scatter(
                    x=x, y=count, yaxis="y2", showlegend=False, marker={"symbol": symbol, "size": 6},
                    hovertemplate=f"{hover}%{{y:,.0f}} utterances<extra></extra>", **look,
                )
            )  # fmt: skip
    layout = base_layout(palette, title, 520 if task.classes else 400, hovermode="closest", dragmode=False)
    line = {"color": palette.truth, "dash": "dash", "width": 1.5}
    ends = dict(zip(("x0", "x1"), bounds, strict=True)) | dict(zip(("y0", "y1"), bounds, strict=True))
    layout["shapes"] = [{"type": "line", "line": line, "layer": "below", **ends}]
    fixed = {"fixedrange": True, "zeroline": False}
    if not task.classes:
        named = small(f"mean predicted {task.name} (label units)"), small(f"mean true {task.name} (label units)")
        layout["xaxis"] = layout["xaxis"] | fixed | {"range": bounds, "title": named[0]}
        layout["yaxis"] = layout["yaxis"] | fixed | {"range": bounds, "title": named[1]}
        return go.Figure(traces, layout)
    below = layout["yaxis"] | fixed | {"domain": [0, 0.22], "rangemode": "tozero", "title": small("utterances")}
    ticks = fixed | {"range": bounds, "tickformat": ".0%"}
    layout["xaxis"] = layout["xaxis"] | ticks | {"title": small("probability of the predicted class"), "anchor": "y2"}
    layout["yaxis"] = layout["yaxis"] | ticks | {"domain": [0.32, 1], "title": small("share right")}
    return go.Figure(traces, layout | {"yaxis2": below | {"tickformat": ","}})


def span(found: Mapping[str, Calibration], task: Task) -> list[float]:
    """The range of both axes: all probabilities, or the scores that there are."""
    if task.classes:
        return [0.0, 1.0]
    values = np.concatenate([one.rows[["predicted", "found"]].to_numpy(float).ravel() for one in found.values()])
    room = 0.06 * float(np.ptp(values)) or 0.1
    return [float(values.min()) - room, float(values.max()) + room]
