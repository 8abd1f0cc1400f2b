"""What plain values of a file become: texts, numbers and names, whatever containers they are in."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.dataset import Doubles
from comp_viz.data.published.file_array import FileArray
from comp_viz.data.published.plain_objects import is_unicode
from comp_viz.errors import CompVizError

MOST_HELD = 256 << 20  # bytes of an array that is taken into memory whole


def shape_of_value(value: object) -> tuple[int, ...]:
    """The shape of an array, in memory or in the file; () for other values."""
    shape: tuple[int, ...] = value.shape if isinstance(value, np.ndarray | FileArray) else ()
    return shape


def whole_array(value: Any, what: str) -> NDArray[Any]:
    """An array in memory, also from one that lies in the file or from a list. Raises `CompVizError`."""
    if isinstance(value, FileArray):
        if value.nbytes > MOST_HELD:
            raise CompVizError(f"{what} takes {value.nbytes >> 20:,} MB, expected at most {MOST_HELD >> 20} MB.")
        axis = len(value.shape) - 1 if value.fortran else 0
        value = np.concatenate([part.copy() for part in value.parts()], axis=axis)
        if value.dtype.kind == "U" and not is_unicode(np.ascontiguousarray(value).view(f"{value.dtype.byteorder}u4")):
            raise CompVizError(f"{what} holds text that is not Unicode.")
    if isinstance(value, np.ndarray):
        return value
    if not isinstance(value, list | tuple):
        raise CompVizError(f"{what} is a {type(value).__name__}, expected a list or an array.")
    try:
        return np.array(value)
    except (ValueError, TypeError):
        raise CompVizError(
            f"{what} is a list of parts of different sizes, expected one value for each utterance."
        ) from None


def length_of(value: Any) -> int:
    """How many utterances a list or array is of; -1 for another value."""
    if isinstance(value, np.ndarray | FileArray):
        return value.shape[0] if value.shape else -1
    return len(value) if isinstance(value, list | tuple) else -1


def number_array(value: Any, what: str) -> Doubles:
    """Numbers `[N, …]`, NaN where there is none. Raises `CompVizError`."""
    if isinstance(value, list | tuple):
        value = [math.nan if entry is None else entry for entry in value]
    array = whole_array(value, what)
    try:
        numbers: Doubles = array.astype(np.float64)
    except (ValueError, TypeError):
        raise CompVizError(f"{what} holds {array.dtype}, expected numbers.") from None
    return numbers


def one_number_each(value: Any, what: str) -> Doubles:
    """Numbers `[N]` from any array of N numbers, such as `[N, 1, 1]`. Raises `CompVizError`."""
    numbers = number_array(value, what)
    if numbers.ndim == 0 or numbers.size != len(numbers):
        raise CompVizError(f"{what} has shape {list(numbers.shape)}, expected one number for each utterance.")
    return numbers.reshape(-1)


def texts_of(value: Any, what: str) -> list[str]:
    """Texts `[N]` from any list or array with one for each utterance. Raises `CompVizError`."""
    entries = whole_array(value, what).tolist() if isinstance(value, np.ndarray | FileArray) else value
    if not isinstance(entries, list | tuple):
        raise CompVizError(f"{what} is a {type(value).__name__}, expected a list of texts.")
    return [text_of(entry, what) for entry in entries]


def text_of(entry: Any, what: str) -> str:
    """Text from what stands for one: bytes, numbers, words in a list, and nothing."""
    if entry is None or (isinstance(entry, float) and math.isnan(entry)):
        return ""
    if isinstance(entry, bytes):
        return entry.decode("utf-8", "replace")
    if isinstance(entry, np.ndarray):
        entry = entry.tolist()
    if isinstance(entry, list | tuple):
        return " ".join(text_of(word, what) for word in entry)
    if not isinstance(entry, str | int | float):
        raise CompVizError(f"{what} has a {type(entry).__name__} in it, expected text.")
    return str(entry)


def columns_of_texts(value: Any, what: str) -> list[list[str]]:
    """Texts of each utterance `[N]`, one or several, as in ids of video, start and end."""
    entries = whole_array(value, what).tolist() if isinstance(value, np.ndarray | FileArray) else value
    if not isinstance(entries, list | tuple):
        raise CompVizError(f"{what} is a {type(value).__name__}, expected a list of texts.")
    return [[text_of(part, what) for part in parts_of(entry)] for entry in entries]


def parts_of(entry: Any) -> Sequence[Any]:
    """The parts of an entry, itself where it has none."""
    entry = entry.tolist() if isinstance(entry, np.ndarray) else entry
    return entry if isinstance(entry, list | tuple) else [entry]
