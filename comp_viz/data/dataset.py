"""Data sets: conversations that share modalities and a task, and what is known of their utterances besides features."""

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choice
from comp_viz.errors import CompVizError

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Utterances:
    """The utterances of `V` conversations one after the other, `N` in all, without their features.

    Light enough to be held for any data set: lists, statistics and missing patterns are made from it.
    """

    modalities: tuple[str, ...]  # M
    ids: tuple[str, ...]  # [V] conversations
    splits: tuple[str, ...]  # [V] one of SPLITS or ""
    starts: Ints  # [V + 1] where each conversation begins, and the end
    observed: Bools  # [N, M], what the recordings have
    labels: Floats  # [N], NaN where unknown
    speakers: NDArray[np.object_]  # [N] names
    durations: Floats  # [N] seconds, NaN where unknown

    @classmethod
    def of(cls, conversations: Sequence[Conversation]) -> "Utterances":
        """Gather them from conversations; those of a file that is read as needed are known without reading features."""
        if isinstance(conversations, Lazy):
            return conversations.utterances
        return cls(
            tuple(conversations[0].features) if conversations else (),
            tuple(c.id for c in conversations),
            tuple(c.split for c in conversations),
            np.cumsum([0, *map(len, conversations)]),
            np.concatenate([c.observed for c in conversations]) if conversations else np.zeros((0, 0), bool),
            np.concatenate([np.zeros(0, np.float32), *(c.labels for c in conversations)]),
            np.array([name for c in conversations for name in c.speakers], dtype=object),
            np.concatenate([np.zeros(0, np.float32), *(c.durations for c in conversations)]),
        )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def lengths(self) -> Ints:
        """S, utterances in each conversation, `[V]`."""
        return np.diff(self.starts)

    @property
    def positions(self) -> Ints:
        """Number of every utterance within its conversation, counted from 0, `[N]`."""
        return np.arange(len(self)) - np.repeat(self.starts[:-1], self.lengths)

    def pick(self, rows: Sequence[int] | Ints) -> "Utterances":
        """Those of some of the conversations, in the order of `rows`."""
        lengths = self.lengths[np.asarray(rows, dtype=np.int64)]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        chosen = np.arange(starts[-1]) - np.repeat(starts[:-1] - self.starts[:-1][rows], lengths)
        return Utterances(
            self.modalities,
            tuple(self.ids[row] for row in rows),
            tuple(self.splits[row] for row in rows),
            starts,
            self.observed[chosen],
            self.labels[chosen],
            self.speakers[chosen],
            self.durations[chosen],
        )


class Lazy(Sequence[Conversation]):
    """Conversations that are read when they are asked for."""

    @property
    @abstractmethod
    def utterances(self) -> Utterances:
        """What is known of all of them without reading features."""

    @abstractmethod
    def one(self, row: int) -> Conversation:
        """Conversation number `row`, from 0 to below the length."""

    @overload
    def __getitem__(self, row: int) -> Conversation: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Conversation]: ...
    def __getitem__(self, row: int | slice) -> Conversation | Sequence[Conversation]:
        if isinstance(row, slice):
            return Chosen(self, range(len(self))[row])
        return self.one(range(len(self))[row])

    def __len__(self) -> int:
        return len(self.utterances.ids)


class Chosen(Lazy):
    """Some of the conversations of a lazy sequence."""

    def __init__(self, of: Lazy, rows: Sequence[int]) -> None:
        self.of, self.rows = of, rows
        self.known = of.utterances.pick(rows)

    @property
    def utterances(self) -> Utterances:
        """What is known of the chosen ones."""
        return self.known

    def one(self, row: int) -> Conversation:
        """The chosen conversation number `row`."""
        return self.of.one(self.rows[row])


