"""The label files of the published layout: conversations with their labels, speakers, sentences and splits, no features."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from comp_viz.data.conversation import SPLITS, Bools, Floats, Task
from comp_viz.data.findings import Findings
from comp_viz.data.published.unpickle import load_plain_pickle, with_folder
from comp_viz.errors import CompVizError
from comp_viz.wording import how_many, shortened

SESSIONS = range(1, 6)  # IEMOCAP: the session that is tested on
SESSION = re.compile(r"Ses0([1-5])")
STRANGE = 0.1  # share of labels out of range from which on the file is taken for another one


@dataclass(frozen=True)
class Layout:
    """What the name of a label file says of the data set in it."""

    name: str
    task: Task
    licence: str
    utterances: int | None  # as published, None where we could not count them

    @property
    def sessions(self) -> bool:
        """Whether the splits are folds by session number, and the two speakers are called F and M: IEMOCAP."""
        return bool(self.task.classes)

    def has(self, labels: Floats) -> Bools:
        """Which of the labels can be ones of this task."""
        classes = len(self.task.classes)
        if classes:
            return np.isin(labels, range(classes))
        return (labels >= self.task.low) & (labels <= self.task.high)

    @property
    def wanted(self) -> str:
        """What labels have to be, in words."""
        last = len(self.task.classes) - 1
        return f"a class from 0 to {last}" if last > 0 else f"from {self.task.low:g} to {self.task.high:g}"

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that the file lists."""
        return ("train", "test") if self.sessions else SPLITS


# In label order, as the counts in the published files show; "happy" of four emotions includes "excited".
IEMOCAP_EMOTIONS = ("happy", "sad", "neutral", "angry", "excited", "frustrated")
CMU = "(Zadeh et al.): research use, no redistribution"
USC = "IEMOCAP (Busso et al., University of Southern California): research use under its form, no redistribution"
LAYOUTS = {
    "CMUMOSI_features_raw_2way.pkl": Layout("CMU-MOSI", Task("sentiment"), f"CMU-MOSI {CMU}", 2_199),
    "CMUMOSEI_features_raw_2way.pkl": Layout("CMU-MOSEI", Task("sentiment"), f"CMU-MOSEI {CMU}", None),
    "IEMOCAP_features_raw_4way.pkl": Layout("IEMOCAP (4 emotions)", Task("emotion", IEMOCAP_EMOTIONS[:4]), USC, 5_531),
    "IEMOCAP_features_raw_6way.pkl": Layout("IEMOCAP (6 emotions)", Task("emotion", IEMOCAP_EMOTIONS), USC, 7_433),
}
PER_VIDEO = ("ids", "labels", "speakers", "sentences")


@dataclass(frozen=True)
class Talk:
    """A conversation as the label file has it, `S` utterances."""

    id: str
    utterances: tuple[str, ...]  # [S] ids, which are the names of feature files
    labels: Floats  # [S], NaN where unknown
    speakers: tuple[str, ...]  # [S]
    words: tuple[str, ...]  # [S]
    split: str


@dataclass(frozen=True)
class LabelFile:
    """A label file whose fields are there and speak of the same conversations."""

    name: str  # with its folder
    layout: Layout
    fields: Mapping[str, Any]  # "ids" and the others of PER_VIDEO: dicts by conversation id; splits: sets of such ids
    findings: Findings

    def note(self, reason: str, conversation: str, utterance: int | None = None) -> None:
        """Note something wrong with it."""
        self.findings.problem(self.name, reason, conversation, utterance)


def read_talks(path: Path, fold: int, findings: Findings) -> list[Talk]:
    """The conversations of a label file in order of their ids, with what is wrong with them noted.

    IEMOCAP is split by session: number `fold` is for testing, the others for training. Raises `CompVizError` when the file
    is not what its name says.
    """
    if fold not in SESSIONS:
        raise CompVizError(f"fold: expected one of the sessions {SESSIONS[0]} to {SESSIONS[-1]}, got {fold}.")
    layout, value = LAYOUTS[path.name], load_plain_pickle(path)
    try:
        file = LabelFile(with_folder(path), layout, check_fields(layout, value), findings)
        check_lists(file)
        splits = by_session(file, fold) if layout.sessions else by_list(file)
        talks = [one_talk(file, name, split) for name, split in sorted(splits.items())]
        check_whole(file, talks)
        return with_known_labels(file, [talk for talk in talks if talk.utterances])
    except CompVizError as error:
        raise CompVizError(f"{with_folder(path)}: {error}") from None


