"""What a plain pickle may ask for by name: NumPy arrays and a few builtins, made by our own code from checked parts."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.published.file_array import FileArray, FileSpan
from comp_viz.errors import CompVizError

MOST_AXES = 4  # of an array; utterances, steps and features are three
ELEMENT = re.compile(r"b1|[iu][1248]|f[248]|[SU][1-9]\d{0,7}|O[48]?")
PLAIN = {  # package -> how its objects become plain
    "torch": "tensor.numpy() for tensors",
    "pandas": "frame.to_dict('list') for tables",
    "scipy": "matrix.toarray() for sparse matrices",
}
RENAMED = {
    "__builtin__": "builtins",
    "numpy._core.multiarray": "numpy.core.multiarray",
    "numpy._core.numeric": "numpy.core.numeric",
}


@dataclass(frozen=True)
class Name:
    """A global the file may name, and what calling it means here; it is never the real thing."""

    text: str
    make: Callable[..., object] | None = None

    def __call__(self, parts: tuple[Any, ...]) -> object:
        """What the file wants made from `parts`. Raises `CompVizError` where this name makes nothing."""
        if self.make is None:
            raise CompVizError(f"it calls {self.text}, which plain data do not need.")
        return self.make(*parts)


class Element:
    """The type of an array's elements, as far as the file has described it."""

    def __init__(self, code: object, *_: object) -> None:
        if not isinstance(code, str) or not ELEMENT.fullmatch(code):
            raise CompVizError(f"it holds an array of {brief(code)}, expected whole or real numbers or text.")
        self.code, self.order = code, "="

    def build(self, state: Any) -> None:
        """Take the byte order from what the file says of a `numpy.dtype`; parts of records and the like are refused."""
        _, order, *inner = state[:5]
        if order not in ("<", ">", "=", "|") or inner != [None] * 3:
            raise CompVizError(f"it holds an array of records or of byte order {brief(order)}, expected plain numbers.")
        self.order = order

    def array(self, shape: Any, data: Any, fortran: bool) -> Any:
        """An array of this shape over the bytes that the file holds for it; lists where it holds Python values.

        Bytes that were left in the file make an array that stays there.
        """
        if not is_shape(shape):
            raise CompVizError(
                f"it holds an array of shape {brief(shape)}, expected up to {MOST_AXES} positive numbers."
            )
        if self.code.startswith("O"):
            return nested(shape, data, fortran)
        content, dtype = as_bytes(data, "latin1"), np.dtype(self.order + self.code)
        size = math.prod(shape) * dtype.itemsize
        if not (content.can_hold(size) if isinstance(content, FileSpan) else size == len(content)):
            length = content.length if isinstance(content, FileSpan) else len(content)
            raise CompVizError(f"it holds {length} bytes for an array of shape {brief(shape)} of {dtype}.")
        if isinstance(content, FileSpan):
            return FileArray(content, shape, dtype, fortran and len(shape) > 1)
        made: NDArray[Any] = np.ndarray(shape, dtype, content, order="F" if fortran else "C")
        if dtype.kind == "U" and not is_unicode(np.ndarray(len(content) // 4, self.order + "u4", content)):
            raise CompVizError("it holds an array of text that is not Unicode.")
        return made


def nested(shape: tuple[int, ...], data: Any, fortran: bool) -> Any:
    """The Python values of an array: the only one where it has no axis, a list, or a list of lists."""
    if not isinstance(data, list) or len(data) != math.prod(shape) or len(shape) > 2:
        raise CompVizError(f"it holds an array of Python values of shape {brief(shape)}, expected a list of them.")
    if len(shape) < 2:
        return list(data) if shape else data[0]
    rows, columns = shape
    return [data[row::rows] if fortran else data[row * columns : (row + 1) * columns] for row in range(rows)]


class Unfilled:
    """An array that the file has announced; what it holds comes later."""

    def __init__(self, kind: object, shape: object, _: object) -> None:
        if kind is not STAND_INS["numpy.ndarray"] or shape != (0,):
            raise CompVizError(f"it announces an array of shape {brief(shape)} without contents.")
        self.filled: Any = self

    def build(self, state: Any) -> None:
        """Fill it with what the file says: version, shape, element, column order, contents."""
        _, shape, element, fortran, data = state
        self.filled = typed(element).array(shape, data, bool(fortran))


def stand_in(module: str, name: str) -> Name:
    """The stand-in for a global. Raises `CompVizError` that names it when plain data have no need of it."""
    name_of = STAND_INS.get(f"{RENAMED.get(module, module)}.{name}")
    if name_of is None:
        raise CompVizError(
            f"it asks for {module[:60]}.{name[:60]}, which is no container, number, text or NumPy array. Such a file can "
            "run code. If you trust it, load it where it was made and pickle plain values: "
            f"{PLAIN.get(module.partition('.')[0], 'dicts and arrays for objects')}."
        )
    return name_of


def keys(items: Iterable[Any]) -> Iterable[Any]:
    """The same items, all fit to be looked up by. Nested ones are refused: hashing them may take forever."""
    for item in items:
        if not isinstance(item, str | bytes | int | float | None):
            raise CompVizError(f"it looks values up by a {type(item).__name__}, expected text or numbers.")
        yield item


def typed(element: object) -> Element:
    """Make sure that it is the type of an array's elements."""
    if not isinstance(element, Element):
        raise CompVizError(f"it gives a {type(element).__name__} as the type of an array.")
    return element


def is_shape(shape: object) -> bool:
    """Whether this is the shape of an array with something in it, or of an empty list."""
    sizes = shape if isinstance(shape, tuple) and len(shape) <= MOST_AXES else (-1,)
    return sizes == (0,) or all(type(size) is int and size > 0 for size in sizes)


def brief(value: object) -> str:
    """A value in a few characters, never looking far into it."""
    if isinstance(value, str | bytes):
        return repr(value[:40])
    if value is None or isinstance(value, int | float) or (isinstance(value, tuple) and value and is_shape(value)):
        return repr(value)
    return f"a {type(value).__name__}"


def is_unicode(points: NDArray[Any]) -> bool:
    """Whether these are numbers of Unicode characters, halves of pairs not among them."""
    return bool(((points < 0xD800) | ((points > 0xDFFF) & (points < 0x110000))).all())


def scalar(element: object, data: object) -> Any:
    """A single value of an array's type as Python's own number or text."""
    return typed(element).array((1,), data, False).item()


def from_buffer(data: object, element: object, shape: object, order: object, axes: object = None) -> Any:
    """An array as protocol 5 writes it. Order K: as it lies in memory, with the axes it is then given."""
    made = typed(element).array(shape, data, order == "F")
    if order != "K" or axes is None:
        return made
    if not isinstance(made, np.ndarray) or not isinstance(axes, tuple) or sorted(axes) != list(range(made.ndim)):
        raise CompVizError(
            f"it holds an array with its axes in the order {brief(axes)}, which is not read. Save a copy of it."
        )
    return made.transpose(axes)


def as_bytes(data: object = b"", encoding: object = "latin1") -> bytes | FileSpan:
    """Bytes, also from the text that Python 2 and protocol 2 make of them; never from a length."""
    if isinstance(data, str) and encoding in ("latin1", "latin-1"):
        return data.encode("latin1")
    if isinstance(data, FileSpan) and (not data.is_text or encoding in ("latin1", "latin-1")):
        return data.as_bytes()
    if not isinstance(data, bytes):
        raise CompVizError(f"it makes bytes from {brief(data)}, expected them in the file.")
    return data


def as_set(items: object = None) -> set[Any]:
    """A set from a list of what can be in one."""
    if not isinstance(items, list | None):
        raise CompVizError(f"it makes a set from a {type(items).__name__}, expected a list.")
    return set(keys(items or ()))


def as_dict(pairs: object = None) -> dict[Any, Any]:
    """A plain dict from a list of pairs, or an empty one whatever its values are by default."""
    if isinstance(pairs, Name) or pairs is None:
        return {}
    if not isinstance(pairs, list) or any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in pairs):
        raise CompVizError("it makes a dict from something that is no list of pairs.")
    return dict(zip(keys(pair[0] for pair in pairs), (pair[1] for pair in pairs), strict=True))


STAND_INS = {
    text: Name(text, make)
    for text, make in {
        "numpy.ndarray": None,
        "numpy.dtype": Element,
        "numpy.core.multiarray._reconstruct": Unfilled,
        "numpy.core.multiarray.scalar": scalar,
        "numpy.core.numeric._frombuffer": from_buffer,
        "_codecs.encode": as_bytes,
        "builtins.bytes": as_bytes,
        "builtins.bytearray": as_bytes,
        "builtins.set": as_set,
        "builtins.frozenset": as_set,
        "collections.OrderedDict": as_dict,
        "collections.defaultdict": as_dict,
        "builtins.list": None,
        "builtins.dict": None,
        "builtins.int": None,
        "builtins.float": None,
        "builtins.str": None,
    }.items()
}
