"""Notices that a clip lies on its side or upside down although its file does not say so: by the heads in it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from comp_viz.clips.face_tiles import Square, tile_levels
from comp_viz.clips.faces import TILE, detections
from comp_viz.clips.media import Media, Picture
from comp_viz.data.conversation import Floats

JUDGED = 3  # pictures, evenly over the clip
UPRIGHT_SCORE = 0.92  # mean score that only upright heads reach, so that nothing else need be tried
TURNED_SCORE = 0.8  # mean score of upright heads, below which nothing is turned
TURNED_LEAD = 0.05  # by which it must be above the score of the pictures as they are
WHOLE_SCORE = 0.85  # mean score from which heads are large enough to be judged in the whole picture


def with_heads_upright(media: Media) -> Media:
    """The clip with its pictures turned where the heads in them say so, which stays so on disk, and a note of it."""
    count = len(media.picture_times)
    if media.video_problem or not count or media.turned:
        return media
    turned = turn_upright(media.pictures([count * (2 * i + 1) // (2 * JUDGED) for i in range(min(JUDGED, count))]))
    if not turned:
        return media
    width, height = (media.height, media.width) if turned % 180 else (media.width, media.height)
    how = {90: "a quarter turn to the left", 180: "half a turn", 270: "a quarter turn to the right"}[turned]
    note = f"heads do not stand upright although the file names no rotation for it: pictures were given {how}"
    media = replace(media, turned=turned, width=width, height=height, notes=(*media.notes, note))
    media.save()
    return media


def turn_upright(pictures: Sequence[Picture]) -> int:
    """Degrees anticlockwise, 0 90 180 or 270, by which a clip's pictures are to be turned for heads to be upright.

    Mean scores of the detector for upright heads lie above 0.9, on their side at 0.7 to 0.9, upside down at 0.6 to 0.75.
    The landmarker's tilt is no measure: upside down, it believes in an upright face that is not there.
    """
    scores = turned_scores([thumbnail(picture) for picture in pictures], whole_picture)
    if len(scores) and scores.mean(0).max() < WHOLE_SCORE:  # heads may be small
        scores = turned_scores(pictures, small_tiles)
    return 90 * turns_of(scores)


def turned_scores(pictures: Sequence[Picture], where: Callable[[int, int], list[Square]]) -> Floats:
    """The highest score of a head in each picture after 0 to 3 quarter turns anticlockwise, `[P, 4]`; 0 without any.

    `where` says which squares of a picture of a width and height to look at.
    """
    scores = np.zeros((len(pictures), 4), np.float32)
    for turns in range(4):
        if turns == 1 and len(pictures) and scores[:, 0].mean() >= UPRIGHT_SCORE:
            break
        for i, picture in enumerate(pictures):
            turned = np.ascontiguousarray(np.rot90(picture, turns))
            squares = where(turned.shape[1], turned.shape[0])
            scores[i, turns] = max((score for square in squares for _, score in detections(turned, square)), default=0)
    return scores


def whole_picture(width: int, height: int) -> list[Square]:
    """One square around all of it."""
    side = max(width, height)
    return [((width - side) // 2, (height - side) // 2, side)]


def small_tiles(width: int, height: int) -> list[Square]:
    """The tiles of all sizes."""
    return [square for level in tile_levels(width, height) for square in level]


def turns_of(scores: Floats) -> int:
    """Quarter turns that make heads upright, from the scores of each picture under 0 to 3 of them, `[P, 4]`."""
    if not len(scores):
        return 0
    mean = scores.mean(0)
    best = int(mean.argmax())
    most = float(np.mean(scores[:, best] > scores[:, 0])) > 0.5
    return best if most and mean[best] >= TURNED_SCORE and mean[best] - mean[0] >= TURNED_LEAD else 0


def thumbnail(picture: Picture) -> Picture:
    """A picture as small as the detector takes it, which is the same to turn afterwards."""
    from PIL import Image

    small = Image.fromarray(picture)
    small.thumbnail((TILE, TILE), Image.Resampling.BILINEAR)
    return np.asarray(small)
