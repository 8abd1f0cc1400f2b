"""Reliability diagrams: predicted against observed, and how many predictions lie where."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.compare.calibration import Calibration
from comp_viz.data.conversation import Task
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.compare.paired import axis_title, predictor_looks
from comp_viz.figures.style import Palette
from comp_viz.wording import decimal, fitting, how_many, percent

ABOUT_CLASS_CALIBRATION = About(
    "Predictions in ten bins of the probability of the predicted class: the share that is right, and below how many there are. "
    "On the dashed diagonal the probability is that share. ECE is the mean distance from it.",
    "Whether a model is right: one that always gives 25\u202f% to each of four classes and guesses is perfectly calibrated.",
    r"\mathrm{ECE} = \sum_b \tfrac{n_b}{n} \left| \mathrm{acc}_b - \mathrm{conf}_b \right|",
)
ABOUT_SCORE_CALIBRATION = About(
    "A score has no probability, so this asks whether it is right on average: ten bins of equally many predictions, "
    "their mean against the mean truth. The error is the mean distance from the dashed diagonal, in label units.",
    "How far single predictions are off; that is MAE. A model that always predicts the mean truth is perfectly calibrated.",
    r"\mathrm{ECE} = \sum_b \tfrac{n_b}{n} \left| \bar y_b - \hat y_b \right|",
)


def reliability_title(calibrations: Mapping[str, Calibration], task: Task) -> str:
    """The expected calibration error of each."""
    errors = {
        name: decimal(100 * one.error, 1) if task.classes else decimal(one.error, 3)
        for name, one in calibrations.items()
    }
    unit = " points" if task.classes else ""
    every, best = (
        f"{errors[name]}{unit} for {name}"
        for name in (next(iter(errors)), min(calibrations, key=lambda name: calibrations[name].error))
    )
    every = ", ".join([every, *(f"{error} for {name}" for name, error in list(errors.items())[1:])])
    return fitting(f"Expected calibration error is {every}", f"Expected calibration error is smallest, {best}")


def reliability_chart(calibrations: Mapping[str, Calibration], task: Task, palette: Palette, title: str) -> go.Figure:
    """Predicted against observed in every bin, on the dashed diagonal where they agree.

    For classes, whose bins are of unlike size, counts below.
    """
    looks, traces, bounds = predictor_looks([*calibrations], palette), [], calibration_span(calibrations, task)
    words = percent if task.classes else decimal
    for name, one in calibrations.items():
        colour, symbol, label = looks[name]
        look = {"name": label, "legendgroup": name, "line": {"color": colour, "width": 2}, "mode": "lines+markers"}
        x, y, count = (one.rows[column] for column in ("predicted", "observed", "utterances"))
        texts = [
            f"<b>{label}</b><br>predicted {words(a)}, observed {words(b)}, {how_many(round(n), 'utterance')}"
            for a, b, n in zip(x, y, count, strict=True)
        ]
        look |= {"hovertext": texts, "hoverinfo": "text"}
        traces.append(go.Scatter(x=x, y=y, marker={"symbol": symbol, "size": 9}, **look))
        if task.classes:
            small = {"symbol": symbol, "size": 6}
            traces.append(go.Scatter(x=x, y=count, yaxis="y2", showlegend=False, marker=small, **look))
    layout = base_layout(palette, title, 520 if task.classes else 400, hovermode="closest", dragmode=False)
    line = {"color": palette.truth, "dash": "dash", "width": 1.5}
    ends = dict(zip(("x0", "x1"), bounds, strict=True)) | dict(zip(("y0", "y1"), bounds, strict=True))
    layout["shapes"] = [{"type": "line", "line": line, "layer": "below", **ends}]
    fixed = {"fixedrange": True, "zeroline": False}
    if not task.classes:
        named = (
            axis_title(f"mean predicted {task.name} (label units)"),
            axis_title(f"mean true {task.name} (label units)"),
        )
        layout["xaxis"] = layout["xaxis"] | fixed | {"range": bounds, "title": named[0]}
        layout["yaxis"] = layout["yaxis"] | fixed | {"range": bounds, "title": named[1]}
        return go.Figure(traces, layout)
    below = layout["yaxis"] | fixed | {"domain": [0, 0.22], "rangemode": "tozero", "title": axis_title("utterances")}
    ticks = fixed | {"range": bounds} | percent_ticks(0, 1)
    layout["xaxis"] = (
        layout["xaxis"] | ticks | {"title": axis_title("probability of the predicted class"), "anchor": "y2"}
    )
    layout["yaxis"] = layout["yaxis"] | ticks | {"domain": [0.32, 1], "title": axis_title("accuracy")}
    return go.Figure(traces, layout | {"yaxis2": below | {"tickformat": ","}})


def calibration_span(calibrations: Mapping[str, Calibration], task: Task) -> list[float]:
    """The range of both axes: all probabilities, or the scores that there are."""
    if task.classes:
        return [0.0, 1.0]
    values = np.concatenate(
        [one.rows[["predicted", "observed"]].to_numpy(float).ravel() for one in calibrations.values()]
    )
    room = 0.06 * float(np.ptp(values)) or 0.1
    return [float(values.min()) - room, float(values.max()) + room]
