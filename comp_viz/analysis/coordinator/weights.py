"""The coordinator's weights of one conversation in numbers: how far from equal, and whether they follow availability."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Floats
from comp_viz.wording import first_upper, how_many

NEAR = 0.05  # weights no farther than this from equal are as good as equal


@dataclass(frozen=True)
class OfModality:
    """What one modality is weighed along a conversation; weights from 0 to 1."""

    mean: float
    low: float
    high: float
    leads: int  # utterances in which no other modality is weighed more
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
class Weights:
    """The weights of a conversation; with `M` modalities, equal weights are `1/M` each."""

    utterances: int
    equal: float
    distance: float  # mean |weight - 1/M| over utterances and modalities
    farthest: float  # the same if one modality always had all the weight, 2(M-1)/M²
    by_modality: Mapping[str, OfModality]

    @property
    def leader(self) -> str:
        """The modality that is weighed most in the most utterances."""
        return max(self.by_modality, key=lambda name: self.by_modality[name].leads)


def weights(prediction: Prediction) -> Weights:
    """Sum up `prediction.coordinator [S, M]` (eq. 13)."""
    S, M = prediction.coordinator.shape
    first = prediction.coordinator.argmax(1)
    return Weights(
        utterances=S,
        equal=1 / M,
        distance=float(np.abs(prediction.coordinator - 1 / M).mean()),
        farthest=2 * (M - 1) / M**2,
        by_modality={
            name: of_modality(prediction.coordinator[:, u], prediction.observed[:, u], int((first == u).sum()))
            for u, name in enumerate(prediction.modalities)
        },
    )


def of_modality(weight: Floats, observed: np.ndarray, leads: int) -> OfModality:
    """Sum up the weights `[S]` of one modality that is `observed [S]`."""

    def mean(where: np.ndarray) -> float | None:
        return float(weight[where].mean()) if where.any() else None

    return OfModality(
        float(weight.mean()), float(weight.min()), float(weight.max()), leads, int(observed.sum()),
        int((~observed).sum()), mean(observed), mean(~observed),
    )  # fmt: skip


def weight_span(*predictions: Prediction) -> tuple[float, float]:
    """What an axis fitted to the weights of all these reaches over, in steps of 0.05, equal weights among it."""
    found = np.concatenate([np.append(p.coordinator.ravel(), 1 / len(p.modalities)) for p in predictions])
    return max(0.0, float(np.floor(found.min() * 20) / 20)), min(1.0, float(np.ceil(found.max() * 20) / 20))


def weight_floor(*predictions: Prediction) -> tuple[float, ...]:
    """The lowest weight of each modality among all these, in steps of 0.05 downwards: where a cut triangle begins."""
    lowest = np.concatenate([p.coordinator for p in predictions]).min(0)
    return tuple((np.floor(np.minimum(lowest, 1 / len(lowest)) * 20) / 20).tolist())


def describe_distance(found: Weights) -> str:
    """How far the weights are from equal, and who is weighed most."""
    lowest = min(found.by_modality, key=lambda name: found.by_modality[name].low)
    highest = max(found.by_modality, key=lambda name: found.by_modality[name].high)
    low, high = found.by_modality[lowest].low, found.by_modality[highest].high
    return (
        f"Weights are {found.distance:.3f} away from equal ({found.equal:.2f} each) on average, {found.farthest:.2f} being "
        f"the most possible; they range from {low:.2f} for {lowest} to {high:.2f} for {highest}"
    )


def describe_leader(found: Weights) -> str:
    """Who is weighed most, in how many utterances."""
    leads = found.by_modality[found.leader].leads
    return f"{first_upper(found.leader)} has the largest weight in {leads} of {how_many(found.utterances, 'utterance')}"


def describe_availability(found: Weights) -> str:
    """What being missing does to a modality's weight, for the modality it does most to."""
    both = {name: of for name, of in found.by_modality.items() if of.difference is not None}
    if not both:
        return "No modality is observed in some utterances and missing in others"
    name = max(both, key=lambda name: abs(both[name].difference or 0))
    of = both[name]
    return (
        f"{first_upper(name)} is weighed {of.where_observed:.2f} where it is observed ({of.observed} "
        f"utterance{'s' * (of.observed != 1)}) and {of.where_missing:.2f} where it is missing ({of.missing})"
    )


def describe_near(prediction: Prediction) -> str:
    """In how many utterances the weights are as good as equal."""
    far = np.abs(prediction.coordinator - 1 / len(prediction.modalities)).max(1)
    return (
        f"In {int((far <= NEAR).sum())} of {how_many(len(far), 'utterance')} no weight is more than {NEAR} from equal"
    )
