"""One measured effect that a claim says is above zero: its size, its 95 % interval, its p-value, what it is counted over."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

from comp_viz.analysis.stats.bootstrap import percentile_interval, resampled
from comp_viz.analysis.stats.intervals import half_width_of_mean
from comp_viz.analysis.stats.sums import Values

FEWEST_CONVERSATIONS = 10  # below which the bootstrap's intervals are too narrow to be called intervals
NAN = float("nan")


@dataclass(frozen=True)
class Effect:
    """How large something is that a claim says is above zero. Everything but `of` is NaN where it was not measured."""

    of: str  # what it is of: a modality, a part of the network, a missing rate
    value: float
    low: float  # ends of the 95 % interval, NaN from too few units
    high: float
    p: float  # two-sided, of no effect; NaN without an interval
    counted: int = 0  # entries or utterances it is summed over; 0 where it is a mean over seeds or cuts

    @property
    def measured(self) -> bool:
        """Whether it has an interval, without which nothing can be told from it."""
        return not np.isnan(self.low)


def unmeasured(of: str) -> Effect:
    """An effect that nothing is known of."""
    return Effect(of, NAN, NAN, NAN, NAN)


def effect_of_mean(of: str, values: NDArray[np.floating]) -> Effect:
    """The mean of `values [n]`, one of each training seed or cut, with Student's interval and test; NaN from one."""
    if np.isnan(values).any() or not len(values):
        return unmeasured(of)
    mean, half = float(np.mean(values)), half_width_of_mean(values)
    if len(values) < 2:
        return Effect(of, mean, NAN, NAN, NAN)
    p = float(ttest_1samp(values, 0).pvalue) if np.ptp(values) else float(mean == 0)
    return Effect(of, mean, mean - half, mean + half, p)


def effect_of_resamples(of: str, value: float, drawn: Values, conversations: int, counted: int) -> Effect:
    """A value with its percentile interval over resamples `drawn [B]` of so many conversations; NaN from fewer than ten.

    The p-value is that of the same resamples: twice the smaller share of them on either side of zero.
    """
    known = drawn[~np.isnan(drawn)]
    if np.isnan(value) or conversations < FEWEST_CONVERSATIONS or not len(known):
        return Effect(of, value, NAN, NAN, NAN, counted)
    beyond = min(int((known <= 0).sum()), int((known >= 0).sum()))
    p = min(1.0, 2 * (beyond + 1) / (len(known) + 1))
    return Effect(of, value, *percentile_interval(known, conversations), p, counted)


def effect_of_ratio(of: str, sums: Values) -> Effect:
    """The first over the second of two sums `[V, 2]` over conversations, with the bootstrap's interval."""
    drawn = ratio_of_sums(resampled(sums)) if len(sums) else np.empty(0)
    conversations = int((sums[:, 1] > 0).sum())
    return effect_of_resamples(of, float(ratio_of_sums(sums.sum(0))), drawn, conversations, int(sums[:, 1].sum()))


def ratio_of_sums(sums: Values) -> Values:
    """The first of two sums `[..., 2]` over the second; NaN where there is nothing to count."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Values = np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)
    return share
