"""Reads a pickle as plain data, so that a label file from anywhere can be opened.

Python's `pickle.load` does whatever a file tells it to, and bounds neither memory nor depth. Here a machine of our own makes
containers, numbers and text, and NumPy arrays from checked parts; a file that asks for anything else is refused by its name.
"""

import mmap
import os
from itertools import chain
from pathlib import Path

import numpy as np

from comp_viz.data.published.file_array import FileArray, FileSpan
from comp_viz.data.published.pickle_machine import MAX_STEPS, VALUE_BYTES, Machine
from comp_viz.data.published.plain_objects import Element, Name, Unfilled
from comp_viz.errors import UNREADABLE, CompVizError

MAX_BYTES = 100 * 2**20  # size of the file; the published label files have 0.5 to some tens of MB
BYTES_PER_STEP = 32  # of a file read in place, on average at least; features take hundreds, class numbers two
MOST_MORE_STEPS = 15_000_000  # whatever the size: a step may take a hundred bytes of memory
MAX_DEPTH = 20  # containers within containers; four in a label file
MAX_UNFOLDED = 256 * 2**20  # bytes of all values, if those that are used many times were written out each time


def load_plain_pickle(path: Path) -> object:
    """The value that a pickle holds, of any protocol; text of Python 2 is taken as latin1.

    Made of dict, list, tuple, set, text, bytes, numbers, None and NumPy arrays of them. NumPy scalars come as Python's own,
    arrays of Python values as lists, bytearrays as bytes, frozen sets as sets, ordered and default dicts as plain ones.
    Raises `CompVizError` for anything else that the file asks for, and for files that are damaged, too large or too deep.
    """
    return plain_value(with_folder(path), Machine(read_content(path)), MAX_UNFOLDED)


def open_plain_pickle(path: Path) -> object:
    """The same for a file of any size: arrays of a megabyte and more come as `FileArray` and stay in the file.

    Time and memory are bounded by the size of the file.
    """
    if not os.path.isfile(path):
        raise CompVizError(f"There is no file {path}.")
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            machine = Machine(content, path, MAX_STEPS + min(len(content) // BYTES_PER_STEP, MOST_MORE_STEPS))
            return plain_value(with_folder(path), machine, MAX_UNFOLDED + 2 * len(content))
    except OSError as error:
        raise CompVizError(f"{with_folder(path)} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        if isinstance(error, CompVizError):
            raise
        raise CompVizError(f"{with_folder(path)} is empty. Get it again.") from None


def plain_value(name: str, machine: Machine, most: int) -> object:
    """What a machine makes of its pickle, once it is known that reading it entry by entry ends."""
    try:
        value = machine.run()
        check_unfolded(value, most)
    except CompVizError as refusal:
        raise CompVizError(f"{name} cannot be read as plain data: {refusal}") from None
    except UNREADABLE:
        raise CompVizError(
            f"{name} cannot be read as a pickle: it is damaged before byte {machine.at}. Get it again."
        ) from None
    return value


def read_content(path: Path) -> bytes:
    """All bytes of a file of a bearable size."""
    if not os.path.isfile(path):
        raise CompVizError(f"There is no file {path}.")
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= MAX_BYTES:
                return file.read(size)
    except OSError as error:
        raise CompVizError(f"{with_folder(path)} cannot be read: {error.strerror}.") from None
    raise CompVizError(
        f"{with_folder(path)} cannot be read: it has more than {MAX_BYTES >> 20} MB, which no label file needs."
    )


def with_folder(path: Path) -> str:
    """The file's name behind that of its folder: label files of different data sets have the same name."""
    return "/".join(Path(os.path.abspath(path)).parts[-2:])


def check_unfolded(value: object, most: int) -> None:
    """Make sure that reading the value entry by entry ends: not too deep, in no circle, not the same part again and again."""
    size = 0
    open_parts = [iter((value,))]  # what is still to be visited of each container on the way to this one
    while open_parts:
        for part in open_parts[-1]:
            size += VALUE_BYTES + weight(part)
            if size > most:
                raise CompVizError(
                    f"its values would take more than {most >> 20} MB, as the same ones are used again and again."
                )
            if isinstance(part, list | tuple | set | dict):
                open_parts.append(chain(part, part.values()) if isinstance(part, dict) else iter(part))
                break
        else:
            open_parts.pop()
        if len(open_parts) > MAX_DEPTH:
            raise CompVizError(f"its containers are nested more than {MAX_DEPTH} deep, or contain themselves.")


def weight(part: object) -> int:
    """Bytes of what a value holds itself. Raises `CompVizError` for what is no plain value."""
    if isinstance(part, str | bytes):
        return len(part)
    if isinstance(part, np.ndarray | FileArray):
        return part.nbytes
    if isinstance(part, FileSpan):
        raise CompVizError(f"it holds a text of {part.length >> 20} MB as a value.")
    if isinstance(part, Name | Element | Unfilled):
        raise CompVizError(f"it holds a {getattr(part, 'text', 'half-described array')} as a value.")
    return 0
