"""Sentences with emotions: dialogues of television series (MELD, EmoryNLP) and comments (GoEmotions). Split by dialogue.

MELD has to be there; `emorynlp/emorynlp_*_final.csv` (github.com/declare-lab/MELD) and `goemotions/train.tsv` with
`labels.txt` (Google's GoEmotions) are used where they lie beside it.
"""

import csv
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from comp_viz.clips.reading import Read, read_text
from comp_viz.clips.settings import Settings
from comp_viz.clips.span import Span, Word
from recipes.clips.corpus import OTHER, Corpus, Item

FILES = ("meld_train.csv", "meld_dev.csv")
EMORY, GOEMOTIONS = "emorynlp", "goemotions"
LABELS = {"neutral": 0, "joy": 1, "sadness": 2, "anger": 3}
EMORY_LABELS = {"Neutral": 0, "Joyful": 1, "Sad": 2, "Mad": 3}
COMMENTS = {
    "neutral": 0, "joy": 1, "amusement": 1, "excitement": 1, "love": 1, "sadness": 2, "grief": 2, "disappointment": 2,
    "remorse": 2, "anger": 3, "annoyance": 3,
}  # fmt: skip
COMMENTS_EACH = 2000  # of an emotion
WRITTEN = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "—": " - ", "–": " - "}
)  # as recognisers write
EVERY = 8  # one training dialogue in so many is for validation


def items(root: Path) -> list[Item]:
    """All utterances, dialogues and their order kept; those with other emotions are there for context."""
    return [*meld(root), *emory(root / EMORY), *comments(root / GOEMOTIONS)]


def meld(root: Path) -> Iterator[Item]:
    """MELD; its development part is for testing."""
    for name, part in zip(FILES, ("train", "dev"), strict=True):
        for row in table_rows(root / name):
            dialogue, label = int(row["dialogue"]), LABELS.get(row["emotion"], OTHER)
            split = "test" if part == "dev" else "validation" if dialogue % EVERY == 0 else "train"
            where = f"{part} {dialogue}"
            yield sentence(f"{where} {row['utterance']}", label, split, where, row["speaker"], row["text"])


def emory(folder: Path) -> Iterator[Item]:
    """EmoryNLP, where it is there: other annotations of the same series, for training only."""
    for path in sorted(folder.glob("emorynlp_*_final.csv")):
        for n, row in enumerate(table_rows(path)):
            where = f"{EMORY} {path.stem} {row['Season']} {row['Episode']} {row['Scene_ID']}"
            label = EMORY_LABELS.get(row["Emotion"], OTHER)
            yield sentence(f"{where} {n}", label, "train", where, row["Speaker"], row["Utterance"])


def comments(folder: Path) -> Iterator[Item]:
    """GoEmotions, where it is there: comments with one label, as many of each emotion, for training only."""
    if not (folder / "train.tsv").is_file():
        return
    names = (folder / "labels.txt").read_text(encoding="utf-8").split()
    by_label: dict[int, list[tuple[str, str]]] = {}
    for row in table_rows(folder / "train.tsv", "\t"):
        if row["label"].isdecimal() and names[int(row["label"])] in COMMENTS and not re.search(r"\[|/r/", row["text"]):
            by_label.setdefault(COMMENTS[names[int(row["label"])]], []).append((row["id"], row["text"]))
    rng = np.random.default_rng(1)
    for label, rows in sorted(by_label.items()):
        for n in rng.permutation(len(rows))[:COMMENTS_EACH]:
            name = f"{GOEMOTIONS} {rows[n][0]}"
            yield sentence(name, label, "train", name, "", rows[n][1])


def table_rows(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """Rows of a table of text."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        if delimiter == "\t":
            yield from csv.DictReader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        else:
            yield from csv.DictReader(file, delimiter=delimiter)


def sentence(name: str, label: int, split: str, group: str, speaker: str, text: str) -> Item:
    """An utterance; half of those for training have neither capitals nor signs, which recognisers set as they please."""
    words = as_recognised(text.translate(WRITTEN).strip())
    if split == "train" and zlib.crc32(name.encode()) % 2:
        words = without_signs(words)
    return Item(name, label, split, group, speaker, words)


def as_recognised(text: str) -> str:
    """Written as recognisers write: no stage directions, one sign at a time, no exclamation marks."""
    text = re.sub(r"\(.*?\)", "", text)
    text = re.sub(r"\?+", "?", re.sub(r"[!.]+", ".", text))
    return re.sub(r"\s+", " ", text.replace(" - ", " ")).strip(' "')


def without_signs(text: str) -> str:
    """Small letters and apostrophes only."""
    return re.sub(r"\s+", " ", re.sub(r"[^\w' ]", " ", text.lower())).strip()


def reader(root: Path, settings: Settings) -> Callable[[Item], Read]:
    """Reads a transcript as words that were recognised for certain."""
    names = dict(settings.extractors)["text"]

    def read(item: Item) -> Read:
        words = tuple(Word(word, 0.0, 0.0, 1.0) for word in item.words.split())
        return read_text(Span(0.0, 0.0, words), "", names, settings)

    return read


CORPUS = Corpus(
    name="sentences",
    modality="text",
    files=FILES,
    licence=(
        "MELD (Poria et al., 2019): transcripts of a television series, research use (GPL-3.0); "
        "EmoryNLP (Zahiri and Choi, 2018): Apache-2.0; GoEmotions (Demszky et al., 2020): CC BY 4.0"
    ),
    items=items,
    reader=reader,
)
