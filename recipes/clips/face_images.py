"""FER2013: faces as found on the web, 48×48 pixels, one picture each. Split by image, equal images together."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from comp_viz.clips.media import Picture
from comp_viz.clips.reading import Read, read_video
from comp_viz.clips.settings import Settings
from comp_viz.errors import CompVizError
from recipes.clips.corpus import EMOTIONS, Corpus, Item

FILE = "fer2013_faces.npz"
SIDE, BORDER = 192, 48  # pixels, of the enlarged face and of the black around it: without it more faces are not found
TENTHS = {0: "test", 1: "validation"}  # the rest is training


def items(root: Path) -> list[Item]:
    """Every different image once; those that are there under two labels are left out."""
    with np.load(root / FILE, allow_pickle=False) as file:
        images, labels, classes = file["images"], file["labels"], tuple(map(str, file["classes"]))
    if classes != EMOTIONS:
        raise CompVizError(f"{FILE}: expected the classes {', '.join(EMOTIONS)}, got {', '.join(classes)}.")
    digests = [hashlib.sha256(image.tobytes()).hexdigest() for image in images]
    given: dict[str, set[int]] = {}
    for digest, label in zip(digests, labels, strict=True):
        given.setdefault(digest, set()).add(int(label))
    first = {digest: row for row, digest in reversed(list(enumerate(digests)))}
    return [
        Item(str(row), int(labels[row]), TENTHS.get(int(digest, 16) % 10, "train"), digest[:16])
        for digest, row in sorted(first.items(), key=lambda entry: entry[1])
        if len(given[digest]) == 1
    ]


def reader(root: Path, settings: Settings) -> Callable[[Item], Read]:
    """Reads an image as an utterance of one picture."""
    names = dict(settings.extractors)["video"]
    with np.load(root / FILE, allow_pickle=False) as file:
        images = file["images"]

    def read(item: Item) -> Read:
        return read_video([enlarged(images[int(item.name)])], [0.0], "", names, settings, 1)[0]

    return read


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
