"""Fits the measure of whether mouth and eyes are covered, to faces of FER2013 with coverings drawn over them.

    python -m recipes.clips.face_visibility CORPORA [--faces 1800]

Writes `comp_viz/clips/face_visibility.npz` and prints what share of covered and uncovered faces kept apart it is right of.
The landmarker looks at the covered face anew, so that its landmarks are as invented as they would be.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import gaussian_filter

from comp_viz.clips import faces
from comp_viz.clips.clip import Face
from comp_viz.clips.face_visibility import (
    FACE_PARTS,
    LEFT_EYE,
    LIPS,
    RIGHT_EYE,
    VISIBILITY_WEIGHTS,
    aligned_face,
    describe_part,
)
from comp_viz.clips.media import Picture
from comp_viz.data.conversation import Floats
from recipes.clips.face_images import FILE, enlarged

OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
NOSE = (1, 2, 4, 195, 5)
VARIANTS = 4  # of each face that are learned from
DECAY = 0.001  # of the weights, against fitting the faces at hand
REJECTED = 0.03  # share of uncovered faces kept apart that may be taken for covered
Draw = Callable[[ImageDraw.ImageDraw, np.random.Generator, "Places"], None]


class Places:
    """Where things are in a face, pixels."""

    def __init__(self, landmarks: Floats) -> None:
        self.left, self.right, self.mouth = (landmarks[list(p)].mean(0) for p in (LEFT_EYE, RIGHT_EYE, LIPS))
        self.eyes = (self.left + self.right) / 2
        self.unit = float(np.linalg.norm(self.right - self.left))  # between the eyes
        self.oval, self.nose = landmarks[list(OVAL)], landmarks[list(NOSE)]


def box(pen: ImageDraw.ImageDraw, centre: Floats, half: tuple[float, float], round_: bool = False) -> None:
    """A filled rectangle or ellipse around a centre."""
    corners = (centre[0] - half[0], centre[1] - half[1], centre[0] + half[0], centre[1] + half[1])
    (pen.ellipse if round_ else pen.rectangle)(corners, fill=255)


def mask(pen: ImageDraw.ImageDraw, rng: np.random.Generator, at: Places) -> None:
    """From the nose over mouth and chin."""
    nose, low, high = rng.choice(at.nose), at.oval[:, 0].min(), at.oval[:, 0].max()
    side = nose[1] + rng.uniform(-0.1, 0.25) * at.unit
    chin = at.oval[at.oval[:, 1] > nose[1]]
    chin = chin[np.argsort(-chin[:, 0])] + np.array([0, rng.uniform(0, 0.15) * at.unit])
    pen.polygon([(low, side), tuple(nose), (high, side), *map(tuple, chin)], fill=255)


def mouth_bar(pen: ImageDraw.ImageDraw, rng: np.random.Generator, at: Places) -> None:
    """A bar over the mouth."""
    box(pen, at.mouth, (rng.uniform(0.5, 1.2) * at.unit, rng.uniform(0.28, 0.6) * at.unit))


def mouth_blob(pen: ImageDraw.ImageDraw, rng: np.random.Generator, at: Places) -> None:
    """Something round before the mouth: a cup, a microphone."""
    box(pen, at.mouth, (rng.uniform(0.45, 0.9) * at.unit, rng.uniform(0.4, 0.7) * at.unit), round_=True)


def eye_bar(pen: ImageDraw.ImageDraw, rng: np.random.Generator, at: Places) -> None:
    """A bar over both eyes."""
    box(pen, at.eyes, (rng.uniform(0.85, 1.3) * at.unit, rng.uniform(0.2, 0.4) * at.unit))


def glasses(pen: ImageDraw.ImageDraw, rng: np.random.Generator, at: Places) -> None:
    """Dark glasses."""
    half, round_ = (rng.uniform(0.33, 0.5) * at.unit, rng.uniform(0.24, 0.4) * at.unit), bool(rng.random() < 0.5)
    for eye in (at.left, at.right):
        box(pen, eye + np.array([0, rng.uniform(-0.05, 0.1) * at.unit]), half, round_)
    pen.line((*at.left, *at.right), fill=255, width=max(1, int(0.06 * at.unit)))


def cap(pen: ImageDraw.ImageDraw, rng: np.random.Generator, at: Places) -> None:
    """A cap or hair down to below the eyes."""
    box(pen, np.array([at.eyes[0], 0]), (rng.uniform(1.2, 3) * at.unit, at.eyes[1] + rng.uniform(0.12, 0.3) * at.unit))


def fingers(centre: str) -> Draw:
    """Some fingers beside each other over the mouth or the eyes."""

    def draw_fingers(pen: ImageDraw.ImageDraw, rng: np.random.Generator, at: Places) -> None:
        angle, width, count = rng.uniform(-0.6, 0.6), rng.uniform(0.2, 0.32) * at.unit, int(rng.integers(3, 6))
        along = np.array([np.cos(angle), np.sin(angle)])
        for k in range(count):
            middle = getattr(at, centre) + (k - (count - 1) / 2) * width * np.array([-along[1], along[0]])
            ends = (
                middle - along * rng.uniform(0.7, 1.2) * at.unit,
                middle + along * rng.uniform(0.7, 1.6) * at.unit,
            )
            shade = 255 - int(rng.integers(0, 70))  # lets some of the face through, as the gaps between fingers do
            pen.line((*ends[0], *ends[1]), fill=shade, width=max(2, int(width * rng.uniform(0.95, 1.2))))

    return draw_fingers


COVERINGS: dict[str, tuple[Draw, ...]] = {
    "mouth": (mask, mouth_bar, mouth_bar, mouth_blob, fingers("mouth"), fingers("mouth")),
    "eyes": (glasses, glasses, eye_bar, cap, fingers("eyes"), fingers("eyes")),
}


def surface(shape: tuple[int, int], skin: float, rng: np.random.Generator) -> Floats:
    """Grey levels of a covering: one shade, that of skin at times, with waves, spots or light from one side."""
    shade = (rng.uniform(0, 60), rng.uniform(190, 255), rng.uniform(0, 255), skin * rng.uniform(0.75, 1.2))[
        rng.choice(4)
    ]
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    level, kind = np.full(shape, shade, np.float32), rng.choice(4)
    if kind == 1:
        level += rng.uniform(5, 40) * np.sin((columns * rng.normal() + rows * rng.normal()) / rng.uniform(2, 12))
    elif kind == 2:
        spots = rng.normal(size=[max(2, n // int(rng.integers(4, 24))) for n in shape]).astype(np.float32)
        level += rng.uniform(5, 45) * np.asarray(Image.fromarray(spots).resize(shape[::-1], Image.Resampling.BICUBIC))
    elif kind == 3:
        level += (rows / shape[0] - 0.5) * rng.uniform(-120, 120) + (columns / shape[1] - 0.5) * rng.uniform(-120, 120)
    return (level + rng.normal(size=shape) * rng.uniform(0, 6)).astype(np.float32)


def covered(picture: Picture, face: Face, part: str, rng: np.random.Generator) -> Picture:
    """A grey picture with something before the mouth or the eyes."""
    at, shape = Places(face.landmarks), picture.shape[:2]
    drawn = Image.new("L", shape[::-1])
    COVERINGS[part][rng.integers(len(COVERINGS[part]))](ImageDraw.Draw(drawn), rng, at)
    cover = np.asarray(drawn.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 0.05) * at.unit))), np.float32) / 255
    x, y = face.landmarks[1].astype(int).clip(3, np.array(shape[::-1]) - 3)
    level = surface(shape, float(picture[y - 2 : y + 3, x - 2 : x + 3].mean()), rng)
    mixed = picture[:, :, 0] * (1 - cover) + level * cover
    return np.repeat(mixed.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def examples(images: Picture, rng: np.random.Generator) -> list[tuple[int, str, Floats]]:
    """Number of the image, what is covered ("" for nothing) and the aligned face."""
    rows = []
    for number, image in enumerate(images):
        picture = enlarged(image)
        if (face := faces.find_face(picture, 0.0)) is None:
            continue
        rows.append((number, "", aligned_face(face)))
        for part in FACE_PARTS:
            if again := faces.find_face(covered(picture, face, part, rng), 0.0):
                rows.append((number, part, aligned_face(again)))
    return rows


def varied(image: Floats, rng: np.random.Generator) -> list[Floats]:
    """An aligned face as it is, and mirrored, blurred and with noise, which cover nothing."""
    either = image if rng.random() < 0.5 else image[:, ::-1]
    blurred, noisy = (
        gaussian_filter(either, rng.uniform(0.5, 2.5)),
        either + rng.normal(size=image.shape) * rng.uniform(2, 15),
    )
    return [image, image[:, ::-1], blurred, noisy]


def fit(x: Floats, y: Floats) -> Floats:
    """Weights and a constant, `[D + 1]`, of a logistic regression in which both answers weigh the same."""
    given, wanted = torch.from_numpy(x).double(), torch.from_numpy(y).double()
    weights = torch.zeros(x.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    weight = torch.where(wanted > 0, 0.5 / wanted.mean(), 0.5 / (1 - wanted.mean()))
    optimiser = torch.optim.LBFGS([weights], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        scores = given @ weights[:-1] + weights[-1]
        value = torch.nn.functional.binary_cross_entropy_with_logits(scores, wanted, weight)
        value = value + DECAY * weights[:-1].square().sum()
        value.backward()
        return value

    optimiser.step(loss)
    return weights.detach().numpy().astype(np.float32)


def main() -> None:
    """Draw, look, fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path, help=f"folder with {FILE}")
    parser.add_argument("--faces", type=int, default=1800)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    with np.load(options.corpora / FILE, allow_pickle=False) as file:
        images = file["images"]
    rows = examples(images[rng.permutation(len(images))[: options.faces]], rng)
    faces.close()
    apart = np.array([number % 5 == 0 for number, _, _ in rows])
    labels, weights = np.array([part for _, part, _ in rows]), dict[str, Floats]()
    for part in FACE_PARTS:
        x = np.stack([describe_part(other, part) for _, _, image in rows for other in varied(image, rng)])
        x = x.reshape(len(rows), VARIANTS, -1)
        fitted = fit(x[~apart].reshape(-1, x.shape[2]), np.repeat(labels[~apart] == part, VARIANTS).astype(np.float64))
        scores = x[apart, 0] @ fitted[:-1] + fitted[-1]
        least = float(np.quantile(scores[labels[apart] == ""], 1 - REJECTED))
        fitted[-1] -= least
        share = {name or "nothing": np.mean(scores[labels[apart] == name] > least) for name in ("", *FACE_PARTS)}
        print(part, "taken for covered, by what is:", {name: round(float(value), 3) for name, value in share.items()})
        weights[part] = fitted
    arrays: dict[str, Any] = dict(weights)
    np.savez(VISIBILITY_WEIGHTS, **arrays)


if __name__ == "__main__":
    main()
