"""Orders compared: Spearman's rank correlation of two, and the area under the ROC curve of two groups."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu, spearmanr


def rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Spearman's correlation of two lists `[n]`, -1 to 1, ties sharing their rank; NaN where one of them is constant."""
    if len(first) < 2 or not np.ptp(first) or not np.ptp(second):
        return float("nan")
    return float(spearmanr(first, second).statistic)


def auc(above: NDArray[np.floating], below: NDArray[np.floating]) -> float:
    """Chance that one of `above [n]` is larger than one of `below [m]`, ties counted half: Mann and Whitney's U over n · m."""
    return float(mannwhitneyu(above, below, method="asymptotic").statistic / (len(above) * len(below)))


def auc_interval(area: float, above: int, below: int) -> tuple[float, float]:
    """95 % interval of an AUC `area` of `above` and `below` values: the true areas under which it is no surprise.

    Hanley and McNeil's standard error at the area itself rather than at its estimate, with their counts balanced
    (Newcombe's method 5): it stays inside 0 to 1 and has a width also where the groups do not overlap.
    """
    areas = np.linspace(0, 1, 2001)
    pairs = (above + below) / 2 - 1
    variance = areas * (1 - areas) * (1 + pairs * ((1 - areas) / (2 - areas) + areas / (1 + areas))) / (above * below)
    within = areas[np.abs(areas - area) <= 1.96 * np.sqrt(variance) + 1e-9]
    return float(within.min()), float(within.max())
