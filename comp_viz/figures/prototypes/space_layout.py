"""How a feature space is laid out: three panels with axes that two sides of a comparison share, and the scale of scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from comp_viz.analysis.prediction import Prediction
from comp_viz.analysis.prototypes.colouring import Colouring
from comp_viz.analysis.prototypes.feature_space import Cloud, FeatureSpace, Stage
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette, diverging

PANELS: dict[Stage, str] = {"encoded": "Z, encoded", "propagated": "Z̄, propagated", "fused": "F, fused"}
AXIS_LETTERS = ("x", "y", "z")
PANEL_GAP = 0.04
Extent = dict[str, list[list[float]]]  # stage -> ends of every axis


@dataclass(frozen=True)
class SpaceLook:
    """How a space is drawn, alike on both sides of a comparison."""

    colouring: Callable[[Cloud], Colouring]
    words: Sequence[str]  # [S]
    selected: int  # counted from 0
    displacements: str  # whose displacement from Z to Z̄ is drawn: "none", "selected utterance", "all"
    extent: Extent
    across: bool  # panels beside each other, or below
    palette: Palette


def space_extent(spaces: Sequence[FeatureSpace]) -> Extent:
    """Ends of the axes that hold all spaces; those of `Z` and `Z̄` are the same, where prototypes lie too."""

    def ends(clouds: Sequence[Cloud]) -> list[list[float]]:
        at = np.concatenate([cloud.at for cloud in clouds])
        low, high = at.min(0), at.max(0)
        margin = 0.06 * np.maximum(high - low, 1e-3)
        return [[float(a), float(b)] for a, b in zip(low - margin, high + margin, strict=True)]

    every = [cloud for space in spaces for cloud in space.clouds]
    shared = ends([cloud for cloud in every if cloud.stage != "fused"])
    return {"encoded": shared, "propagated": shared, "fused": ends([c for c in every if c.stage == "fused"])}


def panel_layout(space: FeatureSpace, here: Prediction, style: SpaceLook, dims: int, title: str) -> dict[str, Any]:
    """Panels with their names, equal axes for the first two, and the scale of scores."""
    palette, across = style.palette, style.across
    height = 460 if across else 1120
    made = base_layout(palette, title, height, dragmode="turntable" if dims == 3 else "pan", hovermode="closest")
    made.pop("xaxis"), made.pop("yaxis")
    made["margin"] = {"l": 8, "r": 8, "t": 56, "b": 8}
    made["legend"] = made["legend"] | {"y": 1.08 if across else 1.03}
    names = []
    for number, (stage, name) in enumerate(PANELS.items()):
        start, end = (number + np.array([0, 1 - PANEL_GAP])) / 3
        x, y = ([start, end], [0.0, 1.0]) if across else ([0.0, 1.0], [1 - end, 1 - start - 2 * PANEL_GAP / 3])
        made |= panel_axes(number, dims, style.extent[stage], x, y, palette)
        label = f"<b>{name}</b>" + (" (own axes)" if stage == "fused" else "")
        names.append({
            "text": label, "x": x[0], "y": y[1], "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom",
            "showarrow": False, "font": {"size": 12, "color": palette.ink},
        })  # fmt: skip
    made["annotations"] = names
    colouring = style.colouring(space.of_stage("fused")[0])
    if colouring.scores is not None:
        task = here.task
        made["coloraxis"] = {
            "cmin": task.low, "cmax": task.high, "colorscale": scale_around(here, palette),
            "colorbar": {"title": {"text": colouring.by, "side": "right"}, "thickness": 10, "len": 0.8 if across else 0.3},
        }  # fmt: skip
    return made


def scale_around(here: Prediction, palette: Palette) -> list[list[float | str]]:
    """The diverging scale with its middle at neutral, which need not lie in the middle of the labels."""
    task = here.task
    middle = min(max((task.neutral - task.low) / (task.high - task.low), 0.001), 0.999)
    return [[0 if i == 0 else 1 if i == 2 else middle, colour] for i, (_, colour) in enumerate(diverging(palette))]


def panel_axes(number: int, dims: int, ends: list[list[float]], x: Any, y: Any, palette: Palette) -> dict[str, Any]:
    """The axes of a panel: without numbers, which mean nothing in a projection."""
    suffix = str(number + 1) if number else ""
    look = {"showticklabels": False, "gridcolor": palette.faint, "zeroline": False, "title": {"text": ""}}
    if dims == 3:
        sides = {
            f"{a}axis": look | {"range": e, "showbackground": False} for a, e in zip(AXIS_LETTERS, ends, strict=True)
        }
        return {f"scene{suffix}": sides | {"domain": {"x": list(x), "y": list(y)}, "aspectmode": "cube"}}
    frame = look | {"showline": True, "linecolor": palette.faint, "mirror": True}
    return {
        f"xaxis{suffix}": frame | {"range": ends[0], "domain": list(x), "anchor": f"y{suffix}", "matches": "x" if number == 1 else None},
        f"yaxis{suffix}": frame | {"range": ends[1], "domain": list(y), "anchor": f"x{suffix}", "matches": "y" if number == 1 else None},
    }  # fmt: skip
