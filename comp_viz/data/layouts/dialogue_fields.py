"""Which field of a DialogueRNN pickle is which: told by what is in it, and by its place among the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from comp_viz.data.layouts.values import text_of
from comp_viz.data.published.file_array import FileArray
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

TEXTS, NUMBERS, VECTORS, LISTED, OTHER = "texts", "numbers", "vectors", "a list of conversations", "something else"
MOST_SPEAKERS = 32  # in one-hot codes; MELD has 9
MODALITY_ORDER = ("text", "audio", "video")


@dataclass(frozen=True, eq=False)
class Field:
    """One field of the file, by its place."""

    place: int  # counted from 0, as in the code that reads such files
    value: Any

    @property
    def name(self) -> str:
        """What it is called in choices."""
        return f"field {self.place}"

    @cached_property
    def entries(self) -> dict[str, Any]:
        """What it has of each conversation, in order; nothing in a list of conversations."""
        return (
            {text_of(key, self.name): value for key, value in self.value.items()}
            if isinstance(self.value, dict)
            else {}
        )

    @cached_property
    def kind(self) -> str:
        """What is in it. Raises `CompVizError` when it is not the same for all conversations."""
        if not isinstance(self.value, dict):
            listed = self.value.tolist() if isinstance(self.value, np.ndarray) else self.value
            plain = isinstance(listed, list | tuple | set) and all(isinstance(x, str | bytes | int) for x in listed)
            return LISTED if plain else OTHER
        kinds = {name: kind for name, value in self.entries.items() if (kind := kind_of_entries(value))}
        different = sorted(set(kinds.values()))
        if len(different) > 1:
            first, second = (next(name for name, kind in kinds.items() if kind == one) for one in different[:2])
            raise CompVizError(
                f"{self.name} holds {different[0]} in conversation {shortened(first, 60)!r} and {different[1]} in {shortened(second, 60)!r}, expected the same"
            )
        return different[0] if different else OTHER

    @cached_property
    def flat(self) -> list[Any]:
        """All entries of all conversations."""
        return [entry for value in self.entries.values() for entry in utterances_of(value)]

    @cached_property
    def width(self) -> int:
        """How many numbers the first vector has."""
        shapes = map(shape_of, self.flat)
        return next((shape[-1] for shape in shapes if shape and shape[-1]), 0)

    @property
    def has_steps(self) -> bool:
        """Whether an utterance has several vectors, one a step."""
        return any(len(shape_of(entry)) == 2 for entry in self.flat[:1])

    @property
    def is_one_hot(self) -> bool:
        """Whether every vector is short and has one 1 among zeros: a speaker."""
        if self.kind != VECTORS or not 1 < self.width <= MOST_SPEAKERS:
            return False
        codes = [np.asarray(entry) for entry in self.flat if not isinstance(entry, FileArray)]
        return all(code.shape == (self.width,) and np.isin(code, (0, 1)).all() and code.sum() == 1 for code in codes)

    @property
    def counts_up(self) -> bool:
        """Whether the numbers of every conversation rise, as numbers of utterances do."""
        lists = [np.asarray(utterances_of(value), float) for value in self.entries.values()]
        return all((np.diff(numbers) > 0).all() for numbers in lists) and any(len(numbers) > 1 for numbers in lists)

    @property
    def differs(self) -> bool:
        """Whether all texts of every conversation differ, as ids do and speakers do not."""
        lists = [[text_of(entry, self.name) for entry in utterances_of(value)] for value in self.entries.values()]
        return all(len(set(texts)) == len(texts) for texts in lists) and any(len(texts) > 1 for texts in lists)


@dataclass(frozen=True)
class FieldRoles:
    """The fields by what they are for."""

    ids: Field | None
    speakers: Field | None
    labels: tuple[Field, ...]
    features: tuple[Field, ...]
    words: Field | None
    splits: tuple[Field, ...]
    others: tuple[Field, ...]

    @property
    def modalities(self) -> dict[str, Field | None]:
        """The field of text, audio and video, as they come in all known files: text first, audio and video last.

        Several of one width at the beginning are versions of the text, as the last layers of RoBERTa.
        """
        before = [field for field in self.features if self.words is None or field.place < self.words.place]
        features = before or list(self.features)
        alike = next((n for n, field in enumerate(features) if field.width != features[0].width), len(features))
        if len(features) > len(MODALITY_ORDER) and alike > 1:
            chosen = [features[0], *features[alike:][-2:]]
        elif len(features) > len(MODALITY_ORDER):
            chosen = [features[0], *features[-2:]]
        else:
            chosen = features
        return dict(zip(MODALITY_ORDER, [*chosen, None, None], strict=False))


def shape_of(entry: Any) -> tuple[int, ...]:
    """The shape of a vector or a matrix, also where it lies in the file."""
    shape: tuple[int, ...] = entry.shape if isinstance(entry, np.ndarray | FileArray) else np.shape(entry)
    return shape


def kind_of_entries(value: Any) -> str:
    """What a conversation has for its utterances, "" where it has nothing."""
    if isinstance(value, np.ndarray | FileArray) and len(value.shape) > 1 and value.shape[1:] != (1,):
        return VECTORS if value.dtype.kind in "fiub" else OTHER
    entries = utterances_of(value)
    first = entries[0] if len(entries) else None
    if first is None:
        return ""
    if isinstance(first, list | tuple) and len(first):
        first = first[0] if isinstance(first[0], str | bytes) else np.asarray(first)
    if isinstance(first, str | bytes):
        return TEXTS
    if isinstance(first, bool | int | float):
        return NUMBERS
    return VECTORS if isinstance(first, np.ndarray | FileArray) and first.dtype.kind in "fiub" else OTHER


def utterances_of(value: Any) -> Sequence[Any]:
    """The entries of a conversation, one an utterance; plain values where an array has one for each."""
    if isinstance(value, FileArray):
        value = np.concatenate([part.copy() for part in value.parts()], axis=-1 if value.fortran else 0)
    if isinstance(value, np.ndarray):
        return value.ravel().tolist() if value.size == len(np.atleast_1d(value)) else list(value)
    return value if isinstance(value, list | tuple) else []


def tell_roles(values: Sequence[Any]) -> FieldRoles | None:
    """Which field is for what, None where it is no such file: there have to be labels, features and a list of conversations.

    Raises `CompVizError` where a field holds different things in different conversations.
    """
    fields = [Field(place, value) for place, value in enumerate(values)]
    if sum(isinstance(field.value, dict) for field in fields) < 3:
        return None
    one_hot = [field for field in fields if field.is_one_hot]
    features = [field for field in fields if field.kind == VECTORS and field not in one_hot]
    start = min((field.place for field in features), default=len(fields))
    texts = [field for field in fields if field.kind == TEXTS]
    numbers = [field for field in fields if field.kind == NUMBERS]
    names, words = [f for f in texts if f.place < start], [f for f in texts if f.place > start]
    ids, speakers = who(names, numbers, one_hot, start)
    labels = [field for field in numbers if field not in (ids, speakers)]
    splits = [field for field in fields if field.kind == LISTED]
    if not (labels and features and splits):
        return None
    known = [ids, speakers, *labels, *features, *words[:1], *splits]
    others = tuple(field for field in fields if field not in known)
    return FieldRoles(ids, speakers, tuple(labels), tuple(features), words[0] if words else None, tuple(splits), others)


def who(
    names: Sequence[Field], numbers: Sequence[Field], one_hot: Sequence[Field], start: int
) -> tuple[Field | None, Field | None]:
    """The ids of utterances and the speakers: texts, codes or numbers ahead of the features.

    Ids differ within a conversation, or rise. Speakers are codes, or texts that repeat, or the numbers 0 and 1.
    """
    ids = next((field for field in names if field.differs), None)
    early = [field for field in numbers if field.place < start] if len(numbers) > 1 else []
    if ids is None and early and early[0].counts_up:
        ids, early = early[0], early[1:]
    speakers = next(iter([*one_hot, *(field for field in names if field is not ids)]), None)
    if speakers is None and len(early) > 1 and set(early[0].flat) <= {0, 1}:
        speakers = early[0]
    return ids, speakers


def by_conversation(field: Field | None) -> Mapping[str, Any]:
    """What a field has of each conversation, nothing where there is no field."""
    return field.entries if field else {}
