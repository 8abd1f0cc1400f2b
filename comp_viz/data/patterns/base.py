"""What every part of a missing pattern can do."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from comp_viz.data.conversation import Bools, Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.matrices import check_modalities
from comp_viz.data.patterns.text import Call
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened


class PatternPart(ABC):
    """One step of a missing pattern. Parts are frozen dataclasses: equal ones are equal, and any can be a key."""

    kind: ClassVar[str]  # its name in text
    example: ClassVar[str]

    @classmethod
    @abstractmethod
    def read(cls, call: Call) -> Self:
        """Make it from its text. Raises `CompVizError` for arguments that are not its own."""

    @abstractmethod
    def values(self) -> list[str]:
        """Its arguments as text."""

    @abstractmethod
    def words(self) -> str:
        """What it does, in a short plain phrase."""

    @property
    def random(self) -> bool:
        """Whether a seed matters."""
        return False

    def named(self) -> Sequence[str]:
        """Modalities it speaks of."""
        return ()

    def check(self, modalities: Sequence[str], task: Task) -> None:
        """Raise `CompVizError` when it names a modality or a label that there is not."""
        check_modalities(self.named(), modalities)

    def check_data(self, utterances: Utterances, task: Task) -> None:
        """The same for whole data; raise also when it speaks of something no utterance has."""
        self.check(utterances.modalities, task)

    @abstractmethod
    def __call__(self, utterances: Utterances, task: Task, rng: np.random.Generator) -> Bools:
        """What is left of `utterances.observed`, `[N, M]`; to be called after `check`."""

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(self.values())})"


def mask_out(utterances: Utterances, rows: Bools, names: Sequence[str]) -> Bools:
    """What is left when some modalities are missing in some utterances `[N]`; `[N, M]`."""
    return utterances.observed & ~(rows[:, None] & np.isin(np.asarray(utterances.modalities), names))


def check_once(names: Sequence[str]) -> None:
    """Raise `CompVizError` when a modality is named twice."""
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise CompVizError(f"{shortened(', '.join(repeated), 80)!r} is named twice, expected each modality once.")
