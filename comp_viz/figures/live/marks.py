"""Marks of the timeline as one path a modality: a browser draws one path at once, but places markers one by one."""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.data.conversation import Bools, Floats
from comp_viz.figures.along import flat

AXIS_RANGES = {  # name -> vertical range of its axis, from the top
    "y": (0.66, 1.0),
    "y2": (0.41, 0.60),
    "y3": (0.22, 0.35),
    "y4": (0.0, 0.16),
}
# Pixels of the plot on a wide screen, about. Marks are drawn to this measure; on a narrower one they come out narrower.
PLOT_WIDTH, PLOT_HEIGHT = 950, 546
Outline = Sequence[tuple[float, float]]
# Marks as outlines in pixels from their centre; the same shapes as in `figures.style`.
OUTLINES: dict[str, Outline] = {
    "circle": [(3 * math.cos(math.pi * i / 4), 3 * math.sin(math.pi * i / 4)) for i in range(9)],
    "square": [(-2.8, -2.8), (-2.8, 2.8), (2.8, 2.8), (2.8, -2.8), (-2.8, -2.8)],
    "triangle-up": [(-3.3, -2.7), (0, 3.4), (3.3, -2.7), (-3.3, -2.7)],
    "triangle-down": [(-3.3, 2.7), (0, -3.4), (3.3, 2.7), (-3.3, 2.7)],
    "star": [
        ((4, 1.7)[i % 2] * math.sin(math.pi * i / 5), (4, 1.7)[i % 2] * math.cos(math.pi * i / 5)) for i in range(11)
    ],
    "cross": [(-1, 3), (1, 3), (1, 1), (3, 1), (3, -1), (1, -1), (1, -3), (-1, -3), (-1, -1), (-3, -1), (-3, 1), (-1, 1), (-1, 3)],
    "hexagon": [(3.2 * math.sin(math.pi * i / 3), 3.2 * math.cos(math.pi * i / 3)) for i in range(7)],
}  # fmt: skip


def cross_outline(utterances: int) -> Outline:
    """A cross: its upright alone would lie under the line at the selected utterance, and without long arms under a prediction."""
    arm = min(6, 0.35 * PLOT_WIDTH / utterances)
    return [(0, 0), (0, 3.5), (0, -3.5), (0, 0), (arm, 0), (-arm, 0), (0, 0)]


def marked_line(
    outline: Outline, x: np.ndarray, y: Floats, marked: Bools, span: list[float], axis: str, **look: object
) -> go.Scatter:
    """A line through all points that draws `outline` around those where `marked`, without leaving the line.

    A browser draws one path at once, but places markers one by one, which takes longer than the rest of the figure.
    """
    shape = np.array(scaled(outline, len(x), span, axis))
    points = np.repeat(np.arange(len(x)), np.where(marked, len(shape), 1))  # which utterance every corner belongs to
    corners = np.zeros((len(points), 2))
    corners[marked[points]] = np.tile(shape, (int(marked.sum()), 1))
    return flat(x[points] + corners[:, 0], y[points] + corners[:, 1], axis, mode="lines", **look)


def filled_marks(
    outline: Outline, x: np.ndarray, y: Floats, span: list[float], axis: str, **look: object
) -> go.Scatter:
    """Filled marks at the points, all of them one path."""
    drawing = np.concatenate([scaled(outline, x.max(initial=1), span, axis), [[np.nan, np.nan]]])
    xs, ys = x[:, None] + drawing[:, 0], y[:, None] + drawing[:, 1]
    return flat(xs, ys, axis, mode="none", fill="toself", showlegend=False, **look)


def scaled(outline: Outline, utterances: int, span: list[float], axis: str) -> np.ndarray:
    """An outline from pixels to the units of the axes, `[points, 2]`."""
    top, bottom = AXIS_RANGES[axis][1], AXIS_RANGES[axis][0]
    return np.array(outline) * [utterances / PLOT_WIDTH, (span[1] - span[0]) / (PLOT_HEIGHT * (top - bottom))]
