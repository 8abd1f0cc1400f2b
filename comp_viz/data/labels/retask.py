"""Data sets given another task than the one they came with."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from comp_viz.data.conversation import Conversation
from comp_viz.data.dataset import DataSet
from comp_viz.data.labels.column import LabelColumn, label_key
from comp_viz.data.labels.fit import once_stated
from comp_viz.data.labels.read import read_labels
from comp_viz.data.labels.remarks import note_remarks
from comp_viz.data.reading import FileReading


def with_reading(data: DataSet, reading: FileReading) -> DataSet:
    """The same conversations with labels as `reading` say; the data set itself where they say nothing of labels.

    A task without a name keeps the name that the data set has for it. Raises `CompVizError` for labels that are none of it.
    """
    if reading.task is None and not reading.unknown:
        return data
    task = reading.task or data.task
    task = replace(task, name=task.name or data.task.name)
    names = {label_key(name): f"{number}" for number, name in enumerate(data.task.classes)}
    unknown = tuple(names.get(label_key(label), label) for label in reading.unknown)  # a class by its name
    column = LabelColumn(data.utterances.labels.astype(np.float64))
    read = read_labels(data.name, column, FileReading(task, unknown))
    findings = replace(data.findings, rows=once_stated(data.findings.rows))
    starts = data.utterances.starts

    def relabelled() -> Iterator[Conversation]:
        for row, conversation in enumerate(data.conversations):
            yield replace(conversation, labels=read.labels[starts[row] : starts[row + 1]])

    conversations = tuple(relabelled())
    note_remarks(read.remarks, data.name, data.utterances.ids, starts, findings)
    return replace(data, task=task, conversations=conversations, digest="", findings=findings)
