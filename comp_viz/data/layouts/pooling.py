"""Sequences of feature vectors made into one vector an utterance, piece by piece as they lie in the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.frame import FeatureColumn, feature_lists
from comp_viz.data.layouts.sequences import Numbers, Sequences
from comp_viz.errors import CompVizError
from comp_viz.wording import how_many

POOLINGS = ("mean", "max", "last", "first")
REPAIRS = ("zero", "leave out", "missing")


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
        pooled = np.where(np.asarray(real.any(1))[:, None], pooled, 0)
        return pooled.astype(np.float32, copy=False)


@dataclass
class Repaired:
    """How many values were not finite, to be said once all are read."""

    values: int = 0
    utterances: int = 0


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
            for vectors in pooled_parts(part, self.pooling, repaired):
                yield feature_lists(vectors)
        if repaired.utterances:
            made = {"zero": "set to 0", "leave out": "their steps left out"}.get(self.pooling.repair, "kept as missing")
            reason = (
                f"{how_many(repaired.values, 'value')} of {how_many(repaired.utterances, 'utterance')} infinite or NaN, "
                f"{made} (choice infinite: {', '.join(REPAIRS)})"
            )
            self.findings.problem(self.file, reason, modality=self.modality)


def pooled_parts(sequences: Sequences, pooling: Pooling, repaired: Repaired) -> Iterator[Floats]:
    """Vectors `[n, D]` of some utterances after the other."""
    held: Floats | None = None
    for rows, features, block, real in sequences.blocks():
        vectors = pool_block(block, real, pooling, repaired)
        if vectors.shape[1] == sequences.width:
            yield vectors
            continue
        held = np.zeros((sequences.rows, sequences.width), np.float32) if held is None else held
        held[rows, features] = vectors
    if held is not None:
        yield held


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
        block[broken] = 0
        repaired_vectors = pooling.pool(block, real)
        if pooling.repair == "missing":
            repaired_vectors[counted.any((1, 2))] = np.nan
        vectors[bad] = repaired_vectors
    return vectors
