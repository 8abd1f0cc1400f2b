"""Where in a picture to look for a face: without black bands, in overlapping square tiles, and around a face seen before."""

import numpy as np

from comp_viz.clips.media import Picture
from comp_viz.data.conversation import Floats

Square = tuple[int, int, int]  # left, top, side, pixels; may reach beyond the picture, where it is black

SMALLEST_TILE = 176  # pixels, side of the smallest tiles: the detector sees faces from about 1/6 of it on
TILE_OVERLAP = 0.34  # of a tile's side that its neighbour shows too, so that no face is cut by both
FACE_WINDOW = 2.2  # sides of a face's box that the picture handed to the landmarker has
ENLARGED = 256  # pixels, side that small windows are enlarged to
BLACK = 24  # brightest value of a row or column of a black band


def picture_area(picture: Picture) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a picture without its black bands; all of it when it is black."""
    bright = picture[::2, ::2].max(axis=2)  # every second pixel is enough
    (left, right), (top, bottom) = (lit(bright.max(axis=i), picture.shape[1 - i]) for i in (0, 1))
    return left, top, right, bottom


def lit(line: Picture, length: int) -> tuple[int, int]:
    """First and one past the last of `length` pixels that are not of a black band, `line` holding every second of them."""
    places = np.flatnonzero(line > BLACK)
    return (int(2 * places[0]), min(length, int(2 * places[-1] + 2))) if len(places) else (0, length)


def tile_levels(width: int, height: int) -> list[list[Square]]:
    """Tiles that cover a picture, the largest first: of its shorter side, and smaller ones down to `SMALLEST_TILE`."""
    side = min(width, height)
    steps = max(0, round(float(np.log2(side / SMALLEST_TILE)))) if side else 0
    sides = np.geomspace(side, SMALLEST_TILE, steps + 1).round() if steps else np.array([side])
    return [tiles(width, height, int(s)) for s in sides if len(sides) > 1 or width != height]


def tiles(width: int, height: int, side: int) -> list[Square]:
    """Squares of this side over the whole picture, evenly spaced."""
    across, down = (
        np.linspace(0, length - side, 1 + int(np.ceil((length - side) / (side * (1 - TILE_OVERLAP))))).round()
        for length in (width, height)
    )
    return [(int(x), int(y), side) for y in down for x in across]


def window(box: Floats, sides: float = FACE_WINDOW) -> Square:
    """The square around a box `[left, top, right, bottom]`, `sides` times as wide as the box's longer side."""
    side = max(1, round(sides * float(max(box[2] - box[0], box[3] - box[1]))))
    return (round(float(box[0] + box[2] - side) / 2), round(float(box[1] + box[3] - side) / 2), side)


def cut_square(picture: Picture, square: Square, pixels: int) -> Picture:
    """What a square shows, `[pixels, pixels, 3]`, black where it leaves the picture."""
    from PIL import Image

    left, top, side = square
    corners = (left, top, left + side, top + side)
    cut = Image.fromarray(picture).crop(corners)  # black where it leaves the picture
    return np.asarray(cut.resize((pixels, pixels), Image.Resampling.BILINEAR))


def overlap(box: Floats, other: Floats) -> float:
    """Intersection over union of two boxes `[left, top, right, bottom]`."""
    low, high = np.maximum(box[:2], other[:2]), np.minimum(box[2:], other[2:])
    both = float(np.prod(np.maximum(high - low, 0)))
    return both / max(1e-9, float(np.prod(box[2:] - box[:2]) + np.prod(other[2:] - other[:2])) - both)
