"""Whether probabilities mean what they say: reliability, and the temperature that mends what one number can."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from torch.nn.functional import cross_entropy

from comp_viz.checkpoint.measurements import Reliability
from comp_viz.evaluation.metrics import Array

RELIABILITY_BINS = 10
LOWEST, HIGHEST = 0.2, 5.0  # temperatures that are tried


def probabilities(logits: Array) -> NDArray[np.float64]:
    """Softmax over classes, `[N, C]`."""
    p: NDArray[np.float64] = softmax(logits.astype(np.float64), axis=1)
    return p


def reliability(logits: Array, labels: Array, bins: int = RELIABILITY_BINS) -> Reliability:
    """Predictions `[N, C]` against `labels [N]` in bins of their confidence; those without a label (NaN) are left out."""
    known = ~np.isnan(labels)
    p, truth = probabilities(logits[known]), labels[known].astype(int)
    confidence, right = p.max(1), p.argmax(1) == truth
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    held = np.maximum(count, 1)
    mean = np.bincount(bin_of, confidence, bins) / held
    share = np.bincount(bin_of, right, bins) / held
    error = float((count * np.abs(mean - share)).sum() / max(1, count.sum()))
    return Reliability(tuple(map(int, count)), tuple(map(float, mean)), tuple(map(float, share)), error)


def fit_temperature(logits: Array, labels: Array) -> float:
    """What to divide logits `[N, C]` by for the lowest cross-entropy against `labels [N]` (NaN left out); 1 leaves them.

    Cross-entropy is convex in the inverse of the temperature, so that a search by thirds finds the lowest.
    """
    known = ~np.isnan(labels)
    y, truth = torch.from_numpy(logits[known].astype(np.float64)), torch.from_numpy(labels[known].astype(np.int64))
    if not len(truth):
        return 1.0

    def loss(inverse: float) -> float:
        return float(cross_entropy(y * inverse, truth))

    low, high = 1 / HIGHEST, 1 / LOWEST
    while high - low > 1e-4:
        third = (high - low) / 3
        low, high = (low, high - third) if loss(low + third) < loss(high - third) else (low + third, high)
    return 2 / (low + high)
