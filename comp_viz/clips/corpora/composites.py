"""Composites: utterances that take voice, face and words of one emotion from the three corpora, each maybe missing."""

from collections.abc import Iterator, Sequence

import numpy as np

from comp_viz.clips.corpora.alone import Row, conversation, length, usable
from comp_viz.clips.corpora.corpus import EMOTIONS
from comp_viz.clips.corpora.features import Table
from comp_viz.data.conversation import Conversation

MISSING = 0.25  # share of an utterance's modalities that are left out, never all of them
STAYS = 0.6  # how often an emotion is kept from one utterance to the next rather than drawn anew
LONGEST = 200  # utterances, so that the network has met all positions of a long clip


def composites(
    tables: Sequence[Table], split: str, utterances: int, widths: dict[str, int], rng: np.random.Generator
) -> Iterator[Conversation]:
    """Conversations of `utterances` or a few more in all, each with the voice of one speaker."""
    found = {table.corpus.modality: members(table, split) for table in tables}
    by_modality = {table.corpus.modality: table for table in tables}
    made = count = 0
    while made < utterances:
        speakers = sorted({speaker for speaker, _ in found["audio"]})
        speaker = speakers[rng.integers(len(speakers))]
        labels = emotions(length(rng, min(LONGEST, utterances - made)), rng)
        rows: list[Row] = []
        for emotion in labels:
            there = [modality for modality in by_modality if rng.random() >= MISSING]
            there = there or [list(by_modality)[rng.integers(len(by_modality))]]
            rows.append(
                {m: (by_modality[m], draw(found[m], speaker if m == "audio" else "", emotion, rng)) for m in there}
            )
        yield conversation(f"composite, {split} {count}", split, rows, labels, widths)
        made, count = made + len(rows), count + 1


def emotions(S: int, rng: np.random.Generator) -> list[int]:
    """Labels of a conversation `[S]`, all as frequent, that tend to stay for a while."""
    labels = [int(rng.integers(len(EMOTIONS)))]
    while len(labels) < S:
        labels.append(labels[-1] if rng.random() < STAYS else int(rng.integers(len(EMOTIONS))))
    return labels


def members(table: Table, split: str) -> dict[tuple[str, int], list[int]]:
    """Items of a split by speaker and label; who speaks counts for voices only."""
    found: dict[tuple[str, int], list[int]] = {}
    for n in usable(table, split):
        item = table.items[n]
        if item.label >= 0:
            found.setdefault((item.speaker if table.corpus.modality == "audio" else "", item.label), []).append(n)
    return found


def draw(found: dict[tuple[str, int], list[int]], speaker: str, emotion: int, rng: np.random.Generator) -> int:
    """One item of that speaker and emotion."""
    choice = found[speaker, emotion]
    return choice[rng.integers(len(choice))]
