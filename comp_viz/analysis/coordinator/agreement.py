"""Whether the coordinator weighs most what contributes most: its weights against Shapley values."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.analysis.stats.ranks import rank_correlation
from comp_viz.analysis.why.contribution import NOTHING, Contribution
from comp_viz.wording import decimal, how_many

SHOWN = 5


@dataclass(frozen=True)
class WeightAgreement:
    """Weights and shares of contributions of the same utterances, compared."""

    modalities: tuple[str, ...]
    correlations: tuple[float, ...]  # [M], over utterances, of weight and share; NaN where one never changes
    same: int  # utterances in which the modality weighed most contributes most
    counted: int  # utterances in which anything contributes
    apart: np.ndarray  # [S], half the summed distance of weights and shares, 0 to 1

    @property
    def by_chance(self) -> float:
        """In how many utterances both would name the same modality if weights knew nothing."""
        return self.counted / len(self.modalities)


def weight_agreement(found: Contribution) -> WeightAgreement:
    """Compare `found.weights` with the share that each modality has in all contributions."""
    counted = found.relations != NOTHING
    same = (found.weights.argmax(1) == found.leaders) & counted
    shares = found.shares.T
    correlations = tuple(
        rank_correlation(found.weights[counted, u], shares[counted, u]) for u in range(len(found.modalities))
    )
    apart = np.abs(found.weights - shares).sum(1) / 2
    return WeightAgreement(found.modalities, correlations, int(same.sum()), int(counted.sum()), apart)


def describe_agreement(found: WeightAgreement) -> str:
    """Whether weight follows contribution, in a sentence."""
    if not found.counted:
        return "No utterance is moved enough by any modality to compare weights with contributions"
    said = ", ".join(
        f"{u} {decimal(x)}" for u, x in zip(found.modalities, found.correlations, strict=True)
    )  # fmt: skip
    return (
        f"The modality weighed most contributes most in {found.same} of {how_many(found.counted, 'utterance')} "
        f"({found.by_chance:.0f} by chance); rank correlation of weight and share: {said}"
    )


def disagreement_table(found: Contribution, words: tuple[str, ...]) -> pd.DataFrame:
    """The `SHOWN` utterances whose weights are furthest from what contributes, the furthest first; none where nothing does."""
    agreement = weight_agreement(found)
    order = np.argsort(-agreement.apart, kind="stable")
    order = order[found.relations[order] != NOTHING][:SHOWN]
    names = np.array(found.modalities)
    return pd.DataFrame(
        {
            "utterance": order + 1,
            "weighed most": names[found.weights.argmax(1)[order]],
            "contributes most": names[found.leaders[order]],
            "apart": agreement.apart[order],
            "words": [words[s] for s in order],
        }
    )
