"""Sequences of feature vectors made into one vector an utterance, piece by piece as they lie in the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.dataset import Ints
from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.frame import FeatureColumn, feature_lists
from comp_viz.data.published.file_array import PIECE, FileArray
from comp_viz.errors import CompVizError
from comp_viz.wording import how_many

POOLINGS = ("mean", "max", "last", "first")
REPAIRS = ("zero", "leave out", "missing")
Numbers = NDArray[Any]


@dataclass(frozen=True)
class Pooling:
    """How a sequence becomes one vector."""

    how: str  # one of POOLINGS: over the steps from the first to the last that is real
    repair: str  # one of REPAIRS: what is made of steps that are NaN or infinite

    @classmethod
    def choose(cls, choices: Choices) -> "Pooling":
        """Ask for it."""
        return cls(
            choices.pick("pooling", POOLINGS, "how the steps of an utterance become one vector"),
            choices.pick(
                "infinite", REPAIRS,
                "values that are infinite or NaN: zero, as MMSA does; or leave the step out; or the utterance is missing",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.how} over the real length" if self.how in ("mean", "max") else f"{self.how} real step"

    def pool(self, block: Numbers, real: Bools) -> Floats:
        """Vectors `[n, D]` of a block `[n, T, D]` over its real steps `[n, T]`, zeros where there is none."""
        if not block.shape[1]:
            return np.zeros((len(block), block.shape[2]), np.float32)
        if self.how == "mean":
            weights = real / np.maximum(real.sum(1), 1)[:, None]
            pooled = np.matmul(weights[:, None].astype(block.dtype), block)[:, 0]
        elif self.how == "max":
            pooled = np.where(real[:, :, None], block, -np.inf).max(1)
        else:
            steps = real.argmax(1) if self.how == "first" else real.shape[1] - 1 - real[:, ::-1].argmax(1)
            pooled = block[np.arange(len(block)), steps]
        pooled = np.where(real.any(1)[:, None], pooled, 0)
        return pooled.astype(np.float32, copy=False)


@dataclass
class Repaired:
    """How many values were not finite, to be said once all are read."""

    values: int = 0
    utterances: int = 0


@dataclass
class Sequences:
    """Sequences of `N` utterances, as one part of a file has them."""

    array: Any  # [N, T, D] or [N, D], in memory or in the file; or a list of N such arrays [T, D] or [D]
    lengths: Ints | None = (
        None  # [N] real steps from the first on; None: from the first to the last that is not all zero
    )
    rows: int = field(init=False)
    width: int = field(init=False)

    def __post_init__(self) -> None:
        shape = self.array.shape if isinstance(self.array, np.ndarray | FileArray) else list_shape(self.array)
        if len(shape) not in (2, 3):
            raise CompVizError(
                f"has shape {list(shape)}, expected [utterances, steps, features] or [utterances, features]"
            )
        self.rows, self.width = shape[0], shape[-1]

    def blocks(self) -> Iterator[tuple[slice, slice, Numbers, Bools]]:
        """Which utterances and features, their block `[n, T, d]` and which steps are real `[n, T]`."""
        if isinstance(self.array, list | tuple):
            yield from list_blocks(self.array, self.width)
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

    def pooled(self, pooling: Pooling, repaired: Repaired) -> Iterator[Floats]:
        """Vectors `[n, D]` of some utterances after the other."""
        held: Floats | None = None
        for rows, features, block, real in self.blocks():
            vectors = pool_block(block, real, pooling, repaired)
            if vectors.shape[1] == self.width:
                yield vectors
                continue
            held = np.zeros((self.rows, self.width), np.float32) if held is None else held
            held[rows, features] = vectors
        if held is not None:
            yield held


class PooledColumn(FeatureColumn):
    """Features of one modality, pooled from the sequences of all parts of a file one after the other."""

    def __init__(
        self, modality: str, parts: Sequence[Sequences], pooling: Pooling, file: str, findings: Findings
    ) -> None:
        widths = {part.width for part in parts}
        if len(widths) > 1:
            raise CompVizError(
                f"{file}: {modality} has {' and '.join(map(str, sorted(widths)))} features, expected as many."
            )
        self.modality, self.parts, self.pooling, self.file, self.findings = modality, parts, pooling, file, findings
        self.kind = pa.list_(pa.float32(), widths.pop())

    def arrays(self) -> Iterator[pa.Array]:
        """All rows in order. What was repaired is noted once, at the end."""
        repaired = Repaired()
        for part in self.parts:
            for vectors in part.pooled(self.pooling, repaired):
                yield feature_lists(vectors)
        if repaired.utterances:
            made = {"zero": "set to 0", "leave out": "their steps left out"}.get(self.pooling.repair, "kept as missing")
            reason = (
                f"{how_many(repaired.values, 'value')} of {how_many(repaired.utterances, 'utterance')} infinite or NaN, "
                f"{made} (choice infinite: {', '.join(REPAIRS)})"
            )
            self.findings.problem(self.file, reason, modality=self.modality)


def pool_block(block: Numbers, real: Bools, pooling: Pooling, repaired: Repaired) -> Floats:
    """Vectors `[n, d]` of a block `[n, T, d]`, with what is not finite repaired and counted."""
    with np.errstate(invalid="ignore", over="ignore"):
        vectors = pooling.pool(block, real)
        bad = ~np.isfinite(vectors).all(1)
        if pooling.how == "max":  # which passes over -inf
            bad |= ~np.isfinite(block).all((1, 2))
        if not bad.any():
            return vectors
        block, real = block[bad].copy(), real[bad]
        broken = ~np.isfinite(block)
        counted = broken & real[:, :, None]
        repaired.values += int(counted.sum())
        repaired.utterances += int(counted.any((1, 2)).sum())
        if pooling.repair == "leave out":
            real = real & ~broken.any(2)
        if pooling.repair != "missing":
            block[broken] = 0
        else:
            block[broken & ~real[:, :, None]] = 0  # padding does no harm
        vectors[bad] = pooling.pool(block, real)
    return vectors


# Steps


def within(lengths: Ints, steps: int) -> Bools:
    """Which steps `[n, T]` are before the length of their utterance."""
    real: Bools = np.arange(steps) < np.minimum(lengths, steps)[:, None]
    return real


def not_zero(block: Numbers) -> Bools:
    """Which steps `[n, T]` of a block `[n, T, D]` have a value that is not 0."""
    return np.asarray((block != 0).any(2))


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
    """The shape `[N, T, D]` that a list of arrays `[T, D]` or `[D]` stands for, T of the first."""
    shapes = [array.shape if isinstance(array, np.ndarray | FileArray) else np.shape(array) for array in arrays]
    widths = {shape[-1] for shape in shapes if shape and shape[-1]}
    if len(widths) != 1:
        raise CompVizError(
            f"has vectors of {', '.join(map(str, sorted(widths))) or 'no'} features, expected as many in all"
        )
    return (len(arrays), 1, widths.pop())


def list_blocks(arrays: Sequence[Any], width: int) -> Iterator[tuple[slice, slice, Numbers, Bools]]:
    """Every utterance as a block `[1, T, D]`, all of its steps real; without steps where it has nothing."""
    for number, array in enumerate(arrays):
        block = np.concatenate([part.copy() for part in array.parts()]) if isinstance(array, FileArray) else array
        block = np.zeros((0, width), np.float32) if np.size(block) == 0 else computable(np.asarray(block))
        block = (block if block.ndim == 2 else block.reshape(1, -1))[None]
        yield slice(number, number + 1), slice(0, width), block, np.ones(block.shape[:2], bool)
