"""What every layout is brought into: rows of our columns, features beside them, and what was not used."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from comp_viz.data.conversation import Bools, Floats, Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choice
from comp_viz.data.reading import PLAIN_READING, FileReading
from comp_viz.data.table.format import FEATURE_PREFIX
from comp_viz.data.tabular.columns import Columns
from comp_viz.data.tabular.read import read_columns
from comp_viz.data.tabular.schema import in_order
from comp_viz.data.unused import Unused

ROWS_AT_ONCE = 1 << 14  # of a matrix handed on


class FeatureColumn(ABC):
    """The features of one modality, a list of numbers a row; read only when they are asked for."""

    kind: pa.DataType  # of the lists; of fixed size where the width is known

    @abstractmethod
    def arrays(self) -> Iterator[pa.Array]:
        """All rows in order, some at a time; null where there are no features."""


class MatrixColumn(FeatureColumn):
    """Features that are in memory, `[N, D]`."""

    def __init__(self, features: Floats, present: Bools | None = None) -> None:
        self.features, self.present = features, present
        self.kind = pa.list_(pa.float32(), features.shape[1])

    def arrays(self) -> Iterator[pa.Array]:
        """All rows in order."""
        for first in range(0, len(self.features), ROWS_AT_ONCE):
            part = slice(first, first + ROWS_AT_ONCE)
            yield feature_lists(self.features[part], None if self.present is None else self.present[part])


class ArrowColumn(FeatureColumn):
    """Features that Arrow has read already, as lists."""

    def __init__(self, lists: pa.ChunkedArray) -> None:
        self.lists, self.kind = lists, lists.type

    def arrays(self) -> Iterator[pa.Array]:
        """All rows in order."""
        yield from self.lists.chunks


def feature_lists(features: Floats, present: Bools | None = None) -> pa.Array:
    """Rows `[n, D]` as lists of Arrow, null where not `present` `[n]`."""
    numbers = pa.array(features.astype("float32", copy=False).ravel())
    missing = None if present is None else pa.array(~present)
    return pa.FixedSizeListArray.from_arrays(numbers, features.shape[1], mask=missing)


@dataclass(frozen=True)
class ReaderFrame:
    """What a layout makes of a file: `N` utterances, one a row, in any order."""

    file: str  # as findings call it
    rows: (
        pa.Table
    )  # [N]: conversation, position, label; split, speaker, start, end, duration, text, context where known
    features: Mapping[str, FeatureColumn]  # modality -> [N]
    task: Task | None = None  # what the labels mean, None to tell it from them
    name: str = ""  # of the data set; "": that of the file
    licence: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)  # modality -> how its features were made
    unused: Mapping[str, str] = field(default_factory=dict)  # what the file holds besides -> why it is not used
    choices: Sequence[Choice] = ()  # that were made
    zero: bool = False  # whether features that are NaN or infinite become 0
    findings: Findings = field(default_factory=Findings)  # what the layout noticed; more may come as features are read


class FrameColumns(Columns):
    """A frame as a table whose columns can be read."""

    def __init__(self, frame: ReaderFrame) -> None:
        self.rows = frame.rows
        ordered = in_order({modality: FEATURE_PREFIX + modality for modality in frame.features})
        self.features = {name: frame.features[modality] for modality, name in ordered.items()}
        lists = [pa.field(name, column.kind) for name, column in self.features.items()]
        super().__init__(frame.file, pa.schema([*frame.rows.schema, *lists]))

    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns that are no features."""
        return self.rows.select(list(names))

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some of the columns of features, some rows at a time; several have to be in memory to be cut at the same rows."""
        if len(names) == 1:
            yield from (pa.record_batch([lists], names=list(names)) for lists in self.features[names[0]].arrays())
        else:
            columns = [pa.chunked_array(self.features[name].arrays(), self.features[name].kind) for name in names]
            yield from pa.table(columns, names=list(names)).to_batches()


def rows_of(**columns: Any) -> pa.Table:
    """The columns of a frame that are no features, from lists or arrays of N values; None leaves one out."""
    return pa.table({name: values for name, values in columns.items() if values is not None})


def frame_data_set(frame: ReaderFrame, reading: FileReading = PLAIN_READING) -> DataSet:
    """The data set that a frame holds, by the rules of tables: order, splits, labels, features and what is wrong with them.

    `reading` says what the labels mean, where it is not as the frame says. Raises `CompVizError`.
    """
    task = reading.task or frame.task
    if task and frame.task:
        task = replace(task, name=task.name or frame.task.name)
    data = read_columns(FrameColumns(frame), replace(reading, task=task), zero=frame.zero)
    frame.findings.not_used(frame.file, [Unused("field", name, why=why) for name, why in frame.unused.items()])
    return replace(
        data,
        name=frame.name or data.name,
        licence=frame.licence or data.licence,
        sources={**data.sources, **frame.sources},
        choices=frame.choices,
        findings=replace(data.findings, rows=[*frame.findings.rows, *data.findings.rows]),
    )
