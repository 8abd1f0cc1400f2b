"""Large arrays of a pickle that stay in the file: they are read piece by piece, in the order in which they lie there."""

import codecs
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.errors import CompVizError

PIECE = 1 << 20  # bytes that are read at once: they are still in the processor's cache when they are computed with


@dataclass(frozen=True)
class FileSpan:
    """Bytes of a file. `encoded`: as UTF-8 text of characters below 256, which is how protocol 2 writes bytes."""

    path: Path
    start: int
    length: int  # in the file
    encoded: bool = False
    is_text: bool = False  # until the file says that it is bytes

    def as_bytes(self) -> "FileSpan":
        """The same once it is said to be bytes."""
        return replace(self, is_text=False)

    def can_hold(self, size: int) -> bool:
        """Whether this may be so many bytes; of encoded ones that shows only when they are read."""
        return size <= self.length <= 2 * size if self.encoded else size == self.length

    def pieces(self, size: int) -> Iterator[memoryview]:
        """The bytes, `size` at a time and what remains at last. A piece is good until the next one is asked for."""
        with self.path.open("rb", buffering=0) as file:
            file.seek(self.start)
            yield from decoded_pieces(file, self.length, size) if self.encoded else raw_pieces(file, self.length, size)


def raw_pieces(file: Any, length: int, size: int) -> Iterator[memoryview]:
    """Bytes as they are in the file."""
    buffer = memoryview(bytearray(min(size, length)))
    while length:
        piece, done = buffer[: min(size, length)], 0
        while done < len(piece):
            count = file.readinto(piece[done:])
            if not count:
                raise CompVizError("it became shorter while it was read")
            done += count
        length -= len(piece)
        yield piece


def decoded_pieces(file: Any, length: int, size: int) -> Iterator[memoryview]:
    """Bytes that are written as text."""
    decoder, held = codecs.getincrementaldecoder("utf-8")(), bytearray()
    for piece in raw_pieces(file, length, PIECE):
        held += decoder.decode(piece).encode("latin1")
        while len(held) >= size:
            yield memoryview(bytes(held[:size]))
            del held[:size]
    decoder.decode(b"", final=True)
    if held:
        yield memoryview(bytes(held))


@dataclass(frozen=True)
class FileArray:
    """An array that stays in its file."""

    span: FileSpan
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool  # the first axis varies fastest

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array."""
        return math.prod(self.shape) * self.dtype.itemsize

    def parts(self) -> Iterator[NDArray[Any]]:
        """Parts of the array in order of the first axis; one whose first axis varies fastest, of the last axis.

        A part is good until the next one is asked for. Raises `CompVizError` when the file is not what it said.
        """
        outer = self.shape[-1] if self.fortran else self.shape[0]
        inner = self.shape[:-1] if self.fortran else self.shape[1:]
        row = math.prod(inner) * self.dtype.itemsize
        at_once, done = max(PIECE // row, 1), 0
        for piece in self.span.pieces(at_once * row):
            rows, rest = divmod(len(piece), row)
            if rest:
                raise CompVizError(f"it has not the bytes that an array of shape {list(self.shape)} takes")
            done += rows
            if self.fortran:
                yield np.ndarray((*inner, rows), self.dtype, piece, order="F")
            else:
                yield np.ndarray((rows, *inner), self.dtype, piece)
        if done != outer:
            raise CompVizError(f"it has {done:,} of {outer:,} parts of an array of shape {list(self.shape)}")
