"""Whether the coordinator trusts the modality that is right: its weights against each modality head's own answers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction, true_decisions
from comp_viz.analysis.stats.ranks import auc, auc_interval
from comp_viz.data.conversation import Bools, Floats
from comp_viz.wording import first_upper

FEWEST = 5  # right and wrong utterances below which nothing is said
Interval = tuple[float, float]


@dataclass(frozen=True)
class Trust:
    """One modality's weights over labelled utterances, where its own head decides rightly and where wrongly.

    `auc` is the chance that it is weighed more in an utterance its head gets right than in one it gets wrong: 0.5 when
    weights do not tell. The 95 % interval takes utterances as independent, which those of one conversation are not
    quite. None where there is no right or no wrong utterance, or too few of them for an interval.
    """

    right: np.ndarray  # utterances counted from 0
    wrong: np.ndarray
    mean_right: float | None
    mean_wrong: float | None
    auc: float | None
    interval: Interval | None

    @property
    def tells(self) -> bool:
        """Whether 0.5 lies outside the interval."""
        return self.interval is not None and not self.interval[0] <= 0.5 <= self.interval[1]


@dataclass(frozen=True)
class Disagreement:
    """Utterances of which some heads are right and others wrong, where weights could matter most."""

    labelled: int
    utterances: np.ndarray  # counted from 0
    trusted_right: int  # of those, how many have the largest weight on a head that is right
    by_chance: float  # how many would, were the largest weight on any head alike


def head_correctness(prediction: Prediction, labels: Floats) -> tuple[Bools, Bools]:
    """Whether each modality's head decides rightly, `[S, M]`, and which utterances call for a decision, `[S]`."""
    truth = true_decisions(prediction.task, labels)
    decided = np.stack([prediction.decisions(name) for name in prediction.modalities], axis=1)
    return decided == truth[:, None], truth >= 0


def trust(prediction: Prediction, labels: Floats) -> Mapping[str, Trust]:
    """Compare every modality's weight between utterances its head gets right and wrong."""
    right, known = head_correctness(prediction, labels)
    return {
        name: of_head(prediction.coordinator[:, u], right[:, u] & known, ~right[:, u] & known)
        for u, name in enumerate(prediction.modalities)
    }


def of_head(weight: Floats, right: Bools, wrong: Bools) -> Trust:
    """One modality's weights `[S]`, where its head is `right [S]` and `wrong [S]`."""
    up, down = weight[right], weight[wrong]
    found = auc(up, down) if len(up) and len(down) else None
    enough = found is not None and min(len(up), len(down)) >= FEWEST
    return Trust(
        right=np.flatnonzero(right),
        wrong=np.flatnonzero(wrong),
        mean_right=float(up.mean()) if len(up) else None,
        mean_wrong=float(down.mean()) if len(down) else None,
        auc=found,
        interval=auc_interval(found, len(up), len(down)) if found is not None and enough else None,
    )


def disagreement(prediction: Prediction, labels: Floats) -> Disagreement:
    """Find the utterances the heads disagree about, and whom the coordinator then trusts most."""
    right, known = head_correctness(prediction, labels)
    apart = known & right.any(1) & ~right.all(1)
    trusted = right[np.arange(len(right)), prediction.coordinator.argmax(1)]
    return Disagreement(
        int(known.sum()), np.flatnonzero(apart), int((trusted & apart).sum()), float(right[apart].mean(1).sum())
    )


def describe_trust(found: Mapping[str, Trust], apart: Disagreement) -> str:
    """Whether weights follow correctness, in a sentence."""
    if not apart.labelled:
        return "No utterance has a label that its heads could be judged by"
    telling = {name: each for name, each in found.items() if each.tells}
    if telling:
        parts = [
            f"{name} {'' if i else 'is weighed '}{'more' if (each.auc or 0) > 0.5 else 'less'}"
            f"{'' if i else ' where its head is right'} (AUC {each.auc:.2f})"
            for i, (name, each) in enumerate(telling.items())
        ]
        return first_upper(", ".join(parts))
    judged = [name for name, each in found.items() if each.interval]
    if not judged:
        return f"Too few right or wrong answers among {apart.labelled} labelled utterances to tell if weight follows correctness"
    return f"No modality is clearly weighed more where its head is right, over {apart.labelled} labelled utterances"


def describe_disagreement(found: Disagreement) -> str:
    """Whom the coordinator trusts where heads disagree, in a sentence."""
    apart = len(found.utterances)
    if not found.labelled:
        return "Without labels nothing says which head is right"
    if not apart:
        return (
            f"In {found.labelled} labelled utterances all heads are right or all wrong, so weights can follow which "
            "utterances are easy, not which head is right"
        )
    return (
        f"The heads disagree in {apart} of {found.labelled} labelled utterances; in {found.trusted_right} of them the "
        f"largest weight is on a head that is right ({found.by_chance:.1f} by chance)"
    )


def in_short(found: Trust) -> str:
    """AUC and interval of one modality in two short lines, as a chart holds them."""
    if found.auc is None:
        return "no AUC<br>one kind only"
    low, high = found.interval or (0.0, 1.0)
    return f"AUC {found.auc:.2f}<br>{f'{low:.2f} to {high:.2f}' if found.interval else 'too few to tell'}"
