"""Whether emotions lie further apart after propagation: do an utterance's neighbours from other conversations share its label?

Neighbours are sought in other conversations alone. Within one, propagation makes utterances that stand near each other
alike, whose labels are mostly the same, so that features would seem to separate emotions when they only know their place.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from comp_viz.analysis.claims.inside_sums import ALL_MODALITIES, LabelledFeatures
from comp_viz.analysis.prototypes.feature_space import ROUNDING, nearest_weights
from comp_viz.analysis.stats.sums import Values
from comp_viz.data.conversation import Floats
from comp_viz.data.dataset import Ints

NEIGHBOURS = 5
MOST_POINTS_COMPARED = 4000  # of a modality; of more, evenly spaced ones
ROWS_COMPARED = 500  # whose distances are in memory at once


def separation_sums(conversations: Sequence[Mapping[str, LabelledFeatures]]) -> dict[str, Values]:
    """Share of neighbours with the same label after propagation minus before, as sums `[V, 2]` over conversations.

    Of all modalities together and of each; empty where there are too few labelled utterances of other conversations.
    """
    by_modality: dict[str, Values] = {}
    for u in conversations[0] if conversations else ():
        own = [one[u] for one in conversations]
        of = np.repeat(np.arange(len(own)), [len(one.truth) for one in own])
        truth = np.concatenate([one.truth for one in own])
        rows = np.unique(np.linspace(0, len(of) - 1, min(len(of), MOST_POINTS_COMPARED)).astype(np.int64))
        if len(rows) - np.bincount(of[rows], minlength=1).max() < NEIGHBOURS:
            return {}
        shares = [
            neighbour_label_shares(np.concatenate([getattr(one, stage) for one in own])[rows], truth[rows], of[rows])
            for stage in ("encoded", "propagated")
        ]
        gain = np.bincount(of[rows], shares[1] - shares[0], len(own))
        by_modality[u] = np.column_stack([gain, np.bincount(of[rows], minlength=len(own))])
    return {ALL_MODALITIES: np.sum([*by_modality.values()], axis=0), **by_modality} if by_modality else {}


def neighbour_label_shares(points: Floats, truth: Ints, of: Ints) -> Values:
    """Share `[N]` of the nearest points `[N, d]` of other conversations, `of [N]`, that have a point's label `truth [N]`.

    There have to be five of them at least. Points that are equally near share the places that are left.
    """
    points = points.astype(np.float64)
    squares = (points**2).sum(1)
    shares = np.empty(len(points))
    for first in range(0, len(points), ROWS_COMPARED):
        here = slice(first, first + ROWS_COMPARED)
        distances = squares[here, None] + squares - 2 * (points[here] @ points.T)
        distances[of[here, None] == of] = np.inf
        weights = nearest_weights(distances, NEIGHBOURS, ROUNDING * float(squares.max()))
        shares[here] = (weights * (truth == truth[here, None])).sum(1)
    return shares
