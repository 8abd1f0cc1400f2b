"""Which labels a task can have, and what is to be said of scores whose scale nobody states."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.conversation import Bools, Floats, Task
from comp_viz.data.findings import Finding

MEND = "so the sign says nothing; give --classes or --scale LOW NEUTRAL HIGH at import"
ONE_SIDED = (f"no label is below neutral 0, {MEND}", f"no label is above neutral 0, {MEND}")
FROM_ONE = (
    "labels are whole numbers counted from 1, taken as classes; if they are ratings give --scale LOW NEUTRAL HIGH, "
    "else name the classes with --classes"
)


def possible(labels: Floats, task: Task) -> Bools:
    """Whether each label is a class number of the task, or on its scale; unknown ones are. `[N]`."""
    there = np.isin(labels, range(len(task.classes))) if task.classes else (labels >= task.low) & (labels <= task.high)
    fits: Bools = there | np.isnan(labels)
    return fits


def one_sided(labels: NDArray[Any]) -> str:
    """What to say of finite scores that lie on one side of 0, as they may be classes, or neutral elsewhere; else ""."""
    for reason, other_side in zip(ONE_SIDED, (labels < 0, labels > 0), strict=True):
        if labels.size and not other_side.any():
            return reason  # labels that are all 0 are one problem
    return ""


def once_stated(rows: list[Finding]) -> list[Finding]:
    """The findings that remain when the task of the labels is stated."""
    return [row for row in rows if row.reason not in (*ONE_SIDED, FROM_ONE)]
