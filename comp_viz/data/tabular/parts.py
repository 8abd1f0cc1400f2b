"""Tables in several files: split by split (Hugging Face Hub, `train.csv` beside `test.csv`) or in parts (Spark, Dask)."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from comp_viz.data.conversation import SPLITS
from comp_viz.data.memory_budget import check_size
from comp_viz.data.table.format import METADATA_KEY
from comp_viz.data.tabular.columns import Columns
from comp_viz.data.tabular.names import split_in_name
from comp_viz.errors import CompVizError
from comp_viz.resources import guide
from comp_viz.wording import shortened

MOST_FILES = 10_000
NO_PARTS = (".", "_", "cache-")  # what begins the names of marks, and of what `datasets` keeps beside its files
DEEPEST = 2  # folders below the one that is given
NUMBERED_PART = re.compile(r"(?P<name>.*?)[-_.]?\d{3,}(-of-\d+.*)?|part[-_.].*", re.IGNORECASE)
OF_FOLDERS = (".parquet", ".pq", ".arrow", ".feather", ".csv", ".tsv", ".jsonl", ".ndjson")  # what parts are written as


@dataclass(frozen=True)
class TablePart:
    """One of the files of a table."""

    path: Path
    split: str  # that its name or its folder's says, "" for none


def find_parts(folder: Path) -> list[TablePart]:
    """The files of a table in a folder and those below it, by name. Raises `CompVizError` when there are too many."""
    files = list(islice(table_files(folder, DEEPEST), MOST_FILES + 1))
    if len(files) > MOST_FILES:
        raise CompVizError(f"{folder} holds more than {MOST_FILES:,} files; give one of the folders in it.")
    return [TablePart(path, part_split(path, folder)) for path in sorted(files)]


def table_files(folder: Path, deeper: int) -> Iterator[Path]:
    """Tables in a folder and `deeper` levels below; neither hidden ones, marks such as `_SUCCESS`, nor links elsewhere."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(NO_PARTS) or path.is_symlink():
            continue
        if path.is_dir() and deeper:
            yield from table_files(path, deeper - 1)
        elif path.suffix.lower() in OF_FOLDERS and path.is_file():
            yield path


def part_split(path: Path, folder: Path) -> str:
    """The split that the name of a file says, else that of a folder between it and `folder`."""
    between = path.relative_to(folder).parts[:-1]
    return next((split for name in (path.name, *reversed(between)) if (split := split_in_name(name))), "")


def is_split_table(folder: Path) -> bool:
    """Whether a folder holds one table in several files, by their names alone: each is a split's or a numbered part."""
    if not folder.is_dir():
        return False
    try:
        parts = find_parts(folder)
    except (CompVizError, OSError):
        return False
    return bool(parts) and all(part.split or NUMBERED_PART.fullmatch(part.path.name.split(".")[0]) for part in parts)


class PartedColumns(Columns):
    """The rows of several files one after the other."""

    def __init__(self, file: str, parts: Sequence[tuple[Columns, str]]) -> None:
        """`parts` are files of the same columns, each with the split of its rows, "" where its columns say it."""
        self.parts = parts
        first = parts[0][0]
        for other, _ in parts[1:]:
            check_same_columns(first, other)
        schema = pa.unify_schemas(
            [columns.schema.remove_metadata() for columns, _ in parts], promote_options="permissive"
        )
        self.by_file = "split" not in schema.names and any(split for _, split in parts)
        if self.by_file:
            schema = schema.append(pa.field("split", pa.string()))
        assumed = tuple(dict.fromkeys(text for columns, _ in parts for text in columns.assumed))
        stated = {
            key: text for key, text in (first.schema.metadata or {}).items() if key != METADATA_KEY
        }  # is of one file
        super().__init__(file, schema.with_metadata(stated), assumed)

    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns."""
        made, size = [], 0
        for columns, split in self.parts:
            read = columns.table([name for name in names if name in columns.schema.names])
            if self.by_file and "split" in names:
                read = read.append_column("split", pa.array([split or None] * len(read), pa.string()))
            made.append(self.alike(read.select(list(names))))
            size += read.nbytes
            check_size(self.file, size)
        return pa.concat_tables(made)

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some of the columns, some rows at a time."""
        for columns, _ in self.parts:
            for batch in columns.batches(names):
                yield from self.alike(pa.Table.from_batches([batch])).to_batches()

    def alike(self, table: pa.Table) -> pa.Table:
        """The same columns with the types that all files together have."""
        return table.cast(pa.schema([self.schema.field(name) for name in table.column_names]))

    def faults(self) -> dict[tuple[str, int], str]:
        """Modality and row, counted through all files -> why it has no features."""
        faults: dict[tuple[str, int], str] = {}
        first = 0
        for columns, _ in self.parts:
            faults |= {(modality, first + row): reason for (modality, row), reason in columns.faults().items()}
            first += len(columns.table(columns.schema.names[:1]))
        return faults


def check_same_columns(first: Columns, other: Columns) -> None:
    """Raise `CompVizError` when two files of a table have other columns."""
    if odd := sorted(set(first.schema.names) ^ set(other.schema.names)):
        where = first.file if odd[0] in first.schema.names else other.file
        raise CompVizError(
            f"{first.file} and {other.file} have other columns: only {where} has {shortened(odd[0], 60)!r}. Files of one table have the same."
        )


def open_parted(folder: Path, open_part: Callable[[Path], Columns]) -> PartedColumns:
    """Open all tables in a folder as one. Raises `CompVizError` when they are none, or not of one table."""
    parts = find_parts(folder)
    if not parts:
        raise CompVizError(
            f"The folder {folder} holds no table (*{', *'.join(OF_FOLDERS)}), nor files of another layout ({guide('data')})."
        )
    if len(kinds := {part.path.suffix.lower() for part in parts}) > 1:
        raise CompVizError(
            f"The folder {folder} holds tables of several kinds, {', '.join(sorted(kinds))}; give one file."
        )
    named = {part.split for part in parts if part.split}
    if named and any(not part.split for part in parts):
        odd = next(part.path for part in parts if not part.split)
        raise CompVizError(f"{odd}: its name says no split, as those of others do; expected {', '.join(SPLITS)} in it.")
    return PartedColumns(folder.name, [(open_part(part.path), part.split) for part in parts])
