"""The clip checkpoint's data set: the corpora alone, composites of them, or both, with the same validation and test parts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from comp_viz.clips.settings import Settings
from comp_viz.data.conversation import SPLITS, Conversation, Task
from comp_viz.data.dataset import DataSet
from recipes.clips.composites import composites
from recipes.clips.corpus import EMOTIONS
from recipes.clips.corpus_conversations import dialogues, moving, singles, usable
from recipes.clips.features import Table

Kind = Literal["alone", "composite", "mix"]
KINDS: tuple[Kind, ...] = ("alone", "composite", "mix")
SPEECH, ALTERED, FACES, DIALOGUES, COMPOSITES = "speech", "altered speech", "faces", "dialogue", "composite"
PARTS = (SPEECH, ALTERED, FACES, DIALOGUES, COMPOSITES)  # what conversations' ids begin with
TRAINING, HELD_OUT = 14_000, 1_500  # utterances of composites
AGAIN = 3  # times that the few voices come in training, each time in other company


def part_of(conversation: str) -> str:
    """Which of PARTS a conversation belongs to, by its id."""
    return conversation.partition(",")[0]


def clip_data(tables: Sequence[Table], kind: Kind, seed: int, settings: Settings) -> DataSet:
    """Put the data set together. Training conversations are of one kind or, by halves, of both.

    The same tables, kind and seed give the same data; validation and test do not depend on the kind.
    """
    speech, texts, faces = tables
    widths = {table.corpus.modality: table.features.shape[1] for table in tables}
    held_out = [c for split in SPLITS[1:] for c in alone(tables, split, widths, seed)]
    for number, split in enumerate(SPLITS[1:], 1):
        held_out += composites(tables, split, HELD_OUT, widths, np.random.default_rng([seed, 10, number]))
    learned = (speech, texts, moving(faces, np.random.default_rng([seed, 20])))
    training = list[Conversation]()
    if kind != "composite":
        conversations = alone(learned, "train", widths, seed)
        training += conversations[:: 2 if kind == "mix" else 1]
    if kind != "alone":
        count = TRAINING // 2 if kind == "mix" else TRAINING
        training += composites(learned, "train", count, widths, np.random.default_rng([seed, 10, 0]))
    return DataSet(
        name=f"Clips ({kind}: speech, faces, sentences)",
        task=Task("emotion", classes=EMOTIONS),
        conversations=training + held_out,
        sources=settings.sources,
        licence="; ".join(table.corpus.licence for table in tables),
    )


def alone(tables: Sequence[Table], split: str, widths: dict[str, int], seed: int) -> list[Conversation]:
    """Conversations of each corpus by itself, mixed."""
    speech, texts, faces = tables
    rng = np.random.default_rng([seed, SPLITS.index(split)])
    conversations = dialogues(DIALOGUES, texts, split, widths, rng)
    conversations += singles(
        FACES, faces, usable(faces, split, altered=None if split == "train" else False), split, widths, rng
    )
    if split == "train":
        for time in range(AGAIN):
            for c in singles(SPEECH, speech, usable(speech, split), split, widths, rng):
                conversations.append(replace(c, id=f"{c.id} again {time}") if time else c)
    else:
        conversations += singles(SPEECH, speech, usable(speech, split, altered=False), split, widths, rng)
        conversations += singles(ALTERED, speech, usable(speech, split, altered=True), split, widths, rng)
    return [conversations[n] for n in rng.permutation(len(conversations))]
