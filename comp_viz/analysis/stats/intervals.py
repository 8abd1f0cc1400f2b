"""95 % intervals and standard errors: of a mean, of a share, by the jackknife, of utterances that come in conversations."""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr
from scipy.stats import binomtest, sem, t

CONFIDENCE = 0.95
NORMAL = 1.96  # standard deviations on either side that hold 95 % of a normal distribution


def half_width_of_mean(values: ArrayLike) -> float:
    """Half the width of Student's 95 % interval for the mean of `values [n]`; NaN from a single one."""
    values = np.asarray(values, np.float64)
    return student_factor(len(values)) * float(sem(values)) if len(values) > 1 else float("nan")


def half_width_by_jackknife(left_out: NDArray[np.float64]) -> float:
    """Half the width of the jackknife's 95 % interval, from values `[G]` with each of `G` groups of conversations left out.

    It says how far the value would move with other conversations of the same kind; NaN from a single group.
    """
    G = len(left_out)
    if G < 2:
        return float("nan")
    return student_factor(G) * float(np.sqrt((G - 1) / G * ((left_out - left_out.mean()) ** 2).sum()))


@cache
def student_factor(n: int) -> float:
    """How many standard errors of `n` values half a 95 % interval has, by Student's t; NaN of a single one."""
    return float(t.ppf((1 + CONFIDENCE) / 2, n - 1))


def interval_of_share(hits: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, `hits` of at least one `count`, taken as independent.

    By 1.96 standard deviations, as it is usually given: SciPy takes a confidence, for which 0.95 would mean 1.95996.
    """
    ends = binomtest(hits, count).proportion_ci(2 * float(ndtr(NORMAL)) - 1, method="wilson")
    return float(ends.low), float(ends.high)


def clustered_error(hits: NDArray[np.number], count: NDArray[np.number]) -> float:
    """Standard error of the share `hits [V]` of `count [V]` over conversations: utterances of one depend on each other."""
    V, total = len(count), max(count.sum(), 1)
    share = hits.sum() / total
    return float(np.sqrt(((hits - share * count) ** 2).sum() * V / max(V - 1, 1)) / total)
