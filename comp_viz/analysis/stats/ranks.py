"""Agreement of two orders as a number: Spearman's rank correlation."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Spearman's correlation of two lists `[n]`, -1 to 1, ties sharing their rank; NaN where one of them is constant."""
    if len(first) < 2:
        return float("nan")
    a, b = (rankdata(x) - (len(x) + 1) / 2 for x in (first, second))
    length = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / length) if length > 0 else float("nan")


def read_correlation(value: float) -> str:
    """A correlation as text."""
    return "not defined" if np.isnan(value) else f"{value:.2f}"
