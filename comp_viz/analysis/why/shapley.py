"""Shapley values and interactions from the values of all coalitions; plain numbers, no network.

Coalition number `k` of `P` players has player `i` where bit `i` of `k` is set.
"""

from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

PlayerValues = NDArray[np.float64]


def players(values: NDArray[np.floating]) -> int:
    """How many players the `2^P` coalitions are of."""
    P = len(values).bit_length() - 1
    if len(values) != 2**P:
        raise ValueError(f"expected the values of 2^P coalitions, got {len(values)}")
    return P


def shapley(values: NDArray[np.floating]) -> PlayerValues:
    """Shapley values `[P, …]` of coalition values `[2^P, …]` (Shapley, 1953).

    `φ_i = Σ_T |T|! (P-|T|-1)! / P! · [v(T∪i) - v(T)]` over the coalitions without `i`; they sum to `v(all) - v(none)`.
    """
    v, P = np.asarray(values, np.float64), players(values)
    phi = np.zeros((P, *v.shape[1:]))
    for k in range(len(v)):
        for i in range(P):
            if not k >> i & 1:
                phi[i] += (v[k | 1 << i] - v[k]) / (P * comb(P - 1, k.bit_count()))
    return phi


def interactions(values: NDArray[np.floating]) -> PlayerValues:
    """Shapley interaction indices `[P, P, …]`, symmetric, zeros on the diagonal (Grabisch and Roubens, 1999).

    `I_ij = Σ_T |T|! (P-|T|-2)! / (P-1)! · [v(T∪ij) - v(T∪i) - v(T∪j) + v(T)]`: above 0 when two do more together.
    """
    v, P = np.asarray(values, np.float64), players(values)
    pairs = np.zeros((P, P, *v.shape[1:]))
    for i, j in combinations(range(P), 2):
        for k in range(len(v)):
            if not (k >> i & 1 or k >> j & 1):
                joint = v[k | 1 << i | 1 << j] - v[k | 1 << i] - v[k | 1 << j] + v[k]
                pairs[i, j] += joint / ((P - 1) * comb(P - 2, k.bit_count()))
        pairs[j, i] = pairs[i, j]
    return pairs
