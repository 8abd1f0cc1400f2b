"""Composites: utterances put together of a voice, a face and words from three kinds of corpora, each maybe missing.

In people the three do not always agree, and a corpus is easier than the world: an actor who shouts on one microphone is
told from another emotion in 80 % of the files, a stranger in another room in 50. So each modality shows the utterance's
emotion only so often (`AGREES`), else another one, and at times an emotion that is none of the four, whatever the label.
From this the network learns how far each is to be trusted.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from comp_viz.data.conversation import Conversation
from comp_viz.errors import CompVizError
from recipes.clips.corpus import EMOTIONS, OTHER
from recipes.clips.corpus_conversations import LONGEST, Row, conversation, length, usable
from recipes.clips.features import Table

MISSING = 0.3  # share of an utterance's modalities that are left out, never all of them
AGREES = {"audio": 0.7, "text": 0.95, "video": 0.9}  # how often a modality shows the utterance's emotion
RESTS = 0.5  # how often what shows another one is neutral
OTHERS = 0.1  # how often what does not agree is none of the four emotions, where a corpus has such
STAYS = 0.6  # how often an emotion is kept from one utterance to the next rather than drawn anew
LONG, ONE_IN = 200, 40  # utterances of few long conversations, so that the network has met all positions of a long clip


def composites(
    tables: Sequence[Table], split: str, utterances: int, widths: dict[str, int], rng: np.random.Generator
) -> Iterator[Conversation]:
    """Conversations of `utterances` in all, each with the voice of one speaker.

    Raises `CompVizError` when a corpus lacks an emotion, or a speaker one of them.
    """
    candidates = {table.corpus.modality: members(table, split) for table in tables}
    others = {table.corpus.modality: other_emotions(table, split) for table in tables}
    by_modality = {table.corpus.modality: table for table in tables}
    made = count = 0
    while made < utterances:
        speaker = choose_speaker({speaker for speaker, _ in candidates["audio"]}, rng)
        S = length(rng, LONGEST) if rng.random() * ONE_IN >= 1 else int(rng.integers(LONGEST, LONG + 1))
        labels = emotions(min(S, utterances - made), rng)
        rows: list[Row] = []
        for emotion in labels:
            there = [modality for modality in by_modality if rng.random() >= MISSING]
            there = there or [list(by_modality)[rng.integers(len(by_modality))]]
            rows.append(
                {
                    m: (
                        by_modality[m],
                        choose_item(candidates[m], others[m], m, speaker if m == "audio" else "", emotion, rng),
                    )
                    for m in there
                }
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
    """Items of a split by speaker and label, all four of each; who speaks counts for voices only."""
    by_label: dict[tuple[str, int], list[int]] = {}
    for n in usable(table, split):
        item = table.items[n]
        if item.label >= 0:
            by_label.setdefault((item.speaker if table.corpus.modality == "audio" else "", item.label), []).append(n)
    speakers = {speaker for speaker, _ in by_label} or {""}
    for lacking in [(s, e) for s in sorted(speakers) for e in range(len(EMOTIONS)) if (s, e) not in by_label]:
        whose = f" by {lacking[0]}" if lacking[0] else ""
        raise CompVizError(f"{table.corpus.name} has no {EMOTIONS[lacking[1]]} utterance{whose} in the {split} split.")
    return by_label


def other_emotions(table: Table, split: str) -> list[int]:
    """Items of a split whose emotion is none of the four."""
    return [n for n in usable(table, split) if table.items[n].label == OTHER]


def choose_speaker(speakers: set[str], rng: np.random.Generator) -> str:
    """One of the voices, each corpus as often."""
    by_corpus: dict[str, list[str]] = {}
    for speaker in sorted(speakers):
        by_corpus.setdefault(speaker.split(" ")[0], []).append(speaker)
    voices = list(by_corpus.values())[rng.integers(len(by_corpus))]
    return voices[rng.integers(len(voices))]


def choose_item(
    by_label: dict[tuple[str, int], list[int]],
    others: list[int],
    modality: str,
    speaker: str,
    emotion: int,
    rng: np.random.Generator,
) -> int:
    """One item of that speaker, of that emotion as often as the modality agrees with it."""
    choice = by_label[speaker, emotion]
    if rng.random() >= AGREES[modality]:
        if others and rng.random() < OTHERS:
            choice = others
        elif emotion and rng.random() < RESTS:
            choice = by_label[speaker, 0]
        else:
            choice = by_label[speaker, (emotion + int(rng.integers(1, len(EMOTIONS)))) % len(EMOTIONS)]
    return choice[rng.integers(len(choice))]
