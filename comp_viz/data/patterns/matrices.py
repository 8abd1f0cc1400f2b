"""Matrices `[N, M]` of what is there and what is taken away: the protocol of the field, fixed availability, text form."""

import math
import string
from collections.abc import Sequence

import numpy as np

from comp_viz.data.conversation import Bools
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

MAX_RATE = 0.7


def check_rate(rate: float) -> None:
    """Raise `CompVizError` for a missing rate that is not from 0 to 0.7."""
    if not 0 <= rate <= MAX_RATE:
        raise CompVizError(f"missing rate: expected 0 to {MAX_RATE}, got {rate:g}.")


def check_share(share: float) -> None:
    """Raise `CompVizError` for a share that is not from 0 to 1."""
    if not 0 <= share <= 1:
        raise CompVizError(f"missing share: expected 0 to 1, got {share:g}.")


def check_modalities(names: Sequence[str], modalities: Sequence[str]) -> None:
    """Raise `CompVizError` when some of the names are not among the modalities there are."""
    unknown = sorted(set(names) - set(modalities))
    if unknown:
        raise CompVizError(
            f"missing pattern: there is no modality {shortened(', '.join(unknown), 80)!r}, only {', '.join(modalities)}."
        )


def sample_uniform(available: Bools, rate: float, rng: np.random.Generator) -> Bools:
    """Take away a share of all entries at random, leaving every utterance at least one modality.

    The protocol of CPM-Nets, GCNet and ComP: one kept modality is chosen at random for every utterance, then further entries are
    kept until the kept share is `1 - rate`; once that is at most `1/M`, exactly one is kept. `available [N, M]` says what
    the recordings have; what is already missing stays missing, and the rate counts only what was there to take.
    Returns `[N, M]`. Raises `CompVizError` for a rate outside 0 to 0.7.
    """
    check_rate(rate)
    order = rng.random(available.shape)
    first = np.where(available, order, -1).argmax(1)  # one kept modality, uniform among the available
    kept: Bools = np.zeros_like(available)
    kept[np.arange(len(kept)), first] = True
    kept &= available
    further = round((1 - rate) * int(available.sum())) - int(kept.sum())
    if further > 0:
        candidates = np.flatnonzero(available & ~kept)
        kept.flat[rng.choice(candidates, size=min(further, len(candidates)), replace=False)] = True
    return kept


def keep_only(available: Bools, modalities: Sequence[str], kept: Sequence[str]) -> Bools:
    """A fixed pattern: every modality outside `kept` is missing everywhere. `[N, M]`."""
    check_modalities(kept, modalities)
    return available & np.isin(np.asarray(modalities), kept)


def sample_rows(rows: Bools, share: float, rng: np.random.Generator) -> Bools:
    """A share of the rows that are True, at random; exact up to rounding. `[N]`."""
    there = np.flatnonzero(rows)
    chosen = np.zeros_like(rows)
    chosen[rng.choice(there, size=round(share * len(there)), replace=False)] = True
    return chosen


def to_hex(observed: Bools) -> str:
    """Write a matrix `[S, M]` as a short text for a link: four cells a character, row by row."""
    return np.packbits(observed).tobytes().hex()


def from_hex(text: str, utterances: int, modalities: int) -> Bools:
    """Read what `to_hex` wrote. Raises `CompVizError` when the text does not describe a matrix of this size."""
    cells = utterances * modalities
    if len(text) != 2 * math.ceil(cells / 8):
        raise CompVizError(
            f"missing pattern: expected {2 * math.ceil(cells / 8)} hexadecimal characters for {utterances} utterances "
            f"and {modalities} modalities, got {len(text)}."
        )
    if not set(text) <= set(string.hexdigits):
        raise CompVizError("missing pattern: expected hexadecimal characters (0-9, a-f).")
    packed = np.frombuffer(bytes.fromhex(text), dtype=np.uint8)
    return np.unpackbits(packed, count=cells).astype(bool).reshape(utterances, modalities)
