"""Columns of a Parquet or Arrow file, read some rows at a time and never more than fits into memory."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from comp_viz.data.table.arrow_file import ArrowFile, explain_damage
from comp_viz.errors import CompVizError

MOST_BYTES = 8 << 30  # of a file's contents in memory, decompressed
AT_ONCE = 128 << 20  # bytes of features decoded at once, about
WIDEST = 8  # bytes of a number


def check_size(file: str, size: int) -> None:
    """Raise `CompVizError` when so many bytes are too many."""
    if size > MOST_BYTES:
        raise CompVizError(
            f"{file} would take {size / 2**30:,.1f} GB of memory, expected at most {MOST_BYTES / 2**30:g} GB. "
            "Split it into files of fewer conversations."
        )


class Columns(ABC):
    """A file whose columns can be read. Reading raises what is in `DAMAGED`."""

    def __init__(self, file: str, schema: pa.Schema) -> None:
        self.file, self.schema = file, schema

    @abstractmethod
    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns."""

    @abstractmethod
    def batches(self, name: str) -> Iterator[pa.RecordBatch]:
        """One column, some rows at a time."""


class ParquetColumns(Columns):
    """A Parquet file. Text is held once however often it comes."""

    def __init__(self, path: Path) -> None:
        schema = pq.read_schema(path)
        text = [column.name for column in schema if is_text_type(column.type)]
        self.parquet = pq.ParquetFile(path, read_dictionary=text, pre_buffer=False)
        self.sizes: dict[str, int] = {}
        super().__init__(path.name, schema)

    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns."""
        check_size(self.file, sum(map(self.size, names)))
        return self.parquet.read(list(names))

    def batches(self, name: str) -> Iterator[pa.RecordBatch]:
        """One column, some rows at a time."""
        size = self.size(name)
        check_size(self.file, size)
        rows = max(AT_ONCE * self.parquet.metadata.num_rows // max(size, 1), 1)
        yield from self.parquet.iter_batches(min(rows, 1 << 16), columns=[name])

    def size(self, name: str) -> int:
        """Bytes that a column takes in memory, at most, by what the file says of it."""
        if name not in self.sizes:
            self.sizes[name] = max(self.stated(name), self.padded(name))
        return self.sizes[name]

    def stated(self, name: str) -> int:
        """Bytes of the values that are there; repeated ones take a few bytes of the file and may be many.

        The scan decodes them one after the other. It raises what is wrong with the description of a column, which PyArrow
        does not when asked for it: that would end the process.
        """
        self.parquet.scan_contents([name])
        footer, leaves = self.parquet.metadata, self.parquet.schema
        paths = [leaves.column(number).path for number in range(footer.num_columns)]
        own = [number for number, path in enumerate(paths) if path == name or path.startswith(f"{name}.")]
        chunks = [footer.row_group(group).column(number) for group in range(footer.num_row_groups) for number in own]
        return sum(max(int(chunk.total_uncompressed_size), WIDEST * int(chunk.num_values)) for chunk in chunks)

    def padded(self, name: str) -> int:
        """Bytes of a column of fixed-size lists, which takes room for rows that have none."""
        kind = self.schema.field(name).type
        width: int = kind.list_size if pa.types.is_fixed_size_list(kind) else 0
        return int(self.parquet.metadata.num_rows) * WIDEST * width


class ArrowColumns(Columns):
    """An Arrow file."""

    def __init__(self, path: Path) -> None:
        self.arrow = ArrowFile.open(path)
        size, compressed = self.arrow.claims()
        check_size(path.name, size if compressed else 0)  # what is not compressed stays in the file
        super().__init__(path.name, self.arrow.reader().schema)

    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns."""
        return pa.Table.from_batches(self.checked(names), pa.schema([self.schema.field(name) for name in names]))

    def batches(self, name: str) -> Iterator[pa.RecordBatch]:
        """One column, some rows at a time."""
        for batch in self.checked([name]):
            rows = max(AT_ONCE * len(batch) // max(batch.nbytes, 1), 1)
            yield from (batch.slice(first, rows) for first in range(0, len(batch), rows))

    def checked(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Parts of some of the columns, made sure to be what they say."""
        wanted = pa.ipc.IpcReadOptions(included_fields=[self.schema.get_field_index(name) for name in names])
        for batch in pa.ipc.open_stream(self.arrow.messages, options=wanted):
            chosen = batch.select(list(names))
            chosen.validate(full=True)
            yield chosen
            self.arrow.mapped.look([chosen.nbytes])


def open_columns(path: Path) -> Columns:
    """Open a file of either kind. Raises `CompVizError` when it is damaged or too large."""
    with explain_damage(path):
        return ParquetColumns(path) if path.suffix == ".parquet" else ArrowColumns(path)


def is_text_type(kind: pa.DataType) -> bool:
    """Whether a column is of strings."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
