"""How evenly weights are spread over what can be chosen: the same measure for attention and for prototypes."""

import numpy as np

from comp_viz.data.conversation import Floats


def evenness(weights: Floats, choices: np.ndarray | int) -> Floats:
    """Entropy of weights `[…, K]` over a number of `choices` as a share of the greatest possible, `[…]`, 0 one to 1 all alike.

    NaN for less than two choices.
    """
    entropy = -(weights * np.log(np.where(weights > 0, weights, 1))).sum(-1)
    choices = np.asarray(choices)
    share = entropy / np.log(np.maximum(choices, 2))
    found: Floats = np.where(choices > 1, share, np.nan).clip(0, 1).astype(np.float32)
    return found
