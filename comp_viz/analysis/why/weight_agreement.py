"""Whether the modality with the largest weight contributes most: its weights against Shapley values."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.analysis.stats.ranks import rank_correlation
from comp_viz.analysis.why.contribution import NEGLIGIBLE, Contribution

MOST_DISAGREEMENTS = 5


@dataclass(frozen=True)
class WeightAgreement:
    """Weights and shares of contributions of the same utterances, compared."""

    modalities: tuple[str, ...]
    correlations: tuple[float, ...]  # [M], over utterances, of weight and share; NaN where one never changes
    same: int  # utterances in which the modality with the largest weight contributes most
    counted: int  # utterances in which anything contributes
    distance: np.ndarray  # [S], half the summed distance of weights and shares, 0 to 1

    @property
    def by_chance(self) -> float:
        """In how many utterances both name the same modality by chance."""
        return self.counted / len(self.modalities)


def weight_agreement(contributions: Contribution) -> WeightAgreement:
    """Compare the coordinator's weights with the share that each modality has in all contributions."""
    counted = contributions.relations != NEGLIGIBLE
    same = (contributions.weights.argmax(1) == contributions.leaders) & counted
    shares = contributions.shares.T
    correlations = tuple(
        rank_correlation(contributions.weights[counted, u], shares[counted, u])
        for u in range(len(contributions.modalities))
    )
    distance = np.abs(contributions.weights - shares).sum(1) / 2
    return WeightAgreement(contributions.modalities, correlations, int(same.sum()), int(counted.sum()), distance)


def disagreement_table(contributions: Contribution, words: tuple[str, ...]) -> pd.DataFrame:
    """The `MOST_ROWS` utterances whose weights are furthest from what contributes, the furthest first."""
    agreement = weight_agreement(contributions)
    order = np.argsort(-agreement.distance, kind="stable")
    order = order[contributions.relations[order] != NEGLIGIBLE][:MOST_DISAGREEMENTS]
    names = np.array(contributions.modalities)
    return pd.DataFrame(
        {
            "utterance": order + 1,
            "largest weight": names[contributions.weights.argmax(1)[order]],
            "largest contribution": names[contributions.leaders[order]],
            "distance": agreement.distance[order],
            "words": [words[s] for s in order],
        }
    )
