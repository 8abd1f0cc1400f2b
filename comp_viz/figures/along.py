"""What charts along a conversation share: one axis of utterances, the line at the selected one, hatching where it is missing."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from comp_viz.data.conversation import Bools, Floats
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette

# Left and right margins in pixels, the same for all charts along a conversation and for the availability matrix above them.
MARGIN_LEFT, MARGIN_RIGHT = 92, 12


def along(palette: Palette, title: str, height: int, utterances: int, selected: int, **more: Any) -> dict[str, Any]:
    """Layout of a chart with one x axis of utterances counted from 1, and the line at the selected one, counted from 0.

    `more` overrides; further `shapes` are added to that line.
    """
    shapes = [*more.pop("shapes", []), selection_line(selected + 1, palette)]
    layout = base_layout(palette, title, height, **more)
    return layout | {
        "xaxis": utterance_axis(utterances),
        "yaxis": layout["yaxis"] | {"automargin": False, "fixedrange": True},
        "margin": {"l": MARGIN_LEFT, "r": MARGIN_RIGHT, "t": 34, "b": 40},
        "shapes": shapes,
        "hovermode": "closest",
        "dragmode": False,
    }


def utterance_axis(utterances: int) -> dict[str, Any]:
    """The x axis of a conversation."""
    return {
        "range": [0.5, utterances + 0.5],
        "title": {"text": "utterance", "font": {"size": 12}, "standoff": 2},
        "fixedrange": True,
        "automargin": False,
        "showgrid": False,
        "zeroline": False,
        **({"dtick": 1} if utterances < 20 else {}),  # no half utterances in short conversations
    }


def hatching(palette: Palette) -> dict[str, Any]:
    """The fill pattern of what is missing."""
    return {"shape": "/", "fgcolor": palette.ground, "bgcolor": "rgba(0,0,0,0)", "size": 5, "solidity": 0.35}


def selection_line(utterance: int, palette: Palette) -> dict[str, object]:
    """A line through all rows at the selected utterance."""
    line = {"color": palette.mark, "width": 1.5}
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": utterance,
        "x1": utterance,
        "y0": 0,
        "y1": 1,
        "line": line,
    }


def broken_line(y: Floats, line: dict[str, Any]) -> dict[str, Any]:
    """How a line through `y [S]` is drawn, NaN where it breaks: a value between breaks is a dash across the selection line."""
    known = np.pad(~np.isnan(y), 1)
    alone = known[1:-1] & ~known[:-2] & ~known[2:]
    if not alone.any():
        return {"mode": "lines", "line": line}
    dash = {"color": line["color"], "width": line["width"]}
    return {
        "mode": "lines+markers",
        "line": line,
        "marker": {"symbol": "line-ew", "size": np.where(alone, 12, 0), "line": dash},
    }


def flat(xs: np.ndarray, ys: np.ndarray, axis: str, **look: object) -> go.Scatter:
    """A trace that cannot be hovered, from points row by row."""
    x, y = xs.ravel().astype(np.float32), ys.ravel().astype(np.float32)
    return go.Scatter(x=x, y=y, yaxis=axis, hoverinfo="skip", **look)


def boxes(where: Bools, bottom: Floats, top: Floats, axis: str, **look: object) -> go.Scatter:
    """Bars at the utterances `where`, as one path."""
    return bars_at(np.flatnonzero(where), bottom[where], top[where], axis, **look)


def bars_at(utterances: np.ndarray, bottom: Floats, top: Floats, axis: str, **look: object) -> go.Scatter:
    """Bars at utterances counted from 0, as one path."""
    xs = utterances[:, None] + 1 + np.array([-0.45, -0.45, 0.45, 0.45, np.nan])
    ys = np.stack([bottom, top, top, bottom, np.full_like(top, np.nan)], axis=1)
    return flat(xs, ys, axis, mode="none", fill="toself", showlegend=False, **look)


def escape(words: str, limit: int = 90) -> str:
    """Words for a hover label: shortened, and with nothing the browser would read as markup."""
    short = words if len(words) <= limit else words[: limit - 1] + "…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") or "(no words)"


def neutral_line(axis: str, neutral: float, palette: Palette) -> dict[str, object]:
    """The line between negative and positive."""
    line = {"color": palette.truth, "width": 1, "dash": "dash"}
    return {
        "type": "line",
        "xref": "paper",
        "yref": axis,
        "x0": 0,
        "x1": 1,
        "y0": neutral,
        "y1": neutral,
        "line": line,
        "layer": "below",
    }
