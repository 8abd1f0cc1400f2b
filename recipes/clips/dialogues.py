"""MELD: dialogues of a television series in transcripts. Split by dialogue, its development part for testing."""

import csv
from collections.abc import Callable
from pathlib import Path

from comp_viz.clips.reading import Read, read_text
from comp_viz.clips.settings import Settings
from comp_viz.clips.span import Span, Word
from recipes.clips.corpus import OTHER, Corpus, Item

FILES = ("meld_train.csv", "meld_dev.csv")
LABELS = {"neutral": 0, "joy": 1, "sadness": 2, "anger": 3}
WRITTEN = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "—": " - ", "–": " - "}
)  # as recognisers write
EVERY = 8  # one training dialogue in so many is for validation


def items(root: Path) -> list[Item]:
    """All utterances, dialogues and their order kept; those with other emotions are there for context only."""
    utterances = []
    for name, part in zip(FILES, ("train", "dev"), strict=True):
        with (root / name).open(encoding="utf-8", newline="") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: (int(row["dialogue"]), int(row["utterance"])))
        for row in rows:
            dialogue, label = int(row["dialogue"]), LABELS.get(row["emotion"], OTHER)
            split = "test" if part == "dev" else "validation" if dialogue % EVERY == 0 else "train"
            where = f"{part} {dialogue}"
            utterances.append(
                Item(
                    f"{where} {row['utterance']}",
                    label,
                    split,
                    where,
                    row["speaker"],
                    row["text"].translate(WRITTEN).strip(),
                )
            )
    return utterances


def reader(root: Path, settings: Settings) -> Callable[[Item], Read]:
    """Reads a transcript as words that were recognised for certain."""
    names = dict(settings.extractors)["text"]

    def read(item: Item) -> Read:
        words = tuple(Word(word, 0.0, 0.0, 1.0) for word in item.words.split())
        return read_text(Span(0.0, 0.0, words), "", names, settings)

    return read


CORPUS = Corpus(
    name="MELD transcripts",
    modality="text",
    files=FILES,
    licence="MELD (Poria et al., 2019): transcripts of a television series, research use (GPL-3.0)",
    items=items,
    reader=reader,
)
