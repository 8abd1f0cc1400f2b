"""What the fused prediction would be under other coordinator weights: equal, all on one modality, or set by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction, decision_accuracy, true_decisions
from comp_viz.analysis.stats.intervals import interval_of_share
from comp_viz.data.conversation import Bools, Floats, Task
from comp_viz.wording import first_upper, how_many

LEARNED, EQUAL, BY_HAND = "learned weights", "equal weights", "by hand"


@dataclass(frozen=True)
class Reweighed:
    """The fused prediction under given weights, against that under the learned ones."""

    prediction: Prediction
    followed: (
        Floats  # [S], the score in label units; for classes, the probability of what is decided with learned weights
    )
    moved: Floats  # [S], `followed` minus what it is with learned weights
    differs: Bools  # [S], another decision than with learned weights
    judged: Bools  # [S], the truth calls for a decision
    right: Bools  # [S], decides as the truth is; False where that is unknown
    accuracy: float | None  # share of the judged utterances decided rightly
    interval: tuple[float, float] | None  # 95 %, utterances taken as independent
    error: float | None  # mean |score - label| in label units; for classes, mean 1 - P(true class)


def normalised(wished: Sequence[float]) -> tuple[float, ...]:
    """Weights in the ratio of what was wished for, from 0 on, that sum to 1; equal ones where all are 0."""
    total = sum(wished)
    return tuple(value / total for value in wished) if total else (1 / len(wished),) * len(wished)


def fixed_weights(modalities: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Equal weights, and all weight on each modality in turn, by name."""
    M = len(modalities)
    one_hot = {only(name): tuple(float(v == u) for v in range(M)) for u, name in enumerate(modalities)}
    return {EQUAL: (1 / M,) * M, **one_hot}


def only(modality: str) -> str:
    """What weights all on one modality are called."""
    return f"only {modality}"


def reweighed(predictions: Mapping[str, Prediction], labels: Floats) -> Mapping[str, Reweighed]:
    """Compare predictions of one conversation under several weights with the first, the learned one; `labels [S]`."""
    learned = next(iter(predictions.values()))
    return {name: against(found, learned, labels) for name, found in predictions.items()}


def against(found: Prediction, learned: Prediction, labels: Floats) -> Reweighed:
    """Compare one prediction with that under the learned weights."""
    task, decided, before = found.task, found.decisions(), learned.decisions()
    truth = true_decisions(task, labels)
    share, judged = decision_accuracy(decided, truth), truth >= 0
    right = (decided == truth) & judged
    column = np.arange(len(before)), before if task.classes else 0
    return Reweighed(
        prediction=found,
        followed=found.fused[column],
        moved=found.fused[column] - learned.fused[column],
        differs=decided != before,
        judged=judged,
        right=right,
        accuracy=share,
        interval=None if share is None else interval_of_share(int(right.sum()), int(judged.sum())),
        error=mean_error(task, found.fused, labels),
    )


def mean_error(task: Task, fused: Floats, labels: Floats) -> float | None:
    """How far the fused prediction is from the truth, over all labelled utterances; None where there are none."""
    known = np.flatnonzero(~np.isnan(labels))
    if not len(known):
        return None
    if task.classes:
        return float(1 - fused[known, labels[known].astype(int)].mean())
    return float(np.abs(fused[known, 0] - labels[known]).mean())


def describe_reweighed(found: Mapping[str, Reweighed]) -> str:
    """What equal weights and the most disturbing single modality would change against the first, in a sentence."""
    trained, learned = next(iter(found.items()))
    single = {name: each for name, each in found.items() if name not in (trained, EQUAL, BY_HAND)}
    most = max(single, key=lambda name: int(single[name].differs.sum()))
    named = [EQUAL, most] if trained != EQUAL else [most]
    shares = [f"{name} {found[name].accuracy:.0%}" for name in (trained, *named) if found[name].accuracy is not None]
    if not any(found[name].differs.any() for name in named):
        sentence = f"Neither equal weights nor all weight on one modality would change any of {how_many(len(learned.differs), 'decision')}"
    else:
        sentence = first_upper(", ".join(f"{name} would change {counted(found[name])}" for name in named))
    return f"{sentence}; accuracy with {', '.join(shares)}" if shares else sentence


def counted(each: Reweighed) -> str:
    """How many decisions differ."""
    return f"{int(each.differs.sum()) or 'none'} of {how_many(len(each.differs), 'decision')}"


def describe_accuracy(found: Mapping[str, Reweighed]) -> str:
    """Under which weights the mean error is smallest, and what it is as trained."""
    trained, learned = next(iter(found.items()))
    errors = {name: each.error for name, each in found.items() if each.error is not None}
    if not errors:
        return "No utterance has a label to judge predictions by"
    best = min(errors, key=lambda name: round(errors[name], 3))
    unit = "1 - P(true class)" if learned.prediction.task.classes else "|score - label|"
    if best == trained:
        return f"The mean error, {unit}, is smallest as trained: {errors[trained]:.3f}"
    return (
        f"The mean error, {unit}, is smallest with {best}: {errors[best]:.3f}, against {errors[trained]:.3f} as trained"
    )
