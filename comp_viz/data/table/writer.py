"""Writes data sets as tables of our format, conversation by conversation."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.batch import conversation_chunks
from comp_viz.data.dataset import DataSet, content_digest
from comp_viz.data.table.batch import record_batch
from comp_viz.data.table.format import METADATA_KEY, TableMetadata, parse_metadata, table_schema, write_metadata
from comp_viz.data.table.reader import TableConversations
from comp_viz.errors import CompVizError

BATCH_ROWS = 4096  # utterances in a record batch, about: a batch ends with a conversation
SUFFIXES = (".arrow", ".parquet")


def write_table(path: str | Path, data: DataSet, half: bool = False) -> str:
    """Write a data set as `.arrow` or `.parquet`; with `half`, features are stored in 16 bits.

    The same data make the same bytes. Returns the digest, which is that of what the file holds: with `half` another than
    the data's. Raises `CompVizError` for what such a file cannot hold.
    """
    path = Path(path)
    check_suffix(path)
    about, task = parse_metadata(path.name, write_metadata(TableMetadata.of(data)))  # as it will be read
    schema = table_schema(data.widths, bool(task.classes), half)

    def batches() -> Iterator[pa.RecordBatch]:
        for part in conversation_chunks(data.conversations, BATCH_ROWS):
            yield record_batch(part, task, schema)

    stored = (c for batch in batches() for c in TableConversations(path.name, [batch], task))
    about = replace(about, digest=content_digest(task, stored))
    with atomic_write(path) as temporary, writer(temporary, path.suffix, schema, about) as out:
        for batch in batches():
            out.write_batch(batch)
    return about.digest


def check_suffix(path: Path) -> None:
    """Raise `CompVizError` for a name whose ending says nothing of a format."""
    if path.suffix not in SUFFIXES:
        raise CompVizError(f"{path.name}: expected a name that ends with {' or '.join(SUFFIXES)}.")


def writer(
    path: Path, suffix: str, schema: pa.Schema, about: TableMetadata
) -> pa.RecordBatchFileWriter | pq.ParquetWriter:
    """What writes record batches: as they are in memory for `.arrow`, compressed for `.parquet`."""
    schema = schema.with_metadata({METADATA_KEY: write_metadata(about)})
    if suffix == ".arrow":
        return pa.ipc.new_file(str(path), schema)
    repeated = ["conversation", "split", "speaker"]
    return pq.ParquetWriter(str(path), schema, compression="zstd", use_dictionary=repeated)
