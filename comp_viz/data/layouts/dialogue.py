"""Pickles of DialogueRNN and those that followed it (DialogueGCN, MMGCN, MM-DFN, COGMEN): fields by conversation.

As read by declare-lab/conv-emotion (at 0ce1e81) and its followers, 8 to 14 fields without names: ids, speakers, labels, one or
more features of text, features of audio and of video, sentences, lists of training, validation and test, other labels.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from comp_viz.data.conversation import Task
from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.dialogue_fields import Field, FieldRoles, by_conversation, tell_roles, utterances_of
from comp_viz.data.layouts.frame import ArrowColumn, ReaderFrame, rows_of
from comp_viz.data.layouts.given import Given
from comp_viz.data.layouts.layout import FileLayout
from comp_viz.data.layouts.values import text_of, whole_array
from comp_viz.data.published.file_array import FileArray
from comp_viz.data.published.labels import IEMOCAP_EMOTIONS, SESSION, USC
from comp_viz.errors import CompVizError
from comp_viz.wording import how_many, shortened

MOST_FIELDS = 20
MELD_EMOTIONS = ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger")  # README of declare-lab/MELD
MELD_SENTIMENTS = ("neutral", "positive", "negative")
MELD_SPEAKERS = 9  # the six friends and others, as codes
ORDERS = {
    "train, validation, test": ("train", "validation", "test"),
    "train, test, validation": ("train", "test", "validation"),
}
NONE = "none"


@dataclass(frozen=True)
class Talks:
    """The conversations of a file: how many utterances each has, as most of its fields say."""

    file: str
    lengths: dict[str, int]  # by conversation, in the order of the file
    findings: Findings

    def column(self, field: Field | None, what: str) -> list[Any]:
        """One entry for each utterance of all conversations, None where the field has none; what does not fit is noted."""
        entries, column = by_conversation(field), list[Any]()
        for name, length in self.lengths.items():
            own = utterances_of(entries[name]) if name in entries else []
            if field and len(own) != length:
                came = how_many(len(own), "value") if name in entries else "nothing"
                self.findings.problem(
                    self.file,
                    f"{field.name} ({what}) has {came} for {how_many(length, 'utterance')}, taken as unknown",
                    name,
                )
            column += own if len(own) == length else [None] * length
        return column


class DialogueFields(FileLayout):
    """A tuple or list of dicts by conversation, and of lists of conversations."""

    name = "DialogueRNN pickle"
    holds = "a tuple or list of dicts by conversation (speakers, labels, features of text, audio and video) and lists of splits"

    def by_name(self, given: Given) -> bool:
        """Pickles."""
        return given.is_pickle

    def recognise(self, given: Given) -> bool:
        """By what its fields hold."""
        return self.roles(given) is not None

    def read(self, given: Given, choices: Choices) -> ReaderFrame:
        """All conversations in the order of the file."""
        file, findings, roles = given.path.name, Findings(), self.roles(given)
        assert roles is not None
        talks = Talks(file, lengths_of(roles), findings)
        labels, task = choose_label_field(file, roles, talks, choices)
        splits = splits_by_list(file, roles, talks, choices)
        chosen = choose_features(file, roles, choices)
        names = list(talks.lengths)
        rows = rows_of(
            conversation=[name for name in names for _ in range(talks.lengths[name])],
            position=[position for name in names for position in range(talks.lengths[name])],
            label=plain_labels(file, talks.column(labels, "labels")),
            split=[splits[name] for name in names for _ in range(talks.lengths[name])],
            speaker=[speaker_name(entry) for entry in talks.column(roles.speakers, "speakers")] if roles.speakers else None,
            text=[text_of(entry, "sentence") for entry in talks.column(roles.words, "sentences")] if roles.words else None,
        )  # fmt: skip
        columns = {
            modality: ArrowColumn(vectors_column(file, field, talks.column(field, modality)))
            for modality, field in chosen.items()
        }
        used = [labels, *chosen.values()]
        rest = [field for field in (*roles.labels, *roles.features, *roles.others) if field not in used]
        return ReaderFrame(
            file, rows, columns, task, findings=findings,
            licence=USC if is_iemocap(names) else "",
            sources={
                modality: f"{field.name} of the file, {field.width}-d{', mean over its steps' if field.has_steps else ''}"
                for modality, field in chosen.items()
            },
            unused={field.name: f"{field.width}-d vectors" if field.width else field.kind for field in rest},
        )  # fmt: skip

    def roles(self, given: Given) -> FieldRoles | None:
        """Which field is for what, None in other files."""
        value = given.pickled
        if not isinstance(value, list | tuple) or not 4 <= len(value) <= MOST_FIELDS:
            return None
        try:
            return tell_roles(value)
        except CompVizError as error:
            raise CompVizError(f"{given.path.name}: {error}.") from None


def lengths_of(roles: FieldRoles) -> dict[str, int]:
    """Utterances of each conversation that has labels, as most fields say."""
    fields = [field for field in (roles.ids, roles.speakers, *roles.labels, *roles.features, roles.words) if field]
    lengths = {}
    for name in roles.labels[0].entries:
        counts = Counter(len(utterances_of(field.entries[name])) for field in fields if name in field.entries)
        lengths[name] = counts.most_common(1)[0][0]
    return lengths


def choose_label_field(file: str, roles: FieldRoles, talks: Talks, choices: Choices) -> tuple[Field, Task | None]:
    """Ask which labels are learned where there are several: emotion is of more classes than sentiment."""
    counts = {field.place: len({entry for entry in field.flat if entry is not None}) for field in roles.labels}
    named = {field.name: field for field in roles.labels}
    if len(roles.labels) == 2 and len(set(counts.values())) == 2:
        emotion, sentiment = sorted(roles.labels, key=lambda field: -counts[field.place])
        named = {"emotion": emotion, "sentiment": sentiment}
    if len(named) == 1:
        labels = roles.labels[0]
    else:
        labels = named[choices.pick("labels", tuple(named), "which of the labels in the file are learned")]
    others = talks.lengths.keys() ^ labels.entries.keys()
    if others:
        talks.findings.problem(
            file,
            f"{how_many(len(others), 'conversation')} only in some of the labels, as {shortened(min(others), 60)!r}",
        )
    return labels, known_task(file, roles, labels)


def known_task(file: str, roles: FieldRoles, labels: Field) -> Task | None:
    """The names of classes of IEMOCAP and MELD, None for other data sets."""
    numbers = {entry for entry in labels.flat if isinstance(entry, int | float)}
    last = max(numbers, default=-1)
    if not numbers <= set(range(7)):
        return None
    if is_iemocap(list(labels.entries)) and last < len(IEMOCAP_EMOTIONS):
        return Task("emotion", IEMOCAP_EMOTIONS[:4] if last < 4 else IEMOCAP_EMOTIONS)
    is_meld = "meld" in file.lower() or (roles.speakers is not None and roles.speakers.width == MELD_SPEAKERS)
    if is_meld:
        return Task("emotion", MELD_EMOTIONS) if last > 2 else Task("sentiment", MELD_SENTIMENTS)
    return None


def is_iemocap(names: Sequence[str]) -> bool:
    """Whether conversations are called as those of IEMOCAP are."""
    return all(SESSION.match(name) for name in names) and len(names) > 0


def choose_features(file: str, roles: FieldRoles, choices: Choices) -> dict[str, Field]:
    """Ask which field is each modality; "none" for one that is left out. Raises `CompVizError`."""
    fields = {field.name: field for field in roles.features}
    widths = ", ".join(f"{name}: {field.width}-d" for name, field in fields.items())
    chosen = {}
    for modality, field in roles.modalities.items():
        first = field.name if field else NONE
        alternatives = (first, *(name for name in (*fields, NONE) if name != first))
        name = choices.pick(
            modality, alternatives, f"which field of the file has the features of {modality} ({widths})"
        )
        if name != NONE:
            chosen[modality] = fields[name]
    if len(chosen) < 2:
        raise CompVizError(
            f"{file}: only features of {' and '.join(chosen) or 'nothing'} in it ({widths}), at least two modalities are needed. The files "
            'of MMGCN and MM-DFN have audio and video too; or say which field is which, as --choose "audio=field 4".'
        )
    return chosen


def splits_by_list(file: str, roles: FieldRoles, talks: Talks, choices: Choices) -> dict[str, str]:
    """The split of each conversation by the lists in the file: training, test, and of three another."""
    lists = [[text_of(name, "an id in a split") for name in field.value] for field in roles.splits]
    order: tuple[str, ...] = ("train", "test")
    if len(lists) == 3:  # files that begin with ids have validation ahead of test, those that begin with speakers last
        orders = tuple(ORDERS) if roles.ids else tuple(reversed(ORDERS))
        order = ORDERS[choices.pick("splits", orders, "which of the three lists of conversations is which")]
    elif len(lists) != 2:
        raise CompVizError(
            f"{file}: {len(lists)} lists of conversations, expected those of training and test, or of validation too."
        )
    splits: dict[str, str] = dict.fromkeys(talks.lengths, "")
    for split, names in zip(order, lists, strict=True):
        for name in names:
            if name not in splits:
                talks.findings.problem(file, f"is listed in {split} but has no labels, left out", name)
            elif splits[name] not in ("", split):
                raise CompVizError(
                    f"{file}: conversation {shortened(name, 60)!r} is listed both in {splits[name]} and in {split}. Take it out of one."
                )
            else:
                splits[name] = split
    for name in (name for name, split in splits.items() if not split):
        talks.findings.problem(file, "is listed in no split", name)
    return splits


# Entries


def plain_labels(file: str, entries: Sequence[Any]) -> list[int | None] | list[float | None]:
    """Labels as whole numbers where all are, None where unknown."""
    numbers = [None if entry is None or entry != entry else entry for entry in entries]
    if odd := next((entry for entry in numbers if not isinstance(entry, int | float | None)), None):
        raise CompVizError(f"{file}: a label is a {type(odd).__name__}, expected a number.")
    if all(number is None or float(number).is_integer() for number in numbers):
        return [None if number is None else int(number) for number in numbers]
    return [None if number is None else float(number) for number in numbers]


def speaker_name(entry: Any) -> str:
    """The speaker of an utterance: a name, or the number of the 1 in a code."""
    if isinstance(entry, np.ndarray | list | tuple):
        return f"speaker {int(np.asarray(entry).argmax())}"
    return text_of(entry, "speaker") if not isinstance(entry, int | float) else f"speaker {entry:g}"


def vectors_column(file: str, field: Field, entries: Sequence[Any]) -> pa.ChunkedArray:
    """Features as lists, null where there are none; several steps of an utterance are averaged."""
    rows = [None if entry is None else vector_of(entry) for entry in entries]
    try:
        return pa.chunked_array([pa.array(rows, pa.list_(pa.float32()))])
    except (pa.ArrowException, ValueError, TypeError):
        raise CompVizError(f"{file}: {field.name} has vectors of something else than numbers.") from None


def vector_of(entry: Any) -> Any:
    """One vector of 32 bits from a vector, or the mean of several."""
    array = whole_array(entry, "a vector") if isinstance(entry, FileArray) else np.asarray(entry)
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2):
        raise CompVizError(f"a vector is an array of {array.dtype} of shape {list(array.shape)}, expected numbers")
    with np.errstate(over="ignore", invalid="ignore"):
        return (array if array.ndim == 1 else array.mean(0, dtype=np.float64)).astype(np.float32)
