"""Parts of missing patterns that look at nothing but which entries are there: `uniform`, `only`, `rates`, `cells`."""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from comp_viz.data.conversation import Bools, Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.base import PatternPart, check_once
from comp_viz.data.patterns.matrices import check_rate, check_share, from_hex, keep_only, sample_rows, sample_uniform
from comp_viz.data.patterns.text import Call, quote, quoted_list, share_words, shortest_number
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened


@dataclass(frozen=True)
class Uniform(PatternPart):
    """A share of all entries missing completely at random, but for one that every utterance keeps: the protocol of the field."""

    kind: ClassVar[str] = "uniform"
    example: ClassVar[str] = "uniform(0.3)"
    rate: float  # of what was there, 0 to MAX_RATE

    def __post_init__(self) -> None:
        check_rate(self.rate)

    @classmethod
    def read(cls, call: Call) -> "Uniform":
        """`uniform(RATE)`."""
        (rate,) = call.values(1, 1)
        return cls(rate.number())

    def values(self) -> list[str]:
        """The rate."""
        return [shortest_number(self.rate)]

    def words(self) -> str:
        """Such as "30 % of all entries missing completely at random"."""
        return f"{share_words(self.rate)} of all entries missing completely at random"

    @property
    def random(self) -> bool:
        """Unless nothing is taken away."""
        return self.rate > 0

    def __call__(self, utterances: Utterances, task: Task, rng: np.random.Generator) -> Bools:
        """What the protocol keeps."""
        return sample_uniform(utterances.observed, self.rate, rng)


@dataclass(frozen=True)
class Only(PatternPart):
    """Fixed availability: all modalities but some are missing everywhere."""

    kind: ClassVar[str] = "only"
    example: ClassVar[str] = "only(audio, text)"
    kept: tuple[str, ...]

    def __post_init__(self) -> None:
        check_once(self.kept)

    @classmethod
    def read(cls, call: Call) -> "Only":
        """`only(MODALITY, …)`."""
        return cls(tuple(value.text for value in call.values(1)))

    def values(self) -> list[str]:
        """The modalities that are kept."""
        return [quote(name) for name in self.kept]

    def words(self) -> str:
        """Such as "only audio and text kept"."""
        return f"only {quoted_list(self.kept)} kept"

    def named(self) -> Sequence[str]:
        """Those that are kept."""
        return self.kept

    def __call__(self, utterances: Utterances, task: Task, rng: np.random.Generator) -> Bools:
        """What there is of those that are kept."""
        return keep_only(utterances.observed, utterances.modalities, self.kept)


@dataclass(frozen=True)
class Rates(PatternPart):
    """For each of some modalities, a share of what was there of it missing completely at random; exact up to rounding."""

    kind: ClassVar[str] = "rates"
    example: ClassVar[str] = "rates(text=0.9, audio=0.2)"
    shares: tuple[tuple[str, float], ...]  # (modality, 0 to 1)

    def __post_init__(self) -> None:
        check_once(self.named())
        for _, share in self.shares:
            check_share(share)

    @classmethod
    def read(cls, call: Call) -> "Rates":
        """`rates(MODALITY=SHARE, …)`."""
        return cls(tuple((name, value.number()) for name, value in call.named()))

    def values(self) -> list[str]:
        """Modalities with their shares."""
        return [f"{quote(name)}={shortest_number(share)}" for name, share in self.shares]

    def words(self) -> str:
        """Such as "90 % of text and 20 % of audio missing completely at random"."""
        shares = [f"{share_words(share)} of {quote(name)}" for name, share in self.shares]
        return f"{' and '.join(shares)} missing{' completely at random' if self.random else ''}"

    @property
    def random(self) -> bool:
        """Unless all or nothing is taken away."""
        return any(0 < share < 1 for _, share in self.shares)

    def named(self) -> Sequence[str]:
        """Those that have a share."""
        return [name for name, _ in self.shares]

    def __call__(self, utterances: Utterances, task: Task, rng: np.random.Generator) -> Bools:
        """What is left by every modality."""
        left = utterances.observed.copy()
        for name, share in self.shares:
            u = utterances.modalities.index(name)
            left[:, u] &= ~sample_rows(left[:, u], share, rng)
        return left


@dataclass(frozen=True)
class Cells(PatternPart):
    """A matrix edited by hand, for one conversation."""

    kind: ClassVar[str] = "cells"
    example: ClassVar[str] = "cells(fd70)"
    hex: str  # as `to_hex` writes it

    def __post_init__(self) -> None:
        if not self.hex or not set(self.hex) <= set(string.hexdigits.lower()):
            raise CompVizError(f"cells: expected hexadecimal characters (0-9, a-f), got {shortened(self.hex, 40)!r}.")

    @classmethod
    def read(cls, call: Call) -> "Cells":
        """`cells(HEX)`."""
        (text,) = call.values(1, 1)
        return cls(text.text.lower())

    def values(self) -> list[str]:
        """The matrix."""
        return [self.hex]

    def words(self) -> str:
        """Always the same."""
        return "edited by hand"

    def check_data(self, utterances: Utterances, task: Task) -> None:
        """There must be one conversation, of the size the matrix was made for."""
        if len(utterances.ids) != 1:
            raise CompVizError(
                f"missing pattern: a matrix edited by hand is for one conversation, got {len(utterances.ids)}. "
                "Choose another pattern, such as uniform(0.3)."
            )
        from_hex(self.hex, *utterances.observed.shape)

    def __call__(self, utterances: Utterances, task: Task, rng: np.random.Generator) -> Bools:
        """What the matrix leaves."""
        self.check_data(utterances, task)
        return utterances.observed & from_hex(self.hex, *utterances.observed.shape)
