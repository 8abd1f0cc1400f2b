"""Follows the speaker's face through the pictures of an utterance, and prefers one that moves to a picture on the wall."""

import math
from collections.abc import Sequence

import numpy as np

from comp_viz.clips.clip import Face
from comp_viz.clips.faces import FORGOTTEN, find_face
from comp_viz.clips.media import Picture
from comp_viz.data.conversation import Floats

SOONEST, LATEST = 0.1, 1.6  # seconds after which tiles are searched again when nothing was found
FEWEST_TOLD = 4  # faces from which on it is told whether they move
# Mean deviation of blendshapes over time that noise alone gives to a face of 100 pixels and more (0.004 to 0.005, of faces that
# move 0.013 and more), with room; it grows as the face gets smaller, to 0.03 at 40 pixels.
NOISE, CLEAR_SIZE = 0.008, 100


def follow_face(pictures: Sequence[Picture], times: Sequence[float]) -> list[Face]:
    """The speaker's face in those of an utterance's pictures that show it.

    Where the face that was followed is as still as a picture on the wall, and another one moves, it is that one.
    """
    faces = followed(pictures, times)
    if not is_still(faces):
        return faces
    others = followed(pictures, times, np.median([face.box for face in faces], 0))
    moving = len(others) >= max(FEWEST_TOLD, len(pictures) / 2) and not is_still(others)
    return others if moving else faces


def followed(pictures: Sequence[Picture], times: Sequence[float], beside: Floats | None = None) -> list[Face]:
    """One face, in each picture looked for first where the last one was; not that in the box `beside`.

    The longer there was none, the rarer tiles are searched.
    """
    faces, near, wait, again = list[Face](), None, SOONEST, -math.inf
    for picture, time in zip(pictures, times, strict=True):
        searching = time >= again - 1e-3  # times are not exact
        face = find_face(picture, time, near, searching, beside)
        if face is not None:
            faces.append(face)
            near, wait, again = face, SOONEST, time
        elif searching and (near is None or time - near.time > FORGOTTEN):
            again, wait = time + wait, min(2 * wait, LATEST)
    return faces


def is_still(faces: Sequence[Face]) -> bool:
    """Whether a face moves no more than a picture of one would by noise; False where there are too few to tell."""
    if len(faces) < FEWEST_TOLD:
        return False
    movement = float(np.std([face.blendshapes for face in faces], axis=0).mean())
    size = float(np.median([face.size for face in faces]))
    return movement < NOISE * max(1.0, CLEAR_SIZE / size) ** 2
