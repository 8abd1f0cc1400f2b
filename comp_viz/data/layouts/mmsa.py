"""Pickles of MMSA (`aligned_50.pkl`, `unaligned_50.pkl`, `unaligned_39.pkl`) and of MulT (`mosi_data.pkl`): one dict a split.

MMSA: https://github.com/thuiar/MMSA (read at 177bc04). MulT: https://github.com/yaohungt/Multimodal-Transformer (4002b6b).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from comp_viz.data.conversation import SPLITS
from comp_viz.data.dataset import Ints
from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.frame import ReaderFrame, rows_of
from comp_viz.data.layouts.given import Given
from comp_viz.data.layouts.layout import FileLayout
from comp_viz.data.layouts.pooling import PooledColumn, Pooling
from comp_viz.data.layouts.sequences import Sequences
from comp_viz.data.layouts.split_labels import choose_labels
from comp_viz.data.layouts.utterance_ids import place_utterances
from comp_viz.data.layouts.values import columns_of_texts, length_of, number_array, shape_of_value, texts_of
from comp_viz.data.splits import is_numeric, known_split
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

FEATURE_KEYS = {"audio": ("audio", "acoustic"), "text": ("text", "language"), "video": ("vision", "video", "visual")}
ID_KEYS, WORD_KEYS = ("id", "ids", "video_id"), ("raw_text", "transcript")
WHY_NOT = {
    "text_bert": "numbers of tokens for BERT, no features",
    "index": "numbers the utterances",
}


@dataclass(frozen=True)
class Part:
    """One split."""

    split: str  # "" in a file without splits
    fields: Mapping[str, Any]

    def of(self, keys: tuple[str, ...]) -> str | None:
        """The first of these keys that there is."""
        return next((key for key in keys if key in self.fields), None)

    @property
    def rows(self) -> int:
        """N, how many utterances it has."""
        return max(
            (length_of(self.fields[key]) for keys in FEATURE_KEYS.values() if (key := self.of(keys))), default=-1
        )


class SplitDicts(FileLayout):
    """A dict of splits, each a dict of arrays `[N, steps, features]`, of ids and of labels."""

    name = "MMSA and MulT pickle"
    holds = "a dict with train, valid and test, each a dict with two of text, audio and vision, and labels"

    def by_name(self, given: Given) -> bool:
        """Pickles."""
        return given.is_pickle

    def recognise(self, given: Given) -> bool:
        """By the names of splits and features."""
        return bool(parts_of_value(given.pickled))

    def read(self, given: Given, choices: Choices) -> ReaderFrame:
        """All splits one after the other."""
        file, findings, parts = given.path.name, Findings(), parts_of_value(given.pickled)
        for part in parts:
            check_part(file, part)
        splits = [part.split for part in parts for _ in range(part.rows)]
        ids = [name for part in parts for name in ids_of(file, part)]
        places = place_utterances(file, ids, splits, choices, findings)
        labels = choose_labels(file, [part.fields for part in parts], choices, findings)
        pooling = Pooling.choose(choices)
        modalities = {name: keys for name, keys in FEATURE_KEYS.items() if all(part.of(keys) for part in parts)}
        rows = rows_of(
            conversation=places.conversations, position=places.positions, label=labels.values, split=splits,
            start=places.starts, end=places.ends, text=words_of(file, parts),
        )  # fmt: skip
        columns = {name: sequences_of(file, name, parts, pooling, findings) for name in modalities}
        keys = {key for part in parts for key in part.fields}
        used = {labels.key, *(part.of(keys) for part in parts for keys in (*FEATURE_KEYS.values(), ID_KEYS, WORD_KEYS))}
        used |= {f"{key}_lengths" for keys in FEATURE_KEYS.values() for key in keys}
        return ReaderFrame(
            file, rows, columns, labels.task, findings=findings,
            sources={name: source_of(name, parts, column, pooling) for name, column in columns.items()},
            unused={str(key): why_not(key, choices) for key in sorted(keys - used, key=str)}
            | {str(key): "none of train, valid and test" for key in other_keys(given.pickled, parts)},
        )  # fmt: skip


def why_not(key: str, choices: Choices) -> str:
    """Why a field is not used, "" where nothing is known of it."""
    by_choice = next(
        (choice for choice in choices.made if choice.name == "labels" and key in choice.alternatives), None
    )
    return f"choice labels={key}" if by_choice else WHY_NOT.get(key, "")


def parts_of_value(value: object) -> list[Part]:
    """The splits in a value, in order of training, validation and test; none where it is of another layout."""
    if not isinstance(value, dict):
        return []
    named = {known_split(key): part for key, part in value.items() if isinstance(key, str) and not is_numeric(key)}
    parts = [Part(name, part) for name in SPLITS if isinstance(part := named.get(name), dict)]
    if not parts and all(isinstance(key, str) for key in value):
        parts = [Part("", value)]
    known = [part for part in parts if sum(part.of(keys) is not None for keys in FEATURE_KEYS.values()) > 1]
    return [part for part in known if part.rows > 0]


def other_keys(value: object, parts: list[Part]) -> list[object]:
    """What a file of splits has beside those that are read."""
    read = [id(part.fields) for part in parts]
    return (
        [] if id(value) in read or not isinstance(value, dict) else [key for key in value if id(value[key]) not in read]
    )


def check_part(file: str, part: Part) -> None:
    """Make sure that all fields of a split speak of as many utterances."""
    for key, value in part.fields.items():
        count = length_of(value)
        if count not in (-1, part.rows):
            raise CompVizError(
                f"{file}: {shortened(key, 60)!r} of {part.split or 'the file'} has {count:,} entries for {part.rows:,} utterances. It may be cut "
                "short, or of another split."
            )


def ids_of(file: str, part: Part) -> list[list[str]]:
    """Ids of the utterances of a split, each of one or more texts; the number in the split where there is none."""
    key = part.of(ID_KEYS)
    if key is None:
        return [[f"{part.split} {row}"] for row in range(part.rows)]
    return columns_of_texts(part.fields[key], f"{file}: {key} of {part.split}")


def words_of(file: str, parts: list[Part]) -> list[str] | None:
    """Transcripts of all splits, None where some split has none."""
    keys = [part.of(WORD_KEYS) for part in parts]
    if None in keys:
        return None
    return [
        text
        for part, key in zip(parts, keys, strict=True)
        if key
        for text in texts_of(part.fields[key], f"{file}: {key} of {part.split}")
    ]


def sequences_of(file: str, modality: str, parts: list[Part], pooling: Pooling, findings: Findings) -> PooledColumn:
    """The features of a modality in all splits."""
    sequences = []
    for part in parts:
        key = part.of(FEATURE_KEYS[modality]) or ""
        try:
            sequences.append(Sequences(part.fields[key], real_lengths(file, part, key)))
        except CompVizError as error:
            raise CompVizError(f"{file}: {key} of {part.split} {error}.") from None
    return PooledColumn(modality, sequences, pooling, file, findings)


def real_lengths(file: str, part: Part, key: str) -> Ints | None:
    """Real steps of each utterance `[N]`: as the file says, of text by the mask for BERT; None where neither is there."""
    if (lengths := part.fields.get(f"{key}_lengths")) is not None:
        numbers = number_array(lengths, f"{file}: {key}_lengths").reshape(part.rows, -1)[:, 0]
        return np.nan_to_num(numbers, nan=0.0).clip(-1, 2**31).astype(np.int64)  # infinite ones stay too large
    tokens, shape = part.fields.get("text_bert"), shape_of_value(part.fields[key])
    if key != "text" or len(shape) != 3 or shape_of_value(tokens) != (part.rows, 3, shape[1]):
        return None
    mask = number_array(tokens, f"{file}: text_bert")[:, 1]  # between the numbers of tokens and of sentences
    return (mask > 0).sum(1) if np.isin(mask, (0, 1)).all() else None


def source_of(modality: str, parts: list[Part], column: PooledColumn, pooling: Pooling) -> str:
    """How the features of a modality were made, in words."""
    key, longest = parts[0].of(FEATURE_KEYS[modality]), max(part.steps for part in column.parts)
    steps = f" of up to {longest} steps, {pooling}" if longest > 1 else ""
    return f"{key} in the file, {column.parts[0].width}-d{steps}"
