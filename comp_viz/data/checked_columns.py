"""Columns of tables that anybody may have written: each of the type that it should have, or an error that names it."""

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as kinds

from comp_viz.errors import CompVizError


def read_whole(path: Path, most: int) -> pa.Table:
    """A Parquet file of a table of ours. Raises `CompVizError` for more than `most` rows, however few bytes hold them."""
    file = pq.ParquetFile(path)
    if file.metadata.num_rows > most:
        raise CompVizError(f"it has {file.metadata.num_rows:,} rows, expected at most {most:,}")
    return file.read()


def checked_columns(table: pa.Table, schema: pa.Schema, needed: Collection[str], where: str) -> pa.Table:
    """The columns of `schema` that a table has, in its types; `needed` ones must be there. Others are left out.

    Raises `CompVizError` naming `where`, the column, what was expected and what came.
    """
    if lacking := sorted(set(needed) - set(table.column_names)):
        raise CompVizError(f"{where}: it lacks the column {lacking[0]!r}.")
    columns = {field.name: checked_column(table, field, where) for field in schema if field.name in table.column_names}
    return pa.table(columns)


def checked_column(table: pa.Table, field: pa.Field, where: str) -> pa.ChunkedArray:
    """One column in the type that it should have."""
    if table.column_names.count(field.name) > 1:
        raise CompVizError(f"{where}: the column {field.name!r} is there twice.")
    column = table[field.name]
    expected, came = type_words(field.type), type_words(column.type)
    try:
        if came in (expected, "nothing"):
            return column.cast(field.type)
    except pa.ArrowException:
        came = f"values that do not fit {field.type}"
    raise CompVizError(f"{where}: the column {field.name!r} holds {came}, expected {expected}.")


def refuse_empty_cells(table: pa.Table, columns: Collection[str], where: str) -> None:
    """Raise `CompVizError` naming the first of some columns that has empty cells, on its own or inside its lists."""
    for name in sorted(columns):
        column = table[name]
        empty = column.null_count
        if not empty and kinds.is_list(column.type):
            empty = sum(chunk.flatten().null_count for chunk in column.chunks)
        if empty:
            raise CompVizError(f"{where}: the column {name!r} has {empty:,} empty cells, expected none.")


def type_words(kind: pa.DataType) -> str:
    """What a column of a type holds, in words."""
    if kinds.is_dictionary(kind):
        return type_words(kind.value_type)
    words = {
        "nothing": kinds.is_null(kind),
        "text": kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind),
        "numbers": kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind),
        "true or false": kinds.is_boolean(kind),
        "lists": kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind),
    }
    return next((word for word, it_is in words.items() if it_is), str(kind)[:80])
