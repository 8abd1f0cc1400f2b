"""Which reader a table has: by how the file begins where that says it, else by the ending of its name."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from comp_viz.data.table.arrow_file import explain_damage
from comp_viz.data.tabular.columns import ArrowColumns, Columns, ParquetColumns
from comp_viz.data.tabular.delimited import open_delimited
from comp_viz.data.tabular.excel import SHEET_SUFFIXES, open_sheet
from comp_viz.data.tabular.feature_columns import gather_features
from comp_viz.data.tabular.json_lines import open_json
from comp_viz.data.tabular.parts import is_split_table, open_parted

PARQUET_MARK = b"PAR1"
BINARY = (".arrow", ".feather", ".parquet", ".pq", ".ipc")  # told apart by how they begin
READERS: dict[str, Callable[[Path], Columns]] = {
    **dict.fromkeys((".csv", ".tsv", ".tab"), open_delimited),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), open_json),
    **dict.fromkeys(SHEET_SUFFIXES, open_sheet),
}
TABULAR_SUFFIXES = (*BINARY, *READERS)


def open_columns(path: Path, features: Mapping[str, str] = MappingProxyType({})) -> Columns:
    """Open a table of any kind, or a folder of its parts, with features in columns of lists.

    `features` say which column has those of a modality, or how the names of its columns begin, where names do not say it.
    Raises `CompVizError` when it is damaged or too large.
    """
    with explain_damage(path):
        if path.is_dir():
            return open_parted(path, partial(open_columns, features=features))
        return gather_features(open_container(path), path.parent, features)


def open_container(path: Path) -> Columns:
    """Open one file, its columns as they are in it."""
    if reader := READERS.get(path.suffix.lower()):
        return reader(path)
    with path.open("rb") as file:
        is_parquet = file.read(len(PARQUET_MARK)) == PARQUET_MARK
    return ParquetColumns(path) if is_parquet or path.suffix.lower() in (".parquet", ".pq") else ArrowColumns(path)


def is_tabular(path: Path) -> bool:
    """Whether a file is a table by its ending, or a folder one in several files by their names."""
    return is_split_table(path) if path.is_dir() else path.suffix.lower() in TABULAR_SUFFIXES
