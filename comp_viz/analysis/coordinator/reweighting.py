"""The fused prediction under other coordinator weights: equal, all on one modality, or set by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction, decision_accuracy, true_decisions
from comp_viz.analysis.stats.intervals import interval_of_share
from comp_viz.data.conversation import Bools, Floats, Task

LEARNED, EQUAL, BY_HAND = "learned weights", "equal weights", "by hand"


@dataclass(frozen=True)
class Weighting:
    """The fused prediction under given weights, against that under the learned ones."""

    prediction: Prediction
    followed: Floats  # [S], the score in label units, or the probability of the class decided for with learned weights
    moved: Floats  # [S], `followed` minus what it is with learned weights
    differs: Bools  # [S], another decision than with learned weights
    judged: Bools  # [S], the truth calls for a decision
    right: Bools  # [S], the decision is correct; False where that is unknown
    accuracy: float | None  # share of the judged utterances decided correctly
    interval: tuple[float, float] | None  # 95 %, utterances taken as independent
    error: float | None  # mean |score - label| in label units; for classes, mean 1 - P(true class)


def normalised_weights(wished: Sequence[float]) -> tuple[float, ...]:
    """Weights in the ratio of what is wished for, from 0 on, that sum to 1; equal ones where all are 0."""
    total = sum(wished)
    return tuple(value / total for value in wished) if total else (1 / len(wished),) * len(wished)


def fixed_weights(modalities: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Equal weights, and all weight on each modality in turn, by name."""
    M = len(modalities)
    one_hot = {only_name(name): tuple(float(v == u) for v in range(M)) for u, name in enumerate(modalities)}
    return {EQUAL: (1 / M,) * M, **one_hot}


def only_name(modality: str) -> str:
    """The name of the weighting with all weight on one modality."""
    return f"only {modality}"


def compare_weightings(predictions: Mapping[str, Prediction], labels: Floats) -> Mapping[str, Weighting]:
    """Compare predictions of one conversation under several weights with the first, the learned one; `labels [S]`."""
    learned = next(iter(predictions.values()))
    return {name: compare_weighting(each, learned, labels) for name, each in predictions.items()}


def compare_weighting(prediction: Prediction, learned: Prediction, labels: Floats) -> Weighting:
    """Compare one prediction with that under the learned weights."""
    task, decided, before = prediction.task, prediction.decisions(), learned.decisions()
    truth = true_decisions(task, labels)
    share, judged = decision_accuracy(decided, truth), truth >= 0
    right = (decided == truth) & judged
    column = np.arange(len(before)), before if task.classes else 0
    return Weighting(
        prediction=prediction,
        followed=prediction.fused[column],
        moved=prediction.fused[column] - learned.fused[column],
        differs=decided != before,
        judged=judged,
        right=right,
        accuracy=share,
        interval=None if share is None else interval_of_share(int(right.sum()), int(judged.sum())),
        error=mean_error(task, prediction.fused, labels),
    )


def mean_error(task: Task, fused: Floats, labels: Floats) -> float | None:
    """How far the fused prediction is from the truth, over all labelled utterances; None where there are none."""
    known = np.flatnonzero(~np.isnan(labels))
    if not len(known):
        return None
    if task.classes:
        return float(1 - fused[known, labels[known].astype(int)].mean())
    return float(np.abs(fused[known, 0] - labels[known]).mean())


def most_disturbing(weightings: Mapping[str, Weighting]) -> str:
    """The single modality that changes most decisions when it has all the weight, by the name of that weighting."""
    trained = next(iter(weightings))
    single = {name: each for name, each in weightings.items() if name not in (trained, EQUAL, BY_HAND)}
    return max(single, key=lambda name: int(single[name].differs.sum()))
