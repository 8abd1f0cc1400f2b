"""Sequences of feature vectors as a file has them, in blocks with the steps that are real."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.conversation import Bools
from comp_viz.data.dataset import Ints
from comp_viz.data.published.file_array import PIECE, FileArray
from comp_viz.errors import CompVizError

Numbers = NDArray[Any]


@dataclass
class Sequences:
    """Sequences of `N` utterances, as one part of a file has them."""

    array: Any  # [N, T, D] or [N, D], in memory or in the file; or a list of N such arrays [T, D] or [D]
    lengths: Ints | None = (
        None  # [N] real steps from the first on; None: from the first to the last that is not all zero
    )
    rows: int = field(init=False)
    width: int = field(init=False)
    steps: int = field(init=False)  # T, of the longest

    def __post_init__(self) -> None:
        shape = self.array.shape if isinstance(self.array, np.ndarray | FileArray) else list_shape(self.array)
        if len(shape) not in (2, 3):
            raise CompVizError(
                f"has shape {list(shape)}, expected [utterances, steps, features] or [utterances, features]"
            )
        self.rows, self.width = shape[0], shape[-1]
        self.steps = shape[1] if len(shape) == 3 else 1

    def blocks(self) -> Iterator[tuple[slice, slice, Numbers, Bools]]:
        """Which utterances and features, their block `[n, T, d]` and which steps are real `[n, T]`."""
        if isinstance(self.array, list | tuple):
            yield from self.listed(self.array)
        elif isinstance(self.array, FileArray) and self.array.fortran:
            yield from self.columns(self.array)
        else:
            yield from self.utterances(self.array)

    def utterances(self, array: Numbers | FileArray) -> Iterator[tuple[slice, slice, Numbers, Bools]]:
        """Blocks of all features of some utterances."""
        first, lengths = 0, self.lengths
        for part in array.parts() if isinstance(array, FileArray) else memory_parts(array):
            block = as_steps(part)
            rows = slice(first, first + len(block))
            if first == 0 and lengths is not None and front_padded(block, lengths[rows]):
                lengths = None
            real = nonzero_span(not_zero(block)) if lengths is None else within(lengths[rows], block.shape[1])
            yield rows, slice(0, block.shape[2]), block, real
            first += len(block)

    def listed(self, arrays: Sequence[Any]) -> Iterator[tuple[slice, slice, Numbers, Bools]]:
        """Every utterance as a block `[1, T, D]`; all steps are real where no lengths are given and arrays differ in length."""
        blocks = partial(list_blocks, arrays, self.width)
        lengths = self.lengths
        if lengths is not None and any(front_padded(block, lengths[[row]]) for row, block in enumerate(blocks())):
            lengths = None
        padded = len({array.shape for array in map(as_array, arrays)}) == 1
        for row, block in enumerate(blocks()):
            if lengths is not None:
                real = within(lengths[[row]], block.shape[1])
            else:
                real = nonzero_span(not_zero(block)) if padded else np.ones(block.shape[:2], bool)
            yield slice(row, row + 1), slice(0, self.width), block, real

    def columns(self, array: FileArray) -> Iterator[tuple[slice, slice, Numbers, Bools]]:
        """Blocks of some features of all utterances, as the file has features outermost."""
        steps = array.shape[1] if len(array.shape) == 3 else 1
        if self.lengths is None:
            there = np.zeros((self.rows, steps), bool)
            for part in array.parts():
                there |= not_zero(as_columns(part))
            real = nonzero_span(there)
        else:
            real = within(self.lengths, steps)
        first = 0
        for part in array.parts():
            block = as_columns(part)
            yield slice(0, self.rows), slice(first, first + block.shape[2]), block, real
            first += block.shape[2]


# Steps


def within(lengths: Ints, steps: int) -> Bools:
    """Which steps `[n, T]` are before the length of their utterance."""
    real: Bools = np.arange(steps) < np.minimum(lengths, steps)[:, None]
    return real


def not_zero(block: Numbers) -> Bools:
    """Which steps `[n, T]` of a block `[n, T, D]` have a value that is not 0; the first value tells it of most."""
    there: Bools = block[:, :, 0] != 0
    doubtful = ~there
    if doubtful.any():
        there[doubtful] = (block[doubtful] != 0).any(1)
    return there


def nonzero_span(there: Bools) -> Bools:
    """Steps `[n, T]` from the first to the last that is there."""
    begun = np.logical_or.accumulate(there, axis=1)
    not_ended = np.logical_or.accumulate(there[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(begun & not_ended)


def front_padded(block: Numbers, lengths: Ints) -> bool:
    """Whether some utterance has nothing within its length and something after it: then padding comes first."""
    there, real = not_zero(block), within(lengths, block.shape[1])
    return bool((~(there & real).any(1) & (there & ~real).any(1)).any())


def as_steps(part: Numbers) -> Numbers:
    """A part `[n, D]` or `[n, T, D]` as `[n, T, D]` of numbers that are computed with."""
    return computable(part if part.ndim == 3 else part[:, None])


def as_columns(part: Numbers) -> Numbers:
    """A part `[N, d]` or `[N, T, d]` of an array with features outermost as `[N, T, d]`."""
    return computable(part if part.ndim == 3 else part[:, None])


def computable(part: Numbers) -> Numbers:
    """The same numbers as floats of this machine."""
    if part.dtype.kind not in "fiub":
        raise CompVizError(f"features are {part.dtype}, expected numbers")
    return part if part.dtype in (np.float32, np.float64) else part.astype(np.float32)


def memory_parts(array: Numbers) -> Iterator[Numbers]:
    """Parts of an array in memory."""
    at_once = max(PIECE // max(array[:1].nbytes, 1), 1)
    for first in range(0, len(array), at_once):
        yield array[first : first + at_once]


# Lists of arrays


def list_shape(arrays: Sequence[Any]) -> tuple[int, ...]:
    """The shape `[N, T, D]` that a list of arrays `[T, D]` or `[D]` stands for, T of the longest."""
    shapes = [as_array(array).shape for array in arrays]
    widths = {shape[-1] for shape in shapes if shape and shape[-1]}
    if len(widths) != 1:
        raise CompVizError(
            f"has vectors of {', '.join(map(str, sorted(widths))) or 'no'} features, expected as many in all"
        )
    return (len(arrays), max((shape[0] for shape in shapes if len(shape) == 2), default=1), widths.pop())


def as_array(entry: Any) -> Numbers | FileArray:
    """An entry of a list that may itself be a list of numbers."""
    return entry if isinstance(entry, np.ndarray | FileArray) else np.asarray(entry)


def list_blocks(arrays: Sequence[Any], width: int) -> Iterator[Numbers]:
    """Every utterance as a block `[1, T, D]`; without steps where it has nothing."""
    for array in arrays:
        block = np.concatenate([part.copy() for part in array.parts()]) if isinstance(array, FileArray) else array
        block = np.zeros((0, width), np.float32) if np.size(block) == 0 else computable(np.asarray(block))
        yield (block if block.ndim == 2 else block.reshape(1, -1))[None]
