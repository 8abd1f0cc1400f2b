"""Whether a count or a median is more than chance gives: what no sentence may claim without."""

import math

from scipy.stats import binomtest

SURPRISE = 0.05  # a result that chance gives less often than this is no longer within it


def count_within_chance(hits: int, trials: int, share: float) -> bool:
    """Whether `hits` of `trials` are no surprise where each hits with probability `share`, by the two-sided exact binomial test.

    Trials are taken as independent. Those of one conversation are alike, so that what is within chance here is so all the more.
    """
    return not trials or binomtest(hits, trials, min(max(share, 0.0), 1.0)).pvalue >= SURPRISE


def median_within_chance(median: float, count: int) -> bool:
    """Whether the median of `count` values from 0 to 1 is no surprise where all values are as likely.

    Its standard deviation is `0.5 / sqrt(count + 2)`, that of the middle order statistic of uniform values.
    """
    return abs(median - 0.5) <= 1.96 * 0.5 / math.sqrt(count + 2)
