"""The bootstrap over conversations: how far numbers would move with other conversations of the same kind.

Utterances of one conversation are alike and not independent; drawing utterances would make intervals too narrow.
"""

from collections.abc import Iterator

import numpy as np

from comp_viz.analysis.results import CONFIDENCE
from comp_viz.analysis.stats.sums import Values

DRAWS = 2000
HELD = 4_000_000  # weights in memory at a time


def resamples(conversations: int, seed: int = 0) -> Iterator[Values]:
    """How often each of `V` conversations is drawn in every resample, `[some, V]` at a time, `DRAWS` in all."""
    rng, left = np.random.default_rng(seed), DRAWS
    while left:
        some = min(left, max(1, HELD // conversations))
        yield rng.multinomial(conversations, np.full(conversations, 1 / conversations), size=some).astype(np.float64)
        left -= some


def resampled(found: Values, seed: int = 0) -> Values:
    """Sums over every resample of conversations, `[DRAWS, ..., K]` from `[..., V, K]`; the same draws for the same `V`."""
    return np.concatenate([np.tensordot(weights, found, (1, -2)) for weights in resamples(found.shape[-2], seed)])


def interval(draws: Values, conversations: int) -> tuple[float, float]:
    """The middle 95 % of `draws [B]`; NaN from a single conversation, or where no draw is defined."""
    known = draws[~np.isnan(draws)]
    if conversations < 2 or not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
