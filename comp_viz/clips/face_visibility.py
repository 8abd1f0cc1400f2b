"""Whether a face's mouth and eyes are to be seen, or something is held before them: the landmarker invents them then.

A linear measure over gradients of the face, turned and scaled so that eyes and mouth lie in the same places. Its weights
were fitted to pictures with drawn coverings by `recipes/clips/face_visibility.py`.
"""

from functools import cache
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from comp_viz.clips.clip import Face
from comp_viz.data.conversation import Floats

FACE_PARTS = ("mouth", "eyes")
VISIBILITY_WEIGHTS = Path(__file__).with_name("face_visibility.npz")
ALIGNED_SIDE = 48  # pixels of the aligned face
ALIGNED_PLACES = np.array([[14.0, 17], [34, 17], [24, 38]])  # x, y in it: the eyes' centres and the mouth's
LEFT_EYE, RIGHT_EYE, LIPS = (33, 133), (263, 362), (61, 291, 0, 17)  # landmarks whose means lie there
ROWS = {"mouth": slice(28, 48), "eyes": slice(8, 28)}
COLUMNS, GRADIENT_CELL, DIRECTIONS = slice(6, 42), 4, 8
BLUR, LEAST_CONTRAST = 0.7, 5.0  # pixels; grey levels that count as none


def covered_parts(face: Face) -> tuple[str, ...]:
    """Those of mouth and eyes that are not to be seen."""
    image = aligned_face(face)
    fits = fitted_weights()
    return tuple(
        part for part in FACE_PARTS if float(describe_part(image, part) @ fits[part][:-1] + fits[part][-1]) > 0
    )


@cache
def fitted_weights() -> dict[str, Floats]:
    """Part -> a weight for each number of `describe_part`, and the constant, `[D + 1]`: above 0 it is covered."""
    with np.load(VISIBILITY_WEIGHTS, allow_pickle=False) as file:
        return {part: file[part] for part in FACE_PARTS}


def aligned_face(face: Face) -> Floats:
    """Grey levels of the face with eyes and mouth at `ALIGNED_PLACES`, `[48, 48]`."""
    from PIL import Image

    grey = Image.fromarray(face.crop).convert("L").reduce(2)
    marks = face.crop_landmarks * grey.width
    corners = np.stack([marks[list(places)].mean(0) for places in (LEFT_EYE, RIGHT_EYE, LIPS)])
    solution = np.linalg.lstsq(np.c_[ALIGNED_PLACES, np.ones(3)], corners, rcond=None)[0]
    cut = grey.transform(
        (ALIGNED_SIDE, ALIGNED_SIDE), Image.Transform.AFFINE, tuple(solution.T.ravel()), Image.Resampling.BILINEAR
    )
    return np.asarray(cut, np.float32)


def describe_part(image: Floats, part: str) -> Floats:
    """Gradients by direction and mean grey level in cells of a part, in units of the face's contrast, `[405]`."""
    inner = image[6:46, COLUMNS]
    smooth = gaussian_filter((image - inner.mean()) / (inner.std() + LEAST_CONTRAST), BLUR)
    down, across = np.gradient(smooth)
    size, angle = np.hypot(across, down), np.arctan2(down, across)
    step = 2 * np.pi / DIRECTIONS
    off = (angle - step * np.arange(DIRECTIONS)[:, None, None] + np.pi) % (2 * np.pi) - np.pi
    shares = np.maximum(0, 1 - np.abs(off) / step) * size
    cells = np.concatenate([2 * np.sqrt(cell_means(shares, part)), cell_means(smooth[None], part)])
    return cells.ravel().astype(np.float32)


def cell_means(maps: Floats, part: str) -> Floats:
    """Means over square cells of a part, `[n, 48, 48]` -> `[n, rows, columns]`."""
    zone = maps[:, ROWS[part], COLUMNS]
    n, height, width = zone.shape
    means: Floats = zone.reshape(n, height // GRADIENT_CELL, GRADIENT_CELL, width // GRADIENT_CELL, GRADIENT_CELL).mean(
        (2, 4)
    )
    return means
