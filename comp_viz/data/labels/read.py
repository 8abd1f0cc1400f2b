"""Reads labels from whatever a column holds: the task they set, the labels, and what is to be said of them.

A label is never dropped without failing: what is none of the task is an error that names the reading, and what plainly
stands for "no label" is noted at its place.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.conversation import Bools, Floats, Task
from comp_viz.data.dataset import Doubles
from comp_viz.data.labels.column import LabelColumn, is_no_label, label_key, numbers_in
from comp_viz.data.labels.fit import possible
from comp_viz.data.labels.names import classes_of_names, spellings
from comp_viz.data.labels.numbers import ignored_numbers, is_whole, task_of_numbers
from comp_viz.data.labels.remarks import Remark
from comp_viz.data.reading import PLAIN_READING, FileReading
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

SHOWN_LABELS = 5  # of those that are refused, in the error


@dataclass(frozen=True)
class ReadLabels:
    """Labels that were read."""

    task: Task
    labels: Floats  # [N] scores or class numbers counted from 0, NaN where unknown
    remarks: tuple[Remark, ...] = ()


def read_labels(file: str, values: Any, reading: FileReading = PLAIN_READING) -> ReadLabels:
    """The task, read from the labels where `reading` says nothing, and the labels of it; see `docs/data.md`, Labels.

    `values` are a `LabelColumn`, or an array or a list `[N]` of numbers, texts or None. Raises `CompVizError`, which begins
    with `file`, when it is open what the labels mean, and for labels that are none of the task.
    """
    try:
        column = values if isinstance(values, LabelColumn) else LabelColumn.of(values)
        return numbered(column, reading) if column.texts is None else worded(column.texts, reading)
    except CompVizError as error:
        flags = " These are flags of comp-viz data import, check and info." if "--" in str(error) else ""
        end = "" if str(error).endswith("?") else "."
        raise CompVizError(f"{file}: {error}{end}{flags}") from None


def worded(texts: NDArray[np.object_], reading: FileReading) -> ReadLabels:
    """Labels that are texts: numbers as text, or names of classes."""
    none = {text: is_no_label(text, reading) for text in set(texts.tolist())}
    labelled = np.array([not none[text] for text in texts], bool)
    remarks = [
        Remark("missing", f"label {shortened(text, 60)!r} means that there is none", np.flatnonzero(texts == text))
        for text in sorted(text for text, nothing in none.items() if nothing and text.strip())
    ]
    counts = Counter(texts[labelled].tolist())
    classes = reading.task.classes if reading.task else ()
    by_name = classes and any(label_key(text) in map(label_key, classes) for text in counts)
    if not by_name and (column := numbers_in(texts, labelled)):
        read = numbered(column, reading)
        return replace(read, remarks=(*remarks, *read.remarks))
    if reading.task and not classes:
        scale, word = reading.task.scale, min(counts, default="")
        raise CompVizError(f"labels are text, such as {shortened(word, 60)!r}, expected scores ({scale})")
    classes = classes or classes_of_names(counts)
    number = {label_key(name): n for n, name in enumerate(classes)}
    fits = np.array([there and label_key(text) in number for text, there in zip(texts, labelled, strict=True)], bool)
    refuse_labels(Counter(texts[labelled & ~fits].tolist()), len(texts), ", ".join(classes))
    names = {text: classes[number[label_key(text)]] for text in counts}
    remarks += [
        Remark(
            "problem",
            f"label {shortened(text, 60)!r} is read as {shortened(name, 60)!r}",
            np.flatnonzero(texts == text),
        )
        for text, name in sorted(names.items())
        if text != name and (not reading.task or spellings(counts)[text] != text)
    ]
    labels = [number[label_key(text)] if there else np.nan for text, there in zip(texts, labelled, strict=True)]
    return ReadLabels(reading.task or Task("emotion", classes), np.array(labels, np.float32), tuple(remarks))


def numbered(column: LabelColumn, reading: FileReading) -> ReadLabels:
    """Labels that are numbers."""
    assert column.numbers is not None
    numbers, remarks = without_marks(column.numbers, numbers_among(reading.unknown))
    numbers, impossible = without_infinite(numbers)
    remarks += impossible
    more: list[Remark] = []
    if task := reading.task:
        numbers = counted_from_0(numbers, task)
    else:
        task, numbers, more = told_by_numbers(numbers, column)
    with np.errstate(over="ignore"):
        labels = numbers.astype(np.float32)
    fits = possible(labels, task)
    refuse_labels(Counter(f"{value:g}" for value in numbers[~fits].tolist()), len(numbers), task.scale, numbers)
    return ReadLabels(task, labels, (*remarks, *more))


def told_by_numbers(numbers: Doubles, column: LabelColumn) -> tuple[Task, Doubles, list[Remark]]:
    """The task that numbers `[N]` set, the numbers with classes counted from 0, and what is to be said of them."""
    if column.names:
        return Task("emotion", column.names), *without_marks(
            numbers, [-1.0]
        )  # so Hugging Face writes that there is none
    numbers, remarks = without_marks(numbers, ignored_numbers(different(numbers), column.whole))
    values = different(numbers)
    task, remark = task_of_numbers(values, column.whole)
    remarks += [Remark("problem", remark)] if remark else []
    return task, numbers - values[0] if task.classes else numbers, remarks


def different(numbers: Doubles) -> Doubles:
    """The different ones of some numbers, in order, without NaN."""
    values: Doubles = np.unique(numbers[~np.isnan(numbers)])
    return values


def counted_from_0(numbers: Doubles, task: Task) -> Doubles:
    """Class numbers `[N]` counted from 0, where those of a task with so many classes run from 1 to the last."""
    known = different(numbers)
    from_1 = len(task.classes) > 0 and len(known) > 0 and is_whole(known)
    return numbers - 1 if from_1 and known[0] >= 1 and known[-1] == len(task.classes) else numbers


def without_marks(numbers: Doubles, marks: list[float]) -> tuple[Doubles, list[Remark]]:
    """Numbers `[N]` with NaN for those that mean "no label", and what to say of them."""
    with np.errstate(over="ignore"):
        single = numbers.astype(np.float32)  # as most files have them: 0.1 is found where a file has its nearest
        there: dict[float, Bools] = {
            mark: np.asarray((numbers == mark) | ((single == np.float32(mark)) & np.isfinite(single))) for mark in marks
        }
    remarks = [
        Remark("missing", f"label {mark:g} means that there is none", np.flatnonzero(rows))
        for mark, rows in there.items()
        if rows.any()
    ]
    marked = np.any([np.zeros(len(numbers), bool), *there.values()], axis=0)
    return np.where(marked, np.nan, numbers), remarks


def without_infinite(numbers: Doubles) -> tuple[Doubles, list[Remark]]:
    """Numbers `[N]` with NaN for infinite ones, which can be no label. Raises `CompVizError` when there are no others."""
    infinite = np.isinf(numbers)
    if infinite.any() and not np.isfinite(numbers).any():
        raise CompVizError("all labels are infinite, expected scores or class numbers, and NaN or null for unknown")
    remark = Remark("problem", "its label is infinite, treated as unknown", np.flatnonzero(infinite))
    return np.where(infinite, np.nan, numbers), [remark] if infinite.any() else []


def numbers_among(texts: tuple[str, ...]) -> list[float]:
    """Those of some texts that are numbers."""
    numbers = []
    for text in texts:
        try:
            numbers.append(float(text))
        except ValueError:
            continue
    return numbers


def refuse_labels(counts: Counter[str], total: int, expected: str, numbers: Doubles | None = None) -> None:
    """Raise `CompVizError` for labels that are none of the task, with how often each occurs, and how far `numbers` run."""
    if not counts:
        return
    extent = "" if numbers is None else f" (labels run from {np.nanmin(numbers):g} to {np.nanmax(numbers):g})"
    shown = ", ".join(f"{count:,} × {shortened(text, 40)!r}" for text, count in counts.most_common(SHOWN_LABELS))
    more = f" and {len(counts) - SHOWN_LABELS:,} others" if len(counts) > SHOWN_LABELS else ""
    every = ",".join(sorted(counts)) if len(counts) <= 20 else "LABEL,LABEL,…"
    raise CompVizError(
        f"{counts.total():,} of {total:,} labels are none of {shortened(expected, 200)}: {shown}{more}. "
        f"Give --classes or --scale that have room for them{extent}, or read them as unknown: --unknown={shortened(every, 200)}"
    )
