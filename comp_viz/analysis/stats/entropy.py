"""Entropy of weights: of attention, and of how an utterance weighs prototypes."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from comp_viz.data.conversation import Floats


def entropy(weights: NDArray[np.floating]) -> NDArray[np.floating]:
    """Shannon's entropy in nats, `[…]`, of weights `[…, K]` that sum to 1.

    `scipy.stats.entropy` would make the weights sum to 1 first, and so change them by their rounding.
    """
    total: NDArray[np.floating] = entr(weights).sum(-1)
    return total


def normalised_entropy(weights: NDArray[np.floating], choices: np.ndarray | int) -> Floats:
    """Entropy of weights `[…, K]` as a share of log `choices`, the greatest there can be.

    `[…]`, 0 for all weight on one choice, 1 for equal weights; NaN for less than two choices.
    """
    choices = np.asarray(choices)
    share = entropy(weights) / np.log(np.maximum(choices, 2))
    normalised: Floats = np.where(choices > 1, share, np.nan).clip(0, 1).astype(np.float32)
    return normalised


def effective_number(weights: NDArray[np.floating]) -> NDArray[np.floating]:
    """How many choices of equal weight have the entropy of weights `[…, K]`: `[…]`, 1 to K."""
    number: NDArray[np.floating] = np.exp(entropy(weights))
    return number
