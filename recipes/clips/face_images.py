"""FER2013: faces as found on the web, 48×48 pixels, one picture each. Split by image, equal images together."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from comp_viz.clips.media import Picture
from comp_viz.clips.reading import Read, read_video
from comp_viz.clips.settings import Settings
from comp_viz.errors import CompVizError
from recipes.clips.corpus import EMOTIONS, Corpus, Item

FILE = "fer2013_faces.npz"
SIDE, BORDER = 192, 48  # pixels, of the enlarged face and of the black around it: without it more faces are not found
ALTERED = 3  # one training face in so many comes again as a small one in a picture of poor quality
SMALL = (56, 110)  # pixels, side of those
TENTHS = {0: "test", 1: "validation"}  # the rest is training


def items(root: Path) -> list[Item]:
    """Every different image once, those that are there under two labels left out; then some again, altered, `row~1`."""
    with np.load(root / FILE, allow_pickle=False) as file:
        images, labels, classes = file["images"], file["labels"], tuple(map(str, file["classes"]))
    if classes != EMOTIONS:
        raise CompVizError(f"{FILE}: expected the classes {', '.join(EMOTIONS)}, got {', '.join(classes)}.")
    digests = [hashlib.sha256(image.tobytes()).hexdigest() for image in images]
    given: dict[str, set[int]] = {}
    for digest, label in zip(digests, labels, strict=True):
        given.setdefault(digest, set()).add(int(label))
    first = {digest: row for row, digest in reversed(list(enumerate(digests)))}
    originals = [
        Item(str(row), int(labels[row]), TENTHS.get(int(digest, 16) % 10, "train"), digest[:16])
        for digest, row in sorted(first.items(), key=lambda entry: entry[1])
        if len(given[digest]) == 1
    ]
    again = [replace(i, name=f"{i.name}~1", altered=True) for i in originals[::ALTERED] if i.split == "train"]
    return originals + again


def reader(root: Path, settings: Settings) -> Callable[[Item], Read]:
    """Reads an image as an utterance of one picture."""
    names = dict(settings.extractors)["video"]
    with np.load(root / FILE, allow_pickle=False) as file:
        images = file["images"]

    def read(item: Item) -> Read:
        row, _, version = item.name.partition("~")
        picture = (
            in_a_poor_picture(images[int(row)], np.random.default_rng([1, int(row)]))
            if version
            else enlarged(images[int(row)])
        )
        return read_video([picture], [0.0], "", names, settings, 1)[0]

    return read


def in_a_poor_picture(image: Picture, rng: np.random.Generator) -> Picture:
    """The face small, off the middle of a picture, in other light, blurred and compressed: `[3 * side, 3 * side, 3]`."""
    side = int(rng.integers(*SMALL))
    face = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC), float)
    grey = face.mean()
    face = (face - grey) * rng.uniform(0.7, 1.2) + grey + rng.uniform(-25, 25)
    blurred = Image.fromarray(np.clip(face, 0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(rng.uniform(0, 1.2))
    )
    whole = Image.new("L", (side * 3, side * 3), int(rng.integers(0, 120)))
    left, top = (side + int(rng.integers(-side // 2, side // 2)) for _ in range(2))
    whole.paste(blurred, (left, top))
    file = io.BytesIO()
    whole.save(file, "JPEG", quality=int(rng.integers(45, 90)))
    return np.asarray(Image.open(file).convert("RGB"))


def enlarged(image: Picture) -> Picture:
    """A grey image `[48, 48]` as a picture `[288, 288, 3]` that faces are found in."""
    large = np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return np.repeat(np.pad(large, BORDER)[:, :, None], 3, axis=2)


CORPUS = Corpus(
    name="FER2013 faces",
    modality="video",
    files=(FILE,),
    licence="FER2013 (Goodfellow et al., 2013): images from the web, research use",
    items=items,
    reader=reader,
)
