"""Face crops as pictures for people: the landmarks drawn into them."""

import numpy as np

from comp_viz.clips.clip import Face
from comp_viz.clips.media import Picture
from comp_viz.figures.style import Palette


def marked_crop(face: Face, palette: Palette) -> Picture:
    """The crop `[side, side, 3]` with a dot at every landmark."""
    picture = np.array(face.crop)
    side = len(picture)
    tone = tuple(int(palette.modality["video"][i : i + 2], 16) for i in (1, 3, 5))
    at = np.clip((face.crop_landmarks * side).astype(int), 0, side - 1)
    picture[at[:, 1], at[:, 0]] = tone
    return picture


def strongest_blendshapes(face: Face, names: tuple[str, ...], count: int = 2) -> list[tuple[str, float]]:
    """The strongest named blendshapes, 0 to 1, without the neutral one and where the eyes look."""
    telling = [i for i, name in enumerate(names) if name != "_neutral" and not name.startswith("eyeLook")]
    order = sorted(telling, key=lambda i: -face.blendshapes[i])[:count]
    return [(names[i], float(face.blendshapes[i])) for i in order]
