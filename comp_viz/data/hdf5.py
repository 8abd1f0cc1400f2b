"""HDF5 files, of which only what lies in the file itself is read: links to other files and storage outside are refused."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from comp_viz.data.extra import import_format_library
from comp_viz.data.memory_budget import check_size
from comp_viz.data.unused import match_names
from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.wording import shortened

HDF5_SUFFIXES = (".h5", ".hdf5")


def hdf5_library(path: Path) -> ModuleType:
    """h5py. Raises `CompVizError` where it is absent."""
    return import_format_library("h5py", f"{path.name} is an HDF5 file")


def hdf5_member(library: ModuleType, group: Any, name: str) -> Any:
    """A group or data set inside a group. Raises `CompVizError` when it lies elsewhere."""
    if not isinstance(group.get(name, getlink=True), library.HardLink):
        raise CompVizError(
            f"{shortened(name, 60)!r} is a link, which is not followed. Copy what it leads to into the file."
        )
    member = group[name]
    if isinstance(member, library.Dataset) and (member.external or member.is_virtual):
        raise CompVizError(
            f"{shortened(name, 60)!r} keeps its numbers in another file, which is not looked at. Copy them into this one."
        )
    return member


def load_hdf5(path: Path, known: dict[str, tuple[str, ...]]) -> tuple[list[str], dict[str, np.ndarray[Any, Any]]]:
    """Names of all data sets at the top of a file, and those that stand for our keys, as arrays. Raises `CompVizError`."""
    library = hdf5_library(path)
    try:
        with library.File(path, "r") as file:
            names = list(file)
            keys = match_names(names, known)
            members = {ours: hdf5_member(library, file, its) for ours, its in keys.items()}
            arrays = {ours: member for ours, member in members.items() if isinstance(member, library.Dataset)}
            check_size(path.name, sum(array.nbytes for array in arrays.values()), path.stat().st_size)
            return names, {ours: array_of(library, array) for ours, array in arrays.items()}
    except CompVizError as error:
        raise CompVizError(f"{path.name}: {str(error).removeprefix(f'{path.name}: ')}") from None
    except UNREADABLE as error:
        raise CompVizError(f"{path.name} cannot be read as HDF5 ({str(error)[:150]}). It may be cut short.") from None


def array_of(library: ModuleType, member: Any) -> np.ndarray[Any, Any]:
    """A data set as an array, text as text."""
    if library.check_string_dtype(member.dtype):
        return np.array(member.asstr()[...], dtype=str)
    return np.asarray(member[...])
