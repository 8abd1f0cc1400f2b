"""The Python values in an `.npz`: arrays of objects, which are pickles, read as plain data."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np

from comp_viz.data.published.pickle_machine import Machine
from comp_viz.data.published.unpickle import MAX_BYTES, MAX_UNFOLDED, plain_value
from comp_viz.errors import UNREADABLE, CompVizError


def npz_names(path: Path) -> list[str]:
    """The arrays of an `.npz` by name, nothing where it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    except UNREADABLE:
        return []


def read_npz_object(path: Path, name: str) -> object:
    """The plain value of one array of objects. Raises `CompVizError`."""
    label = f"{name} of {path.name}"
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise CompVizError(f"{label} takes more than {MAX_BYTES >> 20} MB, more than any label file has.")
        start, dtype = npy_start(BytesIO(content))
    except CompVizError:
        raise
    except UNREADABLE:
        raise CompVizError(f"{label} cannot be read as an array. The file may be cut short; get it again.") from None
    if not dtype.hasobject:
        raise CompVizError(f"{label} holds {dtype}, expected a dict by the names of clips.")
    return plain_value(label, Machine(content[start:]), MAX_UNFOLDED)


def npy_start(file: IO[bytes]) -> tuple[int, np.dtype[np.generic]]:
    """Where the contents of an `.npy` file begin, and their type."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    dtype = read(file)[2]
    return file.tell(), dtype
