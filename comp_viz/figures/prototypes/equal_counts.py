"""How many utterances are drawn at one place of a feature space: their number, beside the marks with a line to the place."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.analysis.prototypes.feature_space import Cloud
from comp_viz.data.conversation import Floats
from comp_viz.figures.prototypes.space_layout import AXIS_LETTERS
from comp_viz.figures.style import Palette

FEWEST_EQUAL = 3  # utterances at one place from which their number stands beside it
PANEL = np.array([400.0, 380.0])  # pixels of a panel, about: enough to know where it is free
FREE = 24.0  # pixels from a number to the nearest mark, from which neither lies on the other
LINE = 16.0  # pixels from one number to the next in height; beside each other they would touch on a phone
REACHES = (28, 44, 60, 80, 100)  # pixels from a place to its number, the nearest that is free taken
ANGLES = np.radians([90, 60, 120, 270, 300, 240, 30, 150, 330, 210, 0, 180])  # up first: no screen has less height
Pixels = NDArray[np.float64]


def count_labels(
    clouds: Sequence[Cloud], marks: Floats, ends: Sequence[Sequence[float]], palette: Palette, panel: int
) -> list[dict[str, Any]]:
    """Annotations of a panel in 2 or 3 dimensions; `marks [N, dims]` are all that is drawn in it, `ends` those of its axes."""
    number = str(panel + 1) if panel else ""
    places = [place for cloud in clouds for place in equal_places(cloud)]
    at = np.array([where for where, _ in places], np.float64).reshape(len(places), len(ends))
    flat = len(ends) == 2
    offsets = free_offsets(to_pixels(at, ends), to_pixels(marks, ends)) if flat else stacked_offsets(len(at))
    look = {
        "showarrow": True, "arrowhead": 0, "arrowwidth": 1, "arrowcolor": palette.ink, "standoff": 5, "borderpad": 1,
        "bgcolor": palette.ground, "font": {"size": 12, "color": palette.ink},
    }  # fmt: skip
    refs = {"xref": f"x{number}", "yref": f"y{number}"} if flat else {}
    return [
        dict(zip(AXIS_LETTERS, where, strict=False)) | refs | look | {"text": f"×{count}", "ax": ax, "ay": -ay}
        for (_, count), where, (ax, ay) in zip(places, at.tolist(), offsets.round(1).tolist(), strict=True)
    ]


def equal_places(cloud: Cloud) -> list[tuple[Floats, int]]:
    """Where at least three utterances of a cloud are drawn at one place, and how many: they have equal features."""
    _, first, count = np.unique(cloud.at.round(4), axis=0, return_index=True, return_counts=True)
    return [(cloud.at[i].round(4), int(n)) for i, n in zip(first, count, strict=True) if n >= FEWEST_EQUAL]


def to_pixels(at: NDArray[Any], ends: Sequence[Sequence[float]]) -> Pixels:
    """Points of a panel with two axes in its pixels."""
    low, high = np.array(ends, np.float64).T
    pixels: Pixels = (at - low) / (high - low) * PANEL
    return pixels


def free_offsets(places: Pixels, marks: Pixels) -> Pixels:
    """From every place to where its number lies on no mark and on no other number, `[N, 2]`; else where there is most room."""
    heights, offsets = np.empty(0), []
    steps = np.array([reach * np.array([np.cos(a), np.sin(a)]) for reach in REACHES for a in ANGLES])
    for place in places:
        spots = place + steps
        room = np.linalg.norm(spots[:, None] - marks, axis=2).min(1)
        other = np.abs(spots[:, 1, None] - heights).min(1, initial=np.inf) < LINE
        room[other | ((spots < 14) | (spots > PANEL - 14)).any(1)] = -1  # on another number, or cut off
        best = int(np.argmax(room >= FREE)) if (room >= FREE).any() else int(room.argmax())
        heights = np.append(heights, spots[best, 1])
        offsets.append(steps[best])
    return np.array(offsets).reshape(len(places), 2)


def stacked_offsets(places: int) -> Pixels:
    """One number above the other, in three dimensions, where any place comes before any other as the picture is turned."""
    return np.stack([np.full(places, REACHES[0]), REACHES[0] + LINE * np.arange(places)], axis=1)
