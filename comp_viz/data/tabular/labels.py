"""The labels of a table: class names, class numbers or scores, and the task they set."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from comp_viz.data.conversation import Floats, Task
from comp_viz.data.dataset import Doubles
from comp_viz.data.findings import Findings
from comp_viz.data.labels import impossible, note_one_sided, possible
from comp_viz.data.tabular.columns import is_text_type
from comp_viz.data.tabular.rows import Order
from comp_viz.data.tabular.values import column_numbers, column_texts
from comp_viz.errors import CompVizError

MOST_CLASSES = 1000


def read_labels(
    file: str, column: pa.ChunkedArray, order: Order, task: Task | None, findings: Findings
) -> tuple[Task, Floats]:
    """The task, read from the labels where it is not given, and labels `[N]`, NaN where unknown.

    Labels that are none of the task are noted and treated as unknown. Raises `CompVizError` when labels set no task.
    """
    if is_text_type(column.type):
        return named_labels(file, column_texts(column)[order.rows], order, task, findings)
    stated = column_numbers(column)[order.rows]
    if task is None:
        task = infer(file, stated, pa.types.is_integer(column.type))
        if not task.classes:
            note_one_sided(file, stated, findings)
    with np.errstate(over="ignore"):
        labels = stated.astype(np.float32)
    fits = possible(labels, task)
    for utterance in np.flatnonzero(~fits).tolist():
        findings.problem(file, impossible(stated[utterance], task), *order.place(utterance))
    return task, np.where(fits, labels, np.float32(np.nan))


def named_labels(
    file: str, names: NDArray[np.object_], order: Order, task: Task | None, findings: Findings
) -> tuple[Task, Floats]:
    """The task and the class numbers of labels that are class names, "" where unknown."""
    if task and not task.classes:
        raise CompVizError(f"{file}: labels are text, such as {max(names)!r:.60}, expected scores ({task.scale}).")
    classes = task.classes if task else tuple(sorted(set(names.tolist()) - {""}))
    if not 2 <= len(classes) <= MOST_CLASSES:
        raise CompVizError(
            f"{file}: labels are {len(classes):,} different texts, expected the names of 2 to {MOST_CLASSES:,} classes."
        )
    number = {name: n for n, name in enumerate(classes)}
    labels = np.array([number.get(name, np.nan) for name in names.tolist()], np.float32)
    for utterance in np.flatnonzero(np.isnan(labels) & (names != "")).tolist():
        reason = f"label {names[utterance]!r:.60} is none of {', '.join(classes):.80}, treated as unknown"
        findings.problem(file, reason, *order.place(utterance))
    return task or Task("emotion", classes), labels


def infer(file: str, labels: Doubles, whole: bool) -> Task:
    """The plainest reading of numbers: whole ones are classes counted from 0, others scores around 0."""
    if whole and not np.isnan(labels).all():
        last = int(labels[(labels >= 0) & (labels < MOST_CLASSES)].max(initial=0))
        if last < 1:
            raise CompVizError(
                f"{file}: labels are whole numbers from {np.nanmin(labels):g} to {np.nanmax(labels):g}, expected class numbers "
                f"counted from 0, below {MOST_CLASSES:,}. Scores are stored as floating-point numbers, or given with --scale."
            )
        return Task("emotion", tuple(f"class {n}" for n in range(last + 1)))
    reach = float(np.ceil(np.abs(labels[np.isfinite(labels)]).max(initial=1)))
    return Task("score", low=-reach, high=reach)