# The whole file


def check_fields(layout: Layout, value: object) -> dict[str, Any]:
    """The parts of a label file by name."""
    expected = (*PER_VIDEO, *layout.splits)
    if not isinstance(value, list | tuple) or len(value) != len(expected):
        content = f"{len(value)} fields" if isinstance(value, list | tuple) else f"a {type(value).__name__}"
        raise CompVizError(
            f"expected {len(expected)} fields ({', '.join(expected)}) in a label file of {layout.name}, got {content}. "
            "Is it another data set under this name?"
        )
    fields = dict(zip(expected, value, strict=True))
    fields |= {field: by_text(field, fields[field]) for field in PER_VIDEO}
    fields |= {split: split_ids(split, fields[split]) for split in layout.splits}
    for field in PER_VIDEO:
        if odd := sorted(fields[field].keys() ^ fields["ids"].keys()):
            raise CompVizError(
                f"{field} and ids are of different conversations: {len(odd)} are only in one, as {shortened(odd[0], 60)!r}."
            )
    return fields


def by_text(field: str, value: object) -> dict[str, Any]:
    """The same dict with conversation ids as text."""
    if not isinstance(value, dict):
        raise CompVizError(f"{field} is a {type(value).__name__}, expected a dict by conversation id.")
    made = {as_text("a conversation id", key): part for key, part in value.items()}
    if len(made) < len(value):
        raise CompVizError(f"conversation ids in {field} repeat once they are text, expected each once.")
    return made


def split_ids(split: str, value: object) -> set[str]:
    """Conversation ids of a split as text."""
    if isinstance(value, np.ndarray):
        value = value.ravel().tolist()
    if not isinstance(value, list | tuple | set):
        raise CompVizError(f"{split} is a {type(value).__name__}, expected conversation ids.")
    return {as_text(f"an id in {split}", key) for key in value}


def as_text(what: str, value: object) -> str:
    """Text from what stands for text in such files, "" from what stands for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if not isinstance(value, str | int | float):
        raise CompVizError(f"{what} is a {type(value).__name__}, expected text.")
    return str(value)


def check_whole(file: LabelFile, talks: list[Talk]) -> None:
    """Note what shows only in the whole file: empty conversations, repeated utterances, the size of another data set."""
    ids = Counter(name for talk in talks for name in talk.utterances)
    if not ids:
        raise CompVizError("there are no utterances in it.")
    for talk in talks:
        if not talk.utterances:
            file.note("has no utterances, left out", talk.id)
        for s, name in enumerate(talk.utterances):
            if ids[name] > 1:
                file.note(
                    f"{ids[name]} utterances have the id {shortened(name, 60)!r} and share its features", talk.id, s + 1
                )
    for other in LAYOUTS.values():
        if ids.total() == other.utterances and other.name != file.layout.name:
            file.note(f"has {ids.total()} utterances like {other.name}: is it that file under this name?", "")


# Splits


def check_lists(file: LabelFile) -> None:
    """Make sure that the split lists speak of the file's conversations, and that none is trained and tested on."""
    if leak := sorted(file.fields["train"] & file.fields["test"]):
        raise CompVizError(
            f"train and test share {how_many(len(leak), 'conversation')}, as {shortened(leak[0], 60)!r}. "
            "Results on such a split mean nothing; take them out of one of the two."
        )
    names = set(file.fields["ids"])
    in_lists = set().union(*(file.fields[split] for split in file.layout.splits))
    for name in sorted(in_lists - names):
        file.note("is listed in a split but has no utterances, left out", name)
    for name in sorted(names - in_lists):
        file.note("is listed in no split", name)


