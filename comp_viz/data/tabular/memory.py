"""A table that is in memory already, as what was read from formats that give all or nothing."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from comp_viz.data.tabular.columns import AT_ONCE, Columns


class MemoryColumns(Columns):
    """A table in memory."""

    def __init__(self, file: str, table: pa.Table, assumed: Sequence[str] = ()) -> None:
        self.whole = table
        super().__init__(file, table.schema, assumed)

    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns."""
        return self.whole.select(list(names))

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some of the columns, some rows at a time."""
        part = self.whole.select(list(names))
        rows = max(AT_ONCE * len(part) // max(part.nbytes, 1), 1)
        yield from part.to_batches(max_chunksize=min(rows, 1 << 16))
