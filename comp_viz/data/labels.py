"""Which labels a task can have, and data sets given another task than the one they came with."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.data.dataset import DataSet


def possible(labels: Floats, task: Task) -> Bools:
    """Whether each label is a class number of the task, or on its scale; unknown ones are. `[N]`."""
    there = np.isin(labels, range(len(task.classes))) if task.classes else (labels >= task.low) & (labels <= task.high)
    fits: Bools = there | np.isnan(labels)
    return fits


def impossible(label: float, task: Task) -> str:
    """What to say of a label that the task cannot have."""
    return f"label {label:g} is none of {task.scale:.80}, treated as unknown"


def with_task(data: DataSet, task: Task) -> DataSet:
    """The same conversations with labels of another task; those that are none of it become unknown, and are noted."""
    found = replace(data.findings, rows=list(data.findings.rows))

    def relabelled() -> Iterator[Conversation]:
        for conversation in data.conversations:
            fits = possible(conversation.labels, task)
            for s in np.flatnonzero(~fits):
                reason = impossible(conversation.labels[s], task)
                found.problem(data.name, reason, conversation.id, int(s) + 1)
            yield replace(conversation, labels=np.where(fits, conversation.labels, np.float32(np.nan)))

    return replace(data, task=task, conversations=tuple(relabelled()), digest="", findings=found)