def by_list(file: LabelFile) -> dict[str, str]:
    """The split of each conversation by the file's own lists; a later split wins where two have it."""
    train, validation, test = (file.fields[split] for split in SPLITS)
    chosen = dict.fromkeys(file.fields["ids"], "")
    chosen |= {name: split for split in SPLITS for name in sorted(file.fields[split] & chosen.keys())}
    for name in sorted((train | test) & validation & chosen.keys()):
        file.note(f"is listed in two splits, kept in {chosen[name]}", name)
    return chosen


def by_session(file: LabelFile, fold: int) -> dict[str, str]:
    """The split of each conversation by its session; the file's own test list should be the fifth."""
    names = sorted(file.fields["ids"])
    sessions = {name: int(match[1]) for name in names if (match := SESSION.match(name))}
    if names and not sessions:
        raise CompVizError(
            f"no id tells its session, expected the like of 'Ses01F_impro01', got {shortened(names[0], 60)!r}."
        )
    for name in names:
        if name not in sessions:
            file.note("its id tells no session from Ses01 to Ses05, so it is in no split", name)
    if odd := [name for name in sessions if (name in file.fields["test"]) != (sessions[name] == SESSIONS[-1])]:
        file.note(
            f"its test list is not session {SESSIONS[-1]}: it differs in {how_many(len(odd), 'conversation')}, as {shortened(odd[0], 60)!r}; "
            "folds are made by session all the same",
            "",
        )
    return {name: ("test" if sessions[name] == fold else "train") if name in sessions else "" for name in names}


# One conversation


def one_talk(file: LabelFile, name: str, split: str) -> Talk:
    """The conversation of this id, its labels not yet looked at."""
    parts = {field: entries(field, name, file.fields[field][name]) for field in PER_VIDEO}
    for field, part in parts.items():
        if len(part) != len(parts["ids"]):
            raise CompVizError(
                f"conversation {shortened(name, 60)!r} has {len(part)} {field} for {how_many(len(parts['ids']), 'utterance')}."
            )
    utterances, speakers, words = (
        tuple(as_text(f"one of {field} of conversation {shortened(name, 60)!r}", part) for part in parts[field])
        for field in ("ids", "speakers", "sentences")
    )
    with np.errstate(over="ignore"):
        labels = np.array([as_number(name, label) for label in parts["labels"]]).astype(np.float32)
    return Talk(name, utterances, labels, speakers, words, split)


def entries(field: str, name: str, value: object) -> list[Any]:
    """What a field has of one conversation, an entry an utterance."""
    if isinstance(value, np.ndarray) and (value.ndim == 1 or value.shape[1:] == (1,)):
        return list(value.ravel().tolist())
    if not isinstance(value, list | tuple):
        raise CompVizError(
            f"{field} of conversation {shortened(name, 60)!r} is a {type(value).__name__}, expected a list with an entry an utterance."
        )
    return list(value)


def as_number(name: str, value: object) -> float:
    """A label as a number, NaN where there is none."""
    if not isinstance(value, int | float | None):
        raise CompVizError(
            f"a label of conversation {shortened(name, 60)!r} is a {type(value).__name__}, expected a number or none."
        )
    return math.nan if value is None else float(value)


def with_known_labels(file: LabelFile, talks: list[Talk]) -> list[Talk]:
    """The same conversations with NaN for labels that are none of this task, which are noted."""
    layout = file.layout
    odd = [~layout.has(talk.labels) for talk in talks]
    strange = sum(int((~np.isnan(talk.labels[rows])).sum()) for talk, rows in zip(talks, odd, strict=True))
    total = sum(len(rows) for rows in odd)
    if strange > STRANGE * total:
        raise CompVizError(
            f"{strange} of {total} labels are not {layout.wanted}. Is it another data set under this name?"
        )
    for talk, rows in zip(talks, odd, strict=True):
        for s in np.flatnonzero(rows):
            file.note(f"label {talk.labels[s]:g} is not {layout.wanted}, kept as unknown", talk.id, int(s) + 1)
    return [
        replace(talk, labels=np.where(rows, np.float32(np.nan), talk.labels))
        for talk, rows in zip(talks, odd, strict=True)
    ]
