"""Which labels a task can have, and data sets given another task than the one they came with."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.findings import Finding, Findings

MEND = "so the sign says nothing; give --classes or --scale LOW NEUTRAL HIGH at import"
ONE_SIDED = (f"no label is below neutral 0, {MEND}", f"no label is above neutral 0, {MEND}")


def possible(labels: Floats, task: Task) -> Bools:
    """Whether each label is a class number of the task, or on its scale; unknown ones are. `[N]`."""
    there = np.isin(labels, range(len(task.classes))) if task.classes else (labels >= task.low) & (labels <= task.high)
    fits: Bools = there | np.isnan(labels)
    return fits


def impossible(label: float, task: Task) -> str:
    """What to say of a label that the task cannot have."""
    return f"label {label:g} is none of {task.scale:.80}, treated as unknown"


def note_one_sided(file: str, labels: NDArray[Any], findings: Findings) -> None:
    """Note scores `[N]` of an unstated scale that lie on one side of 0: they may be classes, or neutral elsewhere."""
    known = labels[np.isfinite(labels)]
    for reason, other_side in zip(ONE_SIDED, (known < 0, known > 0), strict=True):
        if known.size and not other_side.any():
            findings.problem(file, reason)
            return  # labels that are all 0 are one problem


def once_stated(rows: list[Finding]) -> list[Finding]:
    """The findings that remain when the task of the labels is stated."""
    return [row for row in rows if row.reason not in ONE_SIDED]


def with_task(data: DataSet, task: Task) -> DataSet:
    """The same conversations with labels of another task; those that are none of it become unknown, and are noted.

    A task without a name keeps the name that the data set has for it.
    """
    task = replace(task, name=task.name or data.task.name)
    findings = replace(data.findings, rows=once_stated(data.findings.rows))

    def relabelled() -> Iterator[Conversation]:
        for conversation in data.conversations:
            fits = possible(conversation.labels, task)
            for s in np.flatnonzero(~fits):
                reason = impossible(conversation.labels[s], task)
                findings.problem(data.name, reason, conversation.id, int(s) + 1)
            yield replace(conversation, labels=np.where(fits, conversation.labels, np.float32(np.nan)))

    return replace(data, task=task, conversations=tuple(relabelled()), digest="", findings=findings)
