"""The bootstrap over conversations: how far numbers would move with other conversations of the same kind.

Metrics are functions of sums over conversations, so that a resample is a weighted sum: 2,000 of them are a matrix
product. `scipy.stats.bootstrap` would sum all conversations anew for each, and not give several predictors the same resamples.

Utterances of one conversation are alike and not independent; drawing utterances would make intervals too narrow.
"""

from collections.abc import Iterator

import numpy as np

from comp_viz.analysis.stats.intervals import CONFIDENCE
from comp_viz.analysis.stats.sums import Values

RESAMPLES = 2000
HELD = 4_000_000  # weights in memory at a time


def resamples(conversations: int, seed: int = 0) -> Iterator[Values]:
    """How often each of `V` conversations is drawn in every resample, `[some, V]` at a time, `RESAMPLES` in all."""
    rng, left = np.random.default_rng(seed), RESAMPLES
    while left:
        some = min(left, max(1, HELD // conversations))
        yield rng.multinomial(conversations, np.full(conversations, 1 / conversations), size=some).astype(np.float64)
        left -= some


def resampled(sums: Values, seed: int = 0) -> Values:
    """Sums over every resample of conversations, `[RESAMPLES, ..., K]` from `[..., V, K]`; the same draws for the same `V`."""
    return np.concatenate([np.tensordot(weights, sums, (1, -2)) for weights in resamples(sums.shape[-2], seed)])


def percentile_interval(resampled: Values, conversations: int) -> tuple[float, float]:
    """The middle 95 % of values `[B]` over resamples; NaN from a single conversation, or where no value is defined."""
    known = resampled[~np.isnan(resampled)]
    if conversations < 2 or not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
