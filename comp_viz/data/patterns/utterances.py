"""Parts of missing patterns that look at where an utterance stands and who speaks: `outage`, `speaker`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from comp_viz.data.conversation import Bools, Task
from comp_viz.data.dataset import Ints, Utterances
from comp_viz.data.patterns.base import PatternPart, check_once, mask_out
from comp_viz.data.patterns.text import ANY, Call, quote, quoted_list
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

NAMED = 10  # speakers an error names at most


@dataclass(frozen=True)
class Outage(PatternPart):
    """A modality missing in consecutive utterances of every conversation; what lies after its end has no effect."""

    kind: ClassVar[str] = "outage"
    example: ClassVar[str] = "outage(audio, 8, 12)"
    modality: str
    start: int | None  # number of the first utterance, counted from 1; None: random in each conversation
    length: int  # utterances

    def __post_init__(self) -> None:
        if self.length < 1 or (self.start is not None and self.start < 1):
            raise CompVizError(f"outage: expected a start and a length from 1 on, got {self.start} and {self.length}.")

    @classmethod
    def read(cls, call: Call) -> "Outage":
        """`outage(MODALITY, START|any, LENGTH)`."""
        modality, start, length = call.values(3, 3)
        return cls(modality.text, None if start.is_any else start.count(), length.count())

    def values(self) -> list[str]:
        """Modality, start, length."""
        return [quote(self.modality), ANY if self.start is None else str(self.start), str(self.length)]

    def words(self) -> str:
        """Such as "audio missing in utterances 8 to 19"."""
        several = "s" if self.length > 1 else ""
        if self.start is None:
            return f"{quote(self.modality)} missing in {self.length} utterance{several} in a row, anywhere"
        last = f" to {self.start + self.length - 1}" if several else ""
        return f"{quote(self.modality)} missing in utterance{several} {self.start}{last}"

    @property
    def random(self) -> bool:
        """When the start is random."""
        return self.start is None

    def named(self) -> Sequence[str]:
        """The one that fails."""
        return [self.modality]

    def __call__(self, utterances: Utterances, task: Task, rng: np.random.Generator) -> Bools:
        """What is left outside the outage."""
        first = np.repeat(self.firsts(utterances.lengths, rng), utterances.lengths)
        rows = (utterances.positions >= first) & (utterances.positions < first + self.length)
        return mask_out(utterances, rows, [self.modality])

    def firsts(self, lengths: Ints, rng: np.random.Generator) -> Ints:
        """Where it begins in each conversation, counted from 0, `[V]`; a random one lies within, if it is short enough."""
        if self.start is None:
            return rng.integers(np.maximum(lengths - self.length, 0) + 1)
        return np.full_like(lengths, self.start - 1)


@dataclass(frozen=True)
class Speaker(PatternPart):
    """Everything, or some modalities, of one speaker missing."""

    kind: ClassVar[str] = "speaker"
    example: ClassVar[str] = "speaker(A, audio)"
    name: str | None  # None: one at random in each conversation, of those who speak in it
    modalities: tuple[str, ...] = ()  # none: all

    def __post_init__(self) -> None:
        check_once(self.modalities)
        if self.name == "":
            raise CompVizError("speaker: expected a name or any, got an empty one.")

    @classmethod
    def read(cls, call: Call) -> "Speaker":
        """`speaker(NAME|any, MODALITY, …)`."""
        name, *modalities = call.values(1)
        return cls(None if name.is_any else name.text, tuple(value.text for value in modalities))

    def values(self) -> list[str]:
        """The name, then the modalities."""
        return [ANY if self.name is None else quote(self.name), *map(quote, self.modalities)]

    def words(self) -> str:
        """Such as "audio of speaker A missing"."""
        who = "one speaker in each conversation" if self.name is None else f"speaker {quote(self.name)}"
        return f"{quoted_list(self.modalities)} of {who} missing" if self.modalities else f"{who} missing"

    @property
    def random(self) -> bool:
        """When the speaker is random."""
        return self.name is None

    def named(self) -> Sequence[str]:
        """Those of the speaker's that are missing, where they are named."""
        return self.modalities

    def check_data(self, utterances: Utterances, task: Task) -> None:
        """Somebody must be called so."""
        super().check_data(utterances, task)
        there = sorted(set(utterances.speakers) - {""})
        if not there:
            raise CompVizError("missing pattern: the data does not say who speaks, so no speaker can be missing.")
        if self.name is not None and self.name not in there:
            more = f" and {len(there) - NAMED} more" if len(there) > NAMED else ""
            raise CompVizError(
                f"missing pattern: there is no speaker {shortened(quote(self.name), 80)}, only {', '.join(map(quote, there[:NAMED]))}{more}."
            )

    def __call__(self, utterances: Utterances, task: Task, rng: np.random.Generator) -> Bools:
        """What is left of the others."""
        rows = one_speaker(utterances, rng) if self.name is None else utterances.speakers == self.name
        return mask_out(utterances, rows, self.modalities or utterances.modalities)


def one_speaker(utterances: Utterances, rng: np.random.Generator) -> Bools:
    """Utterances `[N]` of one speaker chosen at random in each conversation; of nobody where it is not known who speaks."""
    rows = np.zeros(len(utterances), bool)
    for first, last in zip(utterances.starts[:-1], utterances.starts[1:], strict=True):
        speakers = utterances.speakers[first:last]
        there = sorted(set(speakers) - {""})
        if there:
            rows[first:last] = speakers == there[rng.integers(len(there))]
    return rows
