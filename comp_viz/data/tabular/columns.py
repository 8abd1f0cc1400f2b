"""Columns of a Parquet or Arrow file, read some rows at a time and never more than fits into memory."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from comp_viz.data.memory_budget import check_size
from comp_viz.data.table.arrow_file import ArrowFile
from comp_viz.data.tabular.parquet_footer import claimed_columns
from comp_viz.data.unused import Unused

AT_ONCE = 128 << 20  # bytes of features decoded at once, about
TEXT_COPIES = 7  # of a text, on its way from the file into Arrow, into Python and into what is kept
WIDEST = 8  # bytes of a number
VIEW = 16  # bytes of a view of a text
CUT_OFF = "the stream has no mark at its end: where it was cut off, rows are missing"


class Columns(ABC):
    """A file whose columns can be read. Reading raises what is in `DAMAGED`."""

    left_aside: tuple[Unused, ...] = ()  # what the file holds beside these columns
    on_disk: int | None = None  # bytes of the file or files, where that is known

    def __init__(self, file: str, schema: pa.Schema, assumed: Sequence[str] = ()) -> None:
        self.file, self.schema = file, schema
        self.assumed = tuple(assumed)  # what the file does not say of itself and was told by what is in it, in words

    @abstractmethod
    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns."""

    @abstractmethod
    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some of the columns, some rows at a time, the same number of all of them."""

    def faults(self) -> dict[tuple[str, int], str]:
        """Modality and row of the table -> why it has no features, of what was read so far, where there is more to say."""
        return {}


class ParquetColumns(Columns):
    """A Parquet file. Text is held once however often it comes."""

    def __init__(self, path: Path) -> None:
        self.on_disk = path.stat().st_size
        self.claims = claimed_columns(path)
        schema = pq.read_schema(path)
        text = [column.name for column in schema if is_text_type(column.type)]
        self.parquet = pq.ParquetFile(path, read_dictionary=text, pre_buffer=False)
        self.sizes: dict[str, int] = {}
        super().__init__(path.name, schema)

    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns."""
        check_size(self.file, self.size(names), self.on_disk)
        return self.parquet.read(list(names))

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some of the columns, some rows at a time."""
        size = self.size(names)
        check_size(self.file, size, self.on_disk)
        rows = max(AT_ONCE * self.parquet.metadata.num_rows // max(size, 1), 1)
        yield from self.parquet.iter_batches(min(rows, 1 << 16), columns=list(names))

    def size(self, names: Sequence[str]) -> int:
        """Bytes that columns take in memory, at most, by what the file says of them. Raises `CompVizError` for too many."""
        check_size(self.file, self.claimed(names), self.on_disk)  # else it may take minutes to look
        new = [name for name in names if name not in self.sizes]
        self.sizes |= {name: max(stated, self.padded(name)) for name, stated in self.stated(new).items()}
        return sum(self.held(name, self.sizes[name]) for name in names)

    def claimed(self, names: Sequence[str]) -> int:
        """Bytes of the values of columns by the file's table of contents alone."""
        wanted = dict.fromkeys(names, 0)
        return sum(
            self.held(name, max(one.unpacked, WIDEST * one.values))
            for one in self.claims
            if (name := owner_of(one.path, wanted))
        )

    def held(self, name: str, size: int) -> int:
        """Bytes that a column takes in the end, of so many as they are in the file."""
        return size * (TEXT_COPIES if is_text_type(self.schema.field(name).type) else 1)

    def stated(self, names: Sequence[str]) -> dict[str, int]:
        """Bytes of the values that are there, by column; repeated ones take a few bytes of the file and may be many.

        The scan decodes them one after the other. It raises what is wrong with the description of a column, which PyArrow
        does not when asked for it: that would end the process.
        """
        sizes = dict.fromkeys(names, 0)
        if not names:
            return sizes
        self.parquet.scan_contents(list(names))
        footer, leaves = self.parquet.metadata, self.parquet.schema
        paths = [leaves.column(number).path for number in range(footer.num_columns)]
        owners = {number: owner for number, path in enumerate(paths) if (owner := owner_of(path, sizes)) is not None}
        for group in map(footer.row_group, range(footer.num_row_groups)):
            for number, name in owners.items():
                chunk = group.column(number)
                sizes[name] += max(int(chunk.total_uncompressed_size), WIDEST * int(chunk.num_values))
        return sizes

    def padded(self, name: str) -> int:
        """Bytes of a column of fixed-size lists, which takes room for rows that have none."""
        kind = self.schema.field(name).type
        width: int = kind.list_size if pa.types.is_fixed_size_list(kind) else 0
        return int(self.parquet.metadata.num_rows) * WIDEST * width


class ArrowColumns(Columns):
    """An Arrow file or stream."""

    def __init__(self, path: Path) -> None:
        self.arrow = ArrowFile.open(path)
        size, self.packed = self.arrow.claims()
        self.on_disk = path.stat().st_size
        check_size(path.name, size if self.packed else 0, self.on_disk)  # what is not compressed stays in the file
        super().__init__(path.name, self.arrow.schema, [CUT_OFF] if self.arrow.cut_off else [])

    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns."""
        return pa.Table.from_batches(self.checked(names), pa.schema([self.schema.field(name) for name in names]))

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some of the columns, some rows at a time."""
        for batch in self.checked(names):
            rows = max(AT_ONCE * len(batch) // max(batch.nbytes, 1), 1)
            yield from (batch.slice(first, rows) for first in range(0, len(batch), rows))

    def checked(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Parts of some of the columns, made sure to be what they say."""
        viewed = 0
        for batch in self.arrow.batches(names):
            chosen = batch.select(list(names))
            chosen.validate(full=True)
            viewed += sum(map(viewed_bytes, chosen.columns))
            if self.packed:
                viewed += TEXT_COPIES * sum(column.nbytes for column in chosen.columns if is_text_type(column.type))
            check_size(self.file, viewed, self.on_disk)
            yield chosen
            self.arrow.mapped.look([chosen.nbytes])


def viewed_bytes(column: pa.Array) -> int:
    """Bytes of the texts of a column of views, any number of which may be of the same bytes of the file; 0 of others."""
    if not (pa.types.is_string_view(column.type) or pa.types.is_binary_view(column.type)):
        return 0
    lengths = np.frombuffer(column.buffers()[1], np.int32)[:: VIEW // 4]  # each view begins with its length
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    return int(lengths[column.offset : column.offset + len(column)][valid].sum(dtype=np.int64))


def owner_of(path: str, names: Mapping[str, int]) -> str | None:
    """The column that a leaf of a Parquet schema belongs to: the one of its path or of a part of it up to a dot."""
    while path not in names and "." in path:
        path = path.rpartition(".")[0]
    return path if path in names else None


def is_text_type(kind: pa.DataType) -> bool:
    """Whether a column is of strings."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
