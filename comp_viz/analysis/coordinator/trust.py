"""Whether the coordinator gives more weight to the modality that is right: its weights against each head's own answers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction, true_decisions
from comp_viz.analysis.stats.ranks import auc, auc_interval
from comp_viz.data.conversation import Bools, Floats

FEWEST_ANSWERS = 5  # right and wrong utterances below which there is no interval
AucInterval = tuple[float, float]


@dataclass(frozen=True)
class Trust:
    """One modality's weights over labelled utterances, where its own head decides rightly and where wrongly.

    `auc` is the chance that its weight is larger in an utterance its head gets right than in one it gets wrong: 0.5 when
    the weight is unrelated to it. The 95 % interval takes utterances as independent, which those of one conversation are not
    quite. None where there is no right or no wrong utterance, or too few of them for an interval.
    """

    right: np.ndarray  # utterances counted from 0
    wrong: np.ndarray
    mean_right: float | None
    mean_wrong: float | None
    auc: float | None
    interval: AucInterval | None

    @property
    def differs_from_chance(self) -> bool:
        """Whether 0.5 lies outside the interval."""
        return self.interval is not None and not self.interval[0] <= 0.5 <= self.interval[1]


@dataclass(frozen=True)
class Disagreement:
    """Utterances of which some heads are right and others wrong, where weights could matter most."""

    labelled: int
    utterances: np.ndarray  # counted from 0
    trusted_right: int  # of those, how many have the largest weight on a head that is right
    by_chance: float  # how many would be expected with the largest weight on any head alike


def head_correctness(prediction: Prediction, labels: Floats) -> tuple[Bools, Bools]:
    """Whether each modality's head decides rightly, `[S, M]`, and which utterances call for a decision, `[S]`."""
    truth = true_decisions(prediction.task, labels)
    decided = np.stack([prediction.decisions(name) for name in prediction.modalities], axis=1)
    return decided == truth[:, None], truth >= 0


def trust_in_heads(prediction: Prediction, labels: Floats) -> Mapping[str, Trust]:
    """Compare every modality's weight between utterances its head gets right and wrong."""
    right, known = head_correctness(prediction, labels)
    return {
        name: trust_in_head(prediction.coordinator[:, u], right[:, u] & known, ~right[:, u] & known)
        for u, name in enumerate(prediction.modalities)
    }


def trust_in_head(weight: Floats, right: Bools, wrong: Bools) -> Trust:
    """One modality's weights `[S]`, where its head is `right [S]` and `wrong [S]`."""
    up, down = weight[right], weight[wrong]
    area = auc(up, down) if len(up) and len(down) else None
    enough = area is not None and min(len(up), len(down)) >= FEWEST_ANSWERS
    return Trust(
        right=np.flatnonzero(right),
        wrong=np.flatnonzero(wrong),
        mean_right=float(up.mean()) if len(up) else None,
        mean_wrong=float(down.mean()) if len(down) else None,
        auc=area,
        interval=auc_interval(area, len(up), len(down)) if area is not None and enough else None,
    )


def disagreement(prediction: Prediction, labels: Floats) -> Disagreement:
    """Find the utterances the heads disagree about, and whose weight is largest there."""
    right, known = head_correctness(prediction, labels)
    apart = known & right.any(1) & ~right.all(1)
    trusted = right[np.arange(len(right)), prediction.coordinator.argmax(1)]
    return Disagreement(
        int(known.sum()), np.flatnonzero(apart), int((trusted & apart).sum()), float(right[apart].mean(1).sum())
    )
