"""Where data sets are on this machine, and how each kind is opened: files by their suffix, folders, and the lab."""

import os
from pathlib import Path

from comp_viz.data.dataset import DataSet
from comp_viz.data.hdf5 import HDF5_SUFFIXES
from comp_viz.data.header import Header
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.labels.retask import with_reading
from comp_viz.data.layouts.registry import find_layout, is_layout_name, peek_layout, unknown_layout
from comp_viz.data.npz import peek_npz, read_npz
from comp_viz.data.published.layout import data_sets_in, is_published, read_chosen
from comp_viz.data.published.peek import peek_published
from comp_viz.data.reading import PLAIN_READING, FileReading
from comp_viz.data.table.reader import is_table, open_table
from comp_viz.data.tabular.kinds import TABULAR_SUFFIXES, is_tabular
from comp_viz.data.tabular.read import peek_tabular, read_tabular
from comp_viz.errors import CompVizError
from comp_viz.resources import shipped, working
from comp_viz.wording import shortened

LAB = "lab"
EXAMPLE = "example.arrow"  # the example clip as it was read, which ships
ARRAY_SUFFIXES, MAPPED_SUFFIXES = (".npz", *HDF5_SUFFIXES), (".arrow", ".feather")
PACKED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".tgz", ".7z", ".rar")
DATA_SUFFIXES = (*ARRAY_SUFFIXES, *TABULAR_SUFFIXES)


def is_mapped(path: Path) -> bool:
    """Whether this is a table of ours that is opened without reading it. Raises `CompVizError` when it is damaged."""
    return path.suffix in MAPPED_SUFFIXES and path.is_file() and is_table(path)


def data_root() -> Path:
    """The folder that holds data sets: `COMP_VIZ_DATA`, else `data/` in the folder one works in, or in the checkout."""
    return Path(os.environ.get("COMP_VIZ_DATA") or working("data"))


def is_lab(name: str) -> bool:
    """Whether a name means the lab, `lab` or `lab(classes=4)`, and no file."""
    return name == LAB or name.startswith(f"{LAB}(")


def data_files() -> list[str]:
    """Names of the data sets in the data root, not in folders below it, but for several label files in one folder."""
    there = data_root().iterdir() if data_root().is_dir() else ()
    return sorted(
        str(path.relative_to(data_root()))
        for place in there
        for path in (data_sets_in(place) if is_published(place) else [place])
        if is_published(path)
        or is_layout_name(path)
        or is_tabular(path)
        or (path.suffix.lower() in ARRAY_SUFFIXES and path.is_file())
    )


def example_table() -> Path:
    """The example clip's features as a data set."""
    return shipped("examples") / EXAMPLE


def data_path(name: str) -> Path:
    """The file or folder meant by a path, or by a name in the data root.

    Raises `CompVizError` when there is none, or a folder has the name of a file.
    """
    for path in (Path(name), data_root() / name, *([example_table()] if name == EXAMPLE else [])):
        if path.suffix in DATA_SUFFIXES and path.is_dir() and not (is_published(path) or is_tabular(path)):
            raise CompVizError(f"{path} is a folder; expected a file, as its name ends with {path.suffix}.")
        if path.exists():
            return path
    raise CompVizError(
        f"There is no data file {name}, neither here nor in {data_root()}. "
        "Give its path, or set COMP_VIZ_DATA to the folder that holds it."
    )


def open_data(name: str, reading: FileReading = PLAIN_READING) -> DataSet:
    """Open `"lab"`, or a file or folder by its path or its name in the data root.

    `reading` says what the file leaves open, or other than the file does. Raises `CompVizError`.
    """
    path = None if is_lab(name) else data_path(name)
    if path and not is_published(path) and (recognised := find_layout(path)):
        return recognised.open(reading)
    if reading.choices and (path is None or is_mapped(path)):
        raise CompVizError(f"choice {shortened(next(iter(reading.choices)), 60)!r}: {name} leaves nothing open.")
    return open_file(path, reading) if path else with_reading(lab(LabSettings.parse(name)), reading)


def open_file(path: Path, reading: FileReading = PLAIN_READING) -> DataSet:
    """Open a file or folder of our own formats, or of the published layout; see `open_data`."""
    if is_published(path):
        return with_reading(read_chosen(path, reading.choices), reading)
    if path.is_dir() and not is_tabular(path) and is_layout_name(path):
        raise unknown_layout(path)
    if path.is_dir():
        return read_tabular(path, reading)
    if path.suffix.lower() not in DATA_SUFFIXES and is_layout_name(path):
        raise unknown_layout(path)
    if path.suffix.lower() not in DATA_SUFFIXES:
        if path.suffix.lower() in PACKED_SUFFIXES:
            raise CompVizError(f"{path.name} is packed. Unpack it first, and give what was in it.")
        raise CompVizError(
            f"{path}: expected a file that ends with {', '.join(DATA_SUFFIXES)}, or a label file of the published layout or its folder."
        )
    if path.suffix.lower() in ARRAY_SUFFIXES:
        return read_npz(path, reading)
    return with_reading(open_table(path), reading) if is_mapped(path) else read_tabular(path, reading)


def peek_data(path: Path) -> Header | None:
    """What is known of a data set before it is read; None when it is none, or is damaged."""
    if is_published(path):
        return peek_published(path)
    if header := peek_layout(path):
        return header
    if path.suffix.lower() in ARRAY_SUFFIXES:
        return peek_npz(path)
    return peek_tabular(path) if is_tabular(path) else None
