"""Excel and OpenDocument sheets, one row an utterance; by python-calamine."""

import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from comp_viz.data.extra import import_format_library
from comp_viz.data.memory_budget import check_size
from comp_viz.data.tabular.delimited import ALWAYS_TEXT, NO_NUMBER, NO_TEXT
from comp_viz.data.tabular.memory import MemoryColumns
from comp_viz.data.tabular.names import split_in_name
from comp_viz.data.unused import Unused
from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.wording import how_many, shortened

SHEET_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
Rows = Sequence[Sequence[Any]]  # of a sheet, the names of its columns first
ONE_TABLE = "sheets are read together that have the same columns; save it as a file of its own"
CELLS = 4  # bytes in memory of a byte of a sheet's text, about


def open_sheet(path: Path) -> MemoryColumns:
    """Open the sheets of the splits, else the widest ones: names of columns, then a row an utterance. Raises `CompVizError`."""
    calamine = import_format_library("python_calamine", f"{path.name} is a spreadsheet")
    try:
        check_contents(path)
        book = calamine.CalamineWorkbook.from_path(path)
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except CompVizError:
        raise
    except (calamine.CalamineError, *UNREADABLE) as error:
        raise CompVizError(
            f"{path.name} cannot be read as a spreadsheet ({shortened(str(error), 200)}). Save it as CSV."
        ) from None
    sheets = {name: rows for name, rows in sheets.items() if len(rows) > 1}
    if not sheets:
        raise CompVizError(f"{path.name}: no sheet has rows; expected the names of columns, then a row an utterance.")
    names = split_sheets(sheets) or widest_sheets(sheets)
    read = ", ".join(map(repr, names))
    assumed = (
        [f"of {how_many(len(sheets), 'sheet')} with rows, what is read is {shortened(read, 200)}"]
        if len(sheets) > 1
        else []
    )
    columns = MemoryColumns(path.name, sheet_table(path.name, one_table(sheets, names)), assumed)
    columns.left_aside = tuple(Unused("sheet", name, why=ONE_TABLE) for name in sheets if name not in names)
    return columns


def header_of(rows: Rows) -> list[str]:
    """The names of the columns of a sheet, blank ones left out."""
    return [name for cell in rows[0] if (name := str(cell).strip())]


def split_sheets(sheets: Mapping[str, Rows]) -> list[str]:
    """The sheets that are named for splits, where there are several and all have the same columns; else none."""
    names = [name for name in sheets if split_in_name(name)]
    alike = len({tuple(sheets[name][0]) for name in names}) == 1
    return names if len(names) > 1 and alike else []


def widest_sheets(sheets: Mapping[str, Rows]) -> list[str]:
    """The sheet with most columns, and those with the same ones."""
    widest = max(sheets.values(), key=lambda rows: len(header_of(rows)))
    return [name for name, rows in sheets.items() if tuple(rows[0]) == tuple(widest[0])]


def one_table(sheets: Mapping[str, Rows], names: Sequence[str]) -> Rows:
    """The rows of some sheets of the same columns below one header; those of splits get theirs where none is said."""
    header = list(sheets[names[0]][0])
    if "split" in header_of([header]) or not all(map(split_in_name, names)):
        return [header, *(row for name in names for row in sheets[name][1:])]
    rows = (
        [*row, split_in_name(name)] for name in names for row in sheets[name][1:] if any(cell != "" for cell in row)
    )
    return [[*header, "split"], *rows]


def check_contents(path: Path) -> None:
    """Make sure that a file, most kinds of which are zip archives, does not hold more than can be read."""
    on_disk = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    else:
        size = on_disk
    check_size(path.name, CELLS * size, on_disk)


def sheet_table(file: str, rows: Rows) -> pa.Table:
    """The rows below the names of columns, those without a name left out. Raises `CompVizError` for a name that comes twice."""
    names = [str(name).strip() for name in rows[0]]
    if repeated := [name for name, times in Counter(names).items() if name and times > 1]:
        raise CompVizError(f"{file}: the column {shortened(repeated[0], 60)!r} comes twice. Rename one of the two.")
    filled = [row for row in rows[1:] if any(cell != "" for cell in row)]
    return pa.table({name: sheet_column(name, [row[n] for row in filled]) for n, name in enumerate(names) if name})


def sheet_column(name: str, cells: Sequence[Any]) -> pa.Array:
    """Cells as whole numbers, numbers or text, whichever all of them are; a sheet has no whole numbers of its own."""
    there = [cell for cell in cells if cell not in NO_NUMBER]
    if name not in ALWAYS_TEXT and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in there):
        whole = all(float(cell).is_integer() for cell in there)
        numbers = [None if cell in NO_NUMBER else cell for cell in cells]
        return pa.array(numbers, pa.int64() if whole and there else pa.float64())
    return pa.array([None if cell in NO_TEXT else cell_text(cell) for cell in cells], pa.string())


def cell_text(cell: Any) -> str:
    """A cell as text; a whole number without a fraction, as it is shown."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
