"""Where data sets are on this machine, and how each kind is opened: files by their suffix, folders, and the lab."""

import os
from collections.abc import Mapping
from pathlib import Path

from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.header import Header
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.labels import with_task
from comp_viz.data.layouts.registry import find_layout, is_layout_name, peek_layout, unknown_layout
from comp_viz.data.npz import peek_npz, read_npz
from comp_viz.data.published.layout import is_published, read_published
from comp_viz.data.published.peek import peek_published
from comp_viz.data.table.reader import is_table, open_table
from comp_viz.data.tabular.read import peek_tabular, read_tabular
from comp_viz.errors import CompVizError
from comp_viz.resources import working

LAB = "lab"
NPZ, TABLE_SUFFIXES = ".npz", (".arrow", ".feather", ".parquet")
DATA_SUFFIXES = (NPZ, *TABLE_SUFFIXES)


def is_mapped(path: Path) -> bool:
    """Whether this is a table of ours that is opened without reading it. Raises `CompVizError` when it is damaged."""
    return path.suffix in TABLE_SUFFIXES[:2] and is_table(path)


def data_root() -> Path:
    """The folder that holds data sets: `COMP_VIZ_DATA`, else `data/` in the folder one works in, or in the checkout."""
    return Path(os.environ.get("COMP_VIZ_DATA") or working("data"))


def is_lab(name: str) -> bool:
    """Whether a name means the lab, `lab` or `lab(classes=4)`, and no file."""
    return name == LAB or name.startswith(f"{LAB}(")


def data_files() -> list[str]:
    """Names of the data sets in the data root, not in folders below it."""
    there = data_root().iterdir() if data_root().is_dir() else ()
    return sorted(
        path.name
        for path in there
        if is_published(path) or is_layout_name(path) or (path.suffix in DATA_SUFFIXES and path.is_file())
    )


def data_path(name: str) -> Path:
    """The file or folder meant by a path, or by a name in the data root.

    Raises `CompVizError` when there is none, or a folder has the name of a file.
    """
    for path in (Path(name), data_root() / name):
        if path.suffix in DATA_SUFFIXES and path.is_dir() and not is_published(path):
            raise CompVizError(f"{path} is a folder; expected a file, as its name ends with {path.suffix}.")
        if path.exists():
            return path
    raise CompVizError(
        f"There is no data file {name}, neither here nor in {data_root()}. "
        "Give its path, or set COMP_VIZ_DATA to the folder that holds it."
    )


def open_data(name: str, task: Task | None = None, choices: Mapping[str, str] | None = None) -> DataSet:
    """Open `"lab"`, or a file or folder by its path or its name in the data root.

    `task` says what the labels mean, where the data set does not or says otherwise; without a name it keeps the one that
    there is. `choices` answers what the layout of a file leaves open, such as `{"pooling": "last"}`. Raises `CompVizError`.
    """
    path = None if is_lab(name) else data_path(name)
    if path and not is_published(path) and (recognised := find_layout(path)):
        return recognised.open(task, choices)
    if choices:
        raise CompVizError(f"choice {next(iter(choices))!r:.60}: {name} leaves nothing open.")
    if path and path.suffix in TABLE_SUFFIXES and not is_mapped(path):
        return read_tabular(path, task)  # which has to know what the labels are
    data = open_file(path) if path else lab(LabSettings.parse(name))
    return with_task(data, task) if task else data


def open_file(path: Path) -> DataSet:
    """Open a file or folder that says what its labels are."""
    if is_published(path):
        return read_published(path)
    if path.suffix not in DATA_SUFFIXES and is_layout_name(path):
        raise unknown_layout(path)
    if path.suffix not in DATA_SUFFIXES:
        raise CompVizError(
            f"{path}: expected a file that ends with {', '.join(DATA_SUFFIXES)}, or a label file of the published layout or its folder."
        )
    return read_npz(path) if path.suffix == NPZ else open_table(path)


def peek_data(path: Path) -> Header | None:
    """What is known of a data set before it is read; None when it is none, or is damaged."""
    if is_published(path):
        return peek_published(path)
    if header := peek_layout(path):
        return header
    if path.suffix not in DATA_SUFFIXES:
        return None
    return peek_npz(path) if path.suffix == NPZ else peek_tabular(path)
