"""How often the fused prediction is right under every weighting."""

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.coordinator.reweighting import EQUAL, Weighting
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.coordinator.reweighting import FUSED_EQUATION, Weightings, weighting_looks
from comp_viz.figures.style import Palette
from comp_viz.wording import decimal, fitting, how_many, percent

ABOUT_REWEIGHTED_ACCURACY = About(
    "Accuracy over the labelled utterances, with a 95\u202f% interval (Wilson); how many of all decisions differ "
    "from those as trained; and the mean error: |score − label| in label units, or for classes 1 − P(true class).",
    "More than this conversation: intervals take its utterances as independent, which they are not quite. Weightings are "
    "compared on the same utterances, so small differences can be real although intervals overlap.",
    FUSED_EQUATION,
)


def reweighted_accuracy_title(weightings: Weightings) -> str:
    """Accuracy as trained, with equal weights, and with the weights that reach most; mean errors where no decision is judged."""
    trained = next(iter(weightings))
    accuracies = {name: each.accuracy for name, each in weightings.items() if each.accuracy is not None}
    if not accuracies:
        return error_title(weightings)
    best = max(accuracies, key=lambda name: accuracies[name])
    shown = list(dict.fromkeys([trained, EQUAL, best if accuracies[best] > accuracies[trained] else trained]))
    return fitting(
        f"Accuracy is {', '.join(f'{percent(accuracies[name])} with {name}' for name in shown)}",
        f"Accuracy is {percent(accuracies[trained])} with {trained}",
    )


def error_title(weightings: Weightings) -> str:
    """The weights with the smallest mean error."""
    errors = {name: each.error for name, each in weightings.items() if each.error is not None}
    if not errors:
        return "No utterance has a label to compare predictions with"
    best = min(errors, key=lambda name: round(errors[name], 3))
    return f"The mean error is smallest with {best}: {decimal(errors[best], 3)}"


def accuracy_chart(weightings: Weightings, palette: Palette, title: str) -> go.Figure:
    """Accuracy under every weighting with its 95 % interval; beside it how many decisions differ and the mean error."""
    look, rows = weighting_looks(weightings, palette), list(weightings)
    judged = {
        name: each for name, each in weightings.items() if each.accuracy is not None and each.interval is not None
    }
    share = np.array([each.accuracy for each in judged.values()])
    low, high = np.array([each.interval for each in judged.values()]).reshape(-1, 2).T
    colours = [look[name][0] for name in judged]
    dots = go.Scatter(
        x=share, y=[rows.index(name) for name in judged], mode="markers", showlegend=False,
        marker={"color": colours, "symbol": [look[name][1] for name in judged], "size": 11},
        error_x={"array": high - share, "arrayminus": share - low, "color": palette.truth, "thickness": 1.5, "width": 4},
        hovertext=[f"{name}: {percent(each.accuracy, 1)} of {how_many(int(each.judged.sum()), 'labelled utterance')}, 95\u202f% interval {percent(each.interval[0], 1)} to {percent(each.interval[1], 1)}" for name, each in judged.items() if each.interval and each.accuracy is not None],
        hoverinfo="text",
    )  # fmt: skip
    layout = base_layout(palette, title, 70 + 34 * len(rows), hovermode="closest", dragmode=False)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [-0.01, 1.01], "domain": [0, 0.52], **percent_ticks(0, 1), "fixedrange": True, "zeroline": False,
        "title": {"text": "accuracy with 95\u202f% interval", "font": {"size": 12}},
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(range(len(rows))), "ticktext": rows, "range": [len(rows) - 0.5, -0.5], "showgrid": False,
        "zeroline": False, "fixedrange": True,
    }  # fmt: skip
    place = {
        "xref": "paper",
        "showarrow": False,
        "xanchor": "left",
        "x": 0.54,
        "font": {"size": 12, "color": palette.ink},
    }
    layout["annotations"] = [
        {"y": row, "text": accuracy_note(each), **place} for row, each in enumerate(weightings.values())
    ]
    layout["margin"] = layout["margin"] | {"t": 8}
    return go.Figure(dots, layout)


def accuracy_note(each: Weighting) -> str:
    """Decisions that differ, and the mean error, in a few words."""
    share = "no label" if each.accuracy is None else percent(each.accuracy, 1)
    error = "" if each.error is None else f" · error {each.error:.2f}"
    return f"{share} · {int(each.differs.sum())} differ{error}"