@dataclass(frozen=True)
class DataSet:
    """Conversations that share modalities and a task, with what a model card must say of them."""

    name: str
    task: Task
    conversations: Sequence[Conversation]
    sources: Mapping[str, str]  # modality -> how its features were made
    licence: str
    digest: str = ""  # of the contents, so that a result names what it was computed on; computed when not given
    findings: Findings = field(default_factory=Findings)  # what the reader noticed: entries missing by nature, bad rows
    feature_names: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # modality -> [D_u], where they are known
    choices: Sequence[Choice] = ()  # what the layout of the file left open, and how it was answered
    utterances: Utterances = field(init=False, repr=False)
    rows: Mapping[str, int] = field(init=False, repr=False)  # conversation id -> its number

    def __post_init__(self) -> None:
        if not self.conversations:
            raise CompVizError(f"Data set {self.name!r} has no conversations.")
        expected = self.widths
        for conversation in () if isinstance(self.conversations, Lazy) else self.conversations:
            if list(conversation.widths.items()) != list(expected.items()):
                raise CompVizError(
                    f"Data set {self.name!r}: conversation {conversation.id!r} has features {conversation.widths}, expected {expected}."
                )
        object.__setattr__(self, "utterances", Utterances.of(self.conversations))
        rows = {name: row for row, name in enumerate(self.utterances.ids)}
        if len(rows) != len(self.conversations):
            raise CompVizError(f"Data set {self.name!r}: conversation ids repeat, expected each once.")
        object.__setattr__(self, "rows", rows)
        if not self.digest:
            object.__setattr__(self, "digest", content_digest(self.task, self.conversations))

    @property
    def widths(self) -> dict[str, int]:
        """D_u, the feature width of each modality."""
        return self.conversations[0].widths

    @property
    def modalities(self) -> tuple[str, ...]:
        """The M modality names, in the order of every `observed` array."""
        return tuple(self.widths)

    @property
    def dims(self) -> tuple[int, ...]:
        """D_u, the feature width of each modality."""
        return tuple(self.widths.values())

    def find(self, name: str) -> Conversation:
        """The conversation with this id; no other is looked at. Raises `CompVizError` when there is none."""
        if name not in self.rows:
            raise CompVizError(f"Data set {self.name!r} has no conversation {name!r}.")
        return self.conversations[self.rows[name]]

    def first_of(self, split: str) -> str:
        """The id of the first conversation of a split, or of all where there is no such split."""
        known = self.utterances
        inside = [name for name, its in zip(known.ids, known.splits, strict=True) if its == split]
        return inside[0] if inside else known.ids[0]

    def split(self, name: str) -> Sequence[Conversation]:
        """Conversations of one split; raises `CompVizError` when there are none."""
        chosen = [row for row, split in enumerate(self.utterances.splits) if split == name]
        if not chosen:
            there = sorted({split or "(none)" for split in self.utterances.splits})
            raise CompVizError(f"Data set {self.name!r} has no {name!r} split, only {', '.join(there)}.")
        return pick_conversations(self.conversations, chosen)


def pick_conversations(conversations: Sequence[Conversation], rows: Sequence[int]) -> Sequence[Conversation]:
    """Some of the conversations by number, still unread where they are read as needed."""
    return Chosen(conversations, rows) if isinstance(conversations, Lazy) else [conversations[row] for row in rows]


def cut_into_windows(conversations: Iterable[Conversation], length: int) -> Iterable[Conversation]:
    """The same conversations, those longer than `length` cut into consecutive parts of at most that many utterances."""
    for conversation in conversations:
        if len(conversation) <= length:
            yield conversation
            continue
        for first in range(0, len(conversation), length):
            yield conversation.window(first, first + length)


def content_digest(task: Task, conversations: Iterable[Conversation]) -> str:
    """SHA-256 of what the conversations hold, the same whatever file they come from.

    Of a conversation in one go: hashing lets other threads go on, and waits for all of them before the next piece.
    """
    scale = tuple(map(float, (task.low, task.high, task.neutral)))
    whole = hashlib.sha256(repr((task.name, task.classes, scale)).encode())
    for c in conversations:
        texts = (c.id, c.split, *c.words, *c.context, *c.speakers)
        unknown = (np.where(np.isnan(known), np.float32(np.nan), known) for known in (c.labels, c.durations))
        arrays = (c.observed, *unknown, *c.features.values())
        numbers = (np.ascontiguousarray(array).tobytes() for array in arrays)
        whole.update(b"".join([repr((texts, tuple(c.features))).encode(), *numbers]))
    return whole.hexdigest()
