"""Pickles of MAG-BERT and its followers (`mosi.pkl`, `mosei.pkl`): a list of utterances a split, words without features.

https://github.com/WasifurRahman/BERT_multimodal_transformer: each utterance is `((words, visual, acoustic), label, segment)`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from comp_viz.data.conversation import SPLITS
from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.frame import ReaderFrame, rows_of
from comp_viz.data.layouts.given import Given
from comp_viz.data.layouts.layout import FileLayout
from comp_viz.data.layouts.pooling import PooledColumn, Pooling
from comp_viz.data.layouts.sequences import Sequences
from comp_viz.data.layouts.split_labels import choose_labels
from comp_viz.data.layouts.utterance_ids import place_utterances
from comp_viz.data.layouts.values import text_of
from comp_viz.data.splits import is_numeric, known_split

PLACES = {"audio": 2, "video": 1}  # in the first part of an utterance


class UtteranceLists(FileLayout):
    """A dict of splits, each a list of utterances with their arrays."""

    name = "MAG-BERT pickle"
    holds = "a dict with train, dev and test, each a list of ((words, visual, acoustic), label, segment)"

    def by_name(self, given: Given) -> bool:
        """Pickles."""
        return given.is_pickle

    def recognise(self, given: Given) -> bool:
        """By the parts of every utterance."""
        splits = utterance_lists(given.pickled)
        return bool(splits) and all(is_utterance(entry) for entries in splits.values() for entry in entries)

    def read(self, given: Given, choices: Choices) -> ReaderFrame:
        """All splits one after the other."""
        file, findings, splits = given.path.name, Findings(), utterance_lists(given.pickled)
        names = [split for split, entries in splits.items() for _ in entries]
        utterances = [entry for entries in splits.values() for entry in entries]
        ids = [[text_of(segment, "segment")] for _, _, segment in utterances]
        places = place_utterances(file, ids, names, choices, findings)
        labels = choose_labels(
            file, [{"labels": np.stack([np.ravel(label) for _, label, _ in utterances])}], choices, findings
        )
        pooling = Pooling.choose(choices)
        columns = {
            modality: PooledColumn(modality, [Sequences([x[place] for x, _, _ in utterances])], pooling, file, findings)
            for modality, place in PLACES.items()
        }
        rows = rows_of(
            conversation=places.conversations, position=places.positions, label=labels.values, split=names,
            text=[sentence(words) for (words, *_), _, _ in utterances],
        )  # fmt: skip
        sources = dict.fromkeys(PLACES, f"in the file, {pooling}")
        return ReaderFrame(file, rows, columns, labels.task, findings=findings, sources=sources)


def sentence(words: Any) -> str:
    """The words of an utterance, "" where they are numbers in a vocabulary that is not in the file."""
    return text_of(words, "words") if np.asarray(words).dtype.kind in "US" else ""


def utterance_lists(value: object) -> dict[str, Sequence[Any]]:
    """The utterances of each split, nothing in another value."""
    if not isinstance(value, dict):
        return {}
    named = {known_split(key): part for key, part in value.items() if isinstance(key, str) and not is_numeric(key)}
    return {split: part for split in SPLITS if isinstance(part := named.get(split), list) and part}


def is_utterance(entry: object) -> bool:
    """Whether a value has words, what is seen and what is heard, a label and the name of its segment."""
    if not isinstance(entry, list | tuple) or len(entry) != 3 or not isinstance(entry[0], list | tuple):
        return False
    features, label, segment = entry
    arrays = all(isinstance(array, np.ndarray) and array.ndim == 2 for array in features[1:3])
    return len(features) in (3, 4) and arrays and np.size(label) > 0 and isinstance(segment, str | bytes)
