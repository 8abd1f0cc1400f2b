"""How often the fused prediction is right under every weighting."""

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.coordinator.reweighting import Reweighed
from comp_viz.figures.chart import base_layout
from comp_viz.figures.coordinator.reweighting import Found, looks
from comp_viz.figures.style import Palette
from comp_viz.wording import how_many


def accuracy_chart(found: Found, palette: Palette, title: str) -> go.Figure:
    """Accuracy under every weighting from 0 to 100 %, with its 95 % interval and what else there is to say beside it."""
    look, rows = looks(found, palette), list(found)
    judged = {name: each for name, each in found.items() if each.accuracy is not None and each.interval is not None}
    share = np.array([each.accuracy for each in judged.values()])
    low, high = np.array([each.interval for each in judged.values()]).reshape(-1, 2).T
    colours = [look[name][0] for name in judged]
    dots = go.Scatter(
        x=share, y=[rows.index(name) for name in judged], mode="markers", showlegend=False,
        marker={"color": colours, "symbol": [look[name][1] for name in judged], "size": 11},
        error_x={"array": high - share, "arrayminus": share - low, "color": palette.truth, "thickness": 1.5, "width": 4},
        hovertext=[f"{name}: {each.accuracy:.1%} of {how_many(int(each.judged.sum()), 'labelled utterance')}, 95 % interval {each.interval[0]:.1%} to {each.interval[1]:.1%}" for name, each in judged.items() if each.interval],
        hoverinfo="text",
    )  # fmt: skip
    layout = base_layout(palette, title, 70 + 34 * len(rows), hovermode="closest", dragmode=False)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [-0.01, 1.01], "domain": [0, 0.52], "tickformat": ".0%", "fixedrange": True, "zeroline": False,
        "title": {"text": "accuracy with 95 % interval", "font": {"size": 12}},
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(range(len(rows))), "ticktext": rows, "range": [len(rows) - 0.5, -0.5], "showgrid": False,
        "zeroline": False, "fixedrange": True,
    }  # fmt: skip
    said = {
        "xref": "paper",
        "showarrow": False,
        "xanchor": "left",
        "x": 0.54,
        "font": {"size": 12, "color": palette.ink},
    }
    layout["annotations"] = [{"y": row, "text": beside(each), **said} for row, each in enumerate(found.values())]
    layout["margin"] = layout["margin"] | {"t": 8}
    return go.Figure(dots, layout)


def beside(each: Reweighed) -> str:
    """Decisions that differ, and the mean error, in a few words."""
    share = "no label" if each.accuracy is None else f"{each.accuracy:.1%}"
    error = "" if each.error is None else f" · error {each.error:.2f}"
    return f"{share} · {int(each.differs.sum())} differ{error}"
