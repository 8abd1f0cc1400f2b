"""Reads tables that others made, Parquet or Arrow with one row an utterance, noting whatever is missing or faulty.

The columns are described in `docs/data.md`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from comp_viz.data.catalogue import CatalogueEntry
from comp_viz.data.conversation import Conversation, Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.findings import Findings
from comp_viz.data.header import Header
from comp_viz.data.infinite import INFINITE, check_left, choose_zero
from comp_viz.data.labels.fit import once_stated
from comp_viz.data.labels.read import read_labels
from comp_viz.data.labels.remarks import note_remarks
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.memory_budget import bytes_on_disk
from comp_viz.data.reading import PLAIN_READING, FileReading
from comp_viz.data.table.arrow_file import ARROW_ERRORS, explain_damage
from comp_viz.data.table.format import ALTERED, FEATURE_PREFIX, StoredFindings, TableMetadata, read_metadata
from comp_viz.data.tabular.columns import Columns
from comp_viz.data.tabular.features import ModalityFeatures, find_widths, read_features
from comp_viz.data.tabular.kinds import open_columns
from comp_viz.data.tabular.labels import label_column
from comp_viz.data.tabular.roles import name_columns, unused_columns
from comp_viz.data.tabular.rows import Order, arrange, read_durations, read_splits
from comp_viz.data.tabular.schema import check_columns, in_order
from comp_viz.data.tabular.values import column_texts, plain_column

TEXTS = ("speaker", "text", "context")  # columns that are taken as they are


def read_tabular(path: str | Path, reading: FileReading = PLAIN_READING) -> DataSet:
    """Read a table into memory; `reading` says what the labels mean, where the file does not or says otherwise.

    A task without a name takes that of the file, else "emotion" for classes and "score" for scores.

    Rows that cannot be used are left out and noted, features that cannot be used are kept as missing and noted. Raises
    `CompVizError` when the file is damaged or too large, or columns are missing or of the wrong type.
    """
    path = Path(path)
    columns = open_named(path, reading.choices)
    metadata = read_metadata(path.name, columns.schema.metadata)
    if task := reading.task:
        unnamed = metadata[1].name if metadata else "emotion" if task.classes else "score"
        reading = replace(reading, task=replace(task, name=task.name or unnamed))
    with explain_damage(path):
        if metadata is None:
            questions = Choices({name: its for name, its in reading.choices.items() if name == INFINITE})
            zero = choose_zero(questions)
            return replace(read_columns(columns, reading, zero=zero), choices=questions.made)
        altered = bool(task or reading.unknown)
        reading = replace(reading, task=reading.task or metadata[1])
        return as_written(path.name, read_columns(columns, reading, ours=True), metadata[0], altered)


def open_named(path: Path, choices: Mapping[str, str] = MappingProxyType({})) -> Columns:
    """Open a table under our names; `choices` say which column is what, where its name does not. Raises `CompVizError`."""
    roles = {name: its for name, its in choices.items() if name != INFINITE}
    features = {
        name.removeprefix(FEATURE_PREFIX): its for name, its in roles.items() if name.startswith(FEATURE_PREFIX)
    }
    with explain_damage(path):
        columns = open_columns(path, features)
        named = name_columns(columns, {name: its for name, its in roles.items() if not name.startswith(FEATURE_PREFIX)})
        named.on_disk = bytes_on_disk(path)
        return named


def as_written(file: str, data: DataSet, about: TableMetadata, altered: bool) -> DataSet:
    """What was read from a table of ours, with what the file says of it; noted when it is not what was written."""
    then = about.findings()
    unlisted = Counter({what: count for what, count in then.unlisted.items() if what[0] != "missing" or not what[1]})
    rows = once_stated(then.rows) if altered else then.rows
    findings = StoredFindings([*rows, *data.findings.rows], unlisted)  # what is missing of a modality was found again
    if data.digest != about.digest and not altered:
        findings.problem(file, ALTERED)
    return replace(
        data, name=about.name, sources=about.sources_of(data.modalities), licence=about.licence, findings=findings,
        feature_names=about.names_for(data.widths),
    )  # fmt: skip


def read_columns(columns: Columns, reading: FileReading, ours: bool = False, zero: bool = False) -> DataSet:
    """Read all columns. In a table of ours modalities are in order, and what has no words is marked as missing already.

    With `zero`, features that are NaN or infinite become 0.
    """
    file, findings = columns.file, Findings()
    findings.assume(file, columns.assumed)
    names, features = check_columns(file, columns.schema)
    findings.not_used(file, unused_columns(columns))
    table = columns.table(names)
    order = arrange(file, table, findings)
    column = label_column(plain_column(table["label"]).take(pa.array(order.rows)), columns.schema.metadata)
    labels = read_labels(file, column, reading)
    note_remarks(labels.remarks, file, order.ids, order.starts, findings)
    strings = {name: column_texts(table[name])[order.rows] if name in names else blank(len(order)) for name in TEXTS}
    splits = read_splits(file, table, order, findings)
    durations = read_durations(file, table, order, findings)
    admitted = read_features(columns, features if ours else in_order(features), table.num_rows, order, findings, zero)
    if not ours and "text" in admitted:
        admitted["text"] = spoken(file, strings["text"], admitted["text"], order, findings)
    if not ours:
        there = [np.concatenate([observed for _, observed in parts]) for parts in admitted.values()]
        check_left(file, tuple(admitted), np.stack(there, axis=1), findings)
    conversations = tuple(
        Conversation(
            id=name,
            features={u: parts[v][0] for u, parts in admitted.items()},
            observed=np.stack([parts[v][1] for parts in admitted.values()], axis=1),
            labels=labels.labels[order.of(v)],
            words=tuple(strings["text"][order.of(v)]),
            context=tuple(strings["context"][order.of(v)]),
            speakers=tuple(strings["speaker"][order.of(v)]),
            durations=durations[order.of(v)],
            split=splits[v],
        )
        for v, name in enumerate(order.ids)
    )
    facts = CatalogueEntry(Path(file).stem, labels.task)
    return DataSet(
        facts.name, labels.task, conversations, facts.sources(list(admitted)), facts.licence, findings=findings
    )


def blank(rows: int) -> NDArray[np.object_]:
    """A column of no text."""
    return np.full(rows, "", dtype=object)


def spoken(
    file: str, words: NDArray[np.object_], parts: ModalityFeatures, order: Order, findings: Findings
) -> ModalityFeatures:
    """Text features of conversations with those of empty transcripts taken out, in a file that has transcripts at all."""
    if not any(word.strip() for word in words):
        return parts
    kept: ModalityFeatures = []
    for v, (features, observed) in enumerate(parts):
        observed = findings.without_words(file, order.ids[v], "text", tuple(words[order.of(v)]), observed)
        kept.append((np.where(observed[:, None], features, np.float32(0)), observed))
    return kept


def peek_tabular(path: Path) -> Header | None:
    """Widths and kind of labels of a table, by its schema where that says them; None when it is no such table."""
    try:
        columns = open_named(path)
        metadata = read_metadata(path.name, columns.schema.metadata)
        _, features = check_columns(path.name, columns.schema)
        task = metadata[1] if metadata else peek_task(columns)
        return Header(find_widths(columns, features if metadata else in_order(features)), bool(task.classes))
    except ARROW_ERRORS:
        return None


def peek_task(columns: Columns) -> Task:
    """The task that the labels set, all rows taken together."""
    column = columns.table(["label"])["label"]
    return read_labels(columns.file, label_column(column, columns.schema.metadata)).task
