"""Reads a corpus once: features are kept in a folder as they are made, so that an interrupted reading goes on."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from comp_viz.clips.reading import Read
from comp_viz.clips.settings import Settings
from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.conversation import Floats
from recipes.clips.corpus import Corpus, Item

TOGETHER = 100  # items in one file of the folder: what an interruption loses at most


@dataclass(frozen=True)
class Table:
    """A corpus as it was read."""

    corpus: Corpus
    items: tuple[Item, ...]  # [N]
    features: Floats  # [N, D], zeros where missing
    reasons: tuple[str, ...]  # [N], why an item's features are missing, "" where they are there


def read_corpus(
    corpus: Corpus, root: Path, kept: Path, settings: Settings, tick: Callable[[int, int], None] = lambda done, of: None
) -> Table:
    """Read all items of a corpus in the folder `root`, or take from the folder `kept` what was read before.

    `tick(items done, of all)` is called as it goes. Raises `CompVizError` when the corpus is not there.
    """
    corpus.check(root)
    items = corpus.items(root)
    folder = kept / f"{corpus.modality}-{key(items, settings)}"
    read: Callable[[Item], Read] | None = None
    features, reasons = list[Floats](), list[str]()
    for first in range(0, len(items), TOGETHER):
        path = folder / f"{first:06}.npz"
        if not path.is_file():
            read = read or corpus.reader(root, settings)
            extracted = [read(item) for item in items[first : first + TOGETHER]]
            with atomic_write(path) as temporary:
                np.savez(temporary, features=[r.features for r in extracted], reasons=[r.reason for r in extracted])
        with np.load(path, allow_pickle=False) as file:
            features.append(file["features"])
            reasons += map(str, file["reasons"])
        tick(len(reasons), len(items))
    return Table(corpus, tuple(items), np.concatenate(features), tuple(reasons))


def key(items: list[Item], settings: Settings) -> str:
    """Names features by all they depend on: the items, the extractors and the thresholds."""
    contents = repr((settings.sources, settings.thresholds, [(item.name, item.words) for item in items]))
    return hashlib.sha256(contents.encode()).hexdigest()[:16]
