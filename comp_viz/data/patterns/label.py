"""The part of missing patterns that looks at the labels: `label`, missing not at random."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from comp_viz.data.conversation import POLARITIES, Bools, Floats, Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.base import PatternPart, mask_out
from comp_viz.data.patterns.matrices import check_share, sample_rows
from comp_viz.data.patterns.text import Call, quote, share_words, shortest_number
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

CONDITIONS = (*POLARITIES, "strong")  # on scores; `strong` also on classes


@dataclass(frozen=True)
class Label(PatternPart):
    """A share of a modality missing among the utterances whose label meets a condition: missing not at random.

    Conditions on scores are those of `CONDITIONS`, `strong` being at least half way from neutral to that end of the scale.
    On classes a condition is the name of one, or `strong`: any class but the one named neutral.
    """

    kind: ClassVar[str] = "label"
    example: ClassVar[str] = "label(strong, text, 0.8)"
    condition: str
    modality: str
    share: float  # 0 to 1, exact up to rounding

    def __post_init__(self) -> None:
        check_share(self.share)

    @classmethod
    def read(cls, call: Call) -> "Label":
        """`label(CONDITION, MODALITY, SHARE)`."""
        condition, modality, share = call.values(3, 3)
        return cls(condition.text, modality.text, share.number())

    def values(self) -> list[str]:
        """Condition, modality, share."""
        return [quote(self.condition), quote(self.modality), shortest_number(self.share)]

    def words(self) -> str:
        """Such as "80 % of text missing where the label is strong"."""
        return f"{share_words(self.share)} of {quote(self.modality)} missing where the label is {quote(self.condition)}"

    @property
    def random(self) -> bool:
        """Unless all or nothing is taken away."""
        return 0 < self.share < 1

    def named(self) -> Sequence[str]:
        """The one that is missing."""
        return [self.modality]

    def check(self, modalities: Sequence[str], task: Task) -> None:
        """The modality must be there, and the task must have such labels."""
        super().check(modalities, task)
        if task.classes:
            class_numbers(task, self.condition)
        elif self.condition not in CONDITIONS:
            raise CompVizError(
                f"missing pattern: a {task.name} score cannot be {shortened(quote(self.condition), 80)}, only {', '.join(CONDITIONS)}."
            )

    def __call__(self, utterances: Utterances, task: Task, rng: np.random.Generator) -> Bools:
        """What is left where labels meet the condition, and everywhere else."""
        there = utterances.observed[:, utterances.modalities.index(self.modality)]
        rows = sample_rows(there & meets(utterances.labels, self.condition, task), self.share, rng)
        return mask_out(utterances, rows, [self.modality])


def meets(labels: Floats, condition: str, task: Task) -> Bools:
    """Which labels `[N]` meet a condition of `Label`; unknown ones (NaN) meet none."""
    if task.classes:
        return np.isin(labels, class_numbers(task, condition))
    low, high = (task.neutral + (end - task.neutral) / 2 for end in (task.low, task.high))
    negative, positive = labels < task.neutral, labels > task.neutral
    conditions: dict[str, Bools] = {
        **dict(zip(POLARITIES, (negative, labels == task.neutral, positive), strict=True)),
        "strong": negative & (labels <= low) | positive & (labels >= high),
    }
    return conditions[condition]


def class_numbers(task: Task, condition: str) -> list[int]:
    """The classes a condition means; a class that is named `strong` is that class. Raises `CompVizError` when there is none."""
    if condition in task.classes:
        return [task.classes.index(condition)]
    others = [i for i, name in enumerate(task.classes) if name.casefold() != "neutral"]
    if condition != "strong" or len(others) == len(task.classes):
        neutral = " (strong needs one named neutral)" if condition == "strong" else " or strong"
        raise CompVizError(
            f"missing pattern: there is no class {shortened(quote(condition), 80)}, only {', '.join(map(quote, task.classes))}{neutral}."
        )
    return others
