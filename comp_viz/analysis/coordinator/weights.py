"""The coordinator's weights of one conversation in numbers: how far from equal, and whether they follow availability."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Floats

NEARLY_EQUAL = 0.05  # weights no farther than this from equal are as good as equal


@dataclass(frozen=True)
class ModalityWeights:
    """The coordinator's weights of one modality along a conversation, from 0 to 1."""

    mean: float
    low: float
    high: float
    leads: int  # utterances in which its weight is the largest
    observed: int  # utterances in which it is observed
    missing: int
    where_observed: float | None  # mean weight there, None where there is no such utterance
    where_missing: float | None

    @property
    def difference(self) -> float | None:
        """Mean weight where it is observed minus where it is missing, None unless both occur."""
        if self.where_observed is None or self.where_missing is None:
            return None
        return self.where_observed - self.where_missing


@dataclass(frozen=True)
class WeightSummary:
    """The weights of a conversation; with `M` modalities, equal weights are `1/M` each."""

    utterances: int
    equal: float  # 1/M
    distance: float  # mean |weight - 1/M| over utterances and modalities
    farthest: float  # the same if one modality always had all the weight, 2(M-1)/M²
    by_modality: Mapping[str, ModalityWeights]

    @property
    def leader(self) -> str:
        """The modality with the largest weight in the most utterances."""
        return max(self.by_modality, key=lambda name: self.by_modality[name].leads)

    @property
    def lowest(self) -> tuple[str, float]:
        """The modality with the smallest weight of any utterance, and that weight."""
        name = min(self.by_modality, key=lambda name: self.by_modality[name].low)
        return name, self.by_modality[name].low

    @property
    def highest(self) -> tuple[str, float]:
        """The modality with the largest weight of any utterance, and that weight."""
        name = max(self.by_modality, key=lambda name: self.by_modality[name].high)
        return name, self.by_modality[name].high

    @property
    def most_affected(self) -> str | None:
        """The modality whose mean weight differs most between where it is observed and missing; None where none is both."""
        both = {name: each.difference for name, each in self.by_modality.items() if each.difference is not None}
        return max(both, key=lambda name: abs(both[name])) if both else None


def weight_summary(prediction: Prediction) -> WeightSummary:
    """Sum up `prediction.coordinator [S, M]` (eq. 13)."""
    S, M = prediction.coordinator.shape
    first = prediction.coordinator.argmax(1)
    return WeightSummary(
        utterances=S,
        equal=1 / M,
        distance=float(np.abs(prediction.coordinator - 1 / M).mean()),
        farthest=2 * (M - 1) / M**2,
        by_modality={
            name: modality_weights(prediction.coordinator[:, u], prediction.observed[:, u], int((first == u).sum()))
            for u, name in enumerate(prediction.modalities)
        },
    )


def modality_weights(weight: Floats, observed: np.ndarray, leads: int) -> ModalityWeights:
    """Sum up the weights `[S]` of one modality that is `observed [S]`."""

    def mean(where: np.ndarray) -> float | None:
        return float(weight[where].mean()) if where.any() else None

    return ModalityWeights(
        float(weight.mean()), float(weight.min()), float(weight.max()), leads, int(observed.sum()),
        int((~observed).sum()), mean(observed), mean(~observed),
    )  # fmt: skip


def weight_span(*predictions: Prediction) -> tuple[float, float]:
    """What an axis fitted to the weights of all these reaches over, in steps of 0.05, equal weights among it."""
    weights = np.concatenate([np.append(p.coordinator.ravel(), 1 / len(p.modalities)) for p in predictions])
    return max(0.0, float(np.floor(weights.min() * 20) / 20)), min(1.0, float(np.ceil(weights.max() * 20) / 20))


def weight_floor(*predictions: Prediction) -> tuple[float, ...]:
    """The lowest weight of each modality among all these, in steps of 0.05 downwards: where a cut triangle begins."""
    lowest = np.concatenate([p.coordinator for p in predictions]).min(0)
    return tuple((np.floor(np.minimum(lowest, 1 / len(lowest)) * 20) / 20).tolist())


def near_equal(prediction: Prediction) -> int:
    """In how many utterances no weight is more than `NEAR` from equal."""
    farthest = np.abs(prediction.coordinator - 1 / len(prediction.modalities)).max(1)
    return int((farthest <= NEARLY_EQUAL).sum())
