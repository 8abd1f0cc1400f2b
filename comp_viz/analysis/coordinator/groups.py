"""Coordinator weights of groups of utterances: by what of them is observed, by their emotion, under fixed patterns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import POLARITIES, Bools, Floats, Task

ALL_SUBSETS_UP_TO = 4  # of which every subset is tried; of more, each alone, each left out, and all
UNKNOWN = "no label"
FEWEST_UTTERANCES = 5  # utterances of an emotion that is compared, where two emotions have as many


@dataclass(frozen=True)
class Group:
    """Some utterances of a conversation and their coordinator weights, from 0 to 1."""

    name: str
    members: np.ndarray  # [n], utterances counted from 0
    mean: Floats  # [M]
    low: Floats  # [M], 10 % quantile
    high: Floats  # [M], 90 % quantile


Availability = Mapping[tuple[str, ...], Group]  # the modalities that are observed -> utterances


def summarise_group(name: str, members: np.ndarray, weights: Floats) -> Group:
    """Sum up the rows `members`, at least one, of `weights [S, M]`."""
    chosen = weights[members]
    low, high = np.quantile(chosen, [0.1, 0.9], axis=0).astype(np.float32)
    return Group(name, members, chosen.mean(0), low, high)


def kept_subsets(modalities: Sequence[str]) -> list[tuple[str, ...]]:
    """Which modalities to leave: every subset, the small ones first."""
    M = len(modalities)
    sizes = range(1, M + 1) if M <= ALL_SUBSETS_UP_TO else (1, M - 1, M)
    return [kept for size in sizes for kept in combinations(modalities, size)]


def left_with(modalities: Sequence[str], observed: Bools, kept: Sequence[str]) -> Bools:
    """What becomes of `observed [S, M]` when only the modalities `kept` are left."""
    return observed & np.isin(modalities, kept)


def subset_name(kept: Sequence[str], modalities: Sequence[str]) -> str:
    """A subset of the modalities in words."""
    if len(kept) == len(modalities):
        return "all"
    left_out = [name for name in modalities if name not in kept]
    if len(left_out) == 1 and len(kept) > 2:
        return f"all but {left_out[0]}"
    return " + ".join(kept) or "nothing"


def by_availability(prediction: Prediction) -> Availability:
    """The utterances of a conversation by which modalities are observed, fewest first; only those that occur."""
    names = np.array(prediction.modalities)
    codes = prediction.observed @ (1 << np.arange(len(names)))
    kept = {tuple(names[prediction.observed[codes == code][0]].tolist()): codes == code for code in np.unique(codes)}
    order = sorted(kept, key=lambda some: (len(some), [prediction.modalities.index(name) for name in some]))
    return {
        some: summarise_group(
            subset_name(some, prediction.modalities), np.flatnonzero(kept[some]), prediction.coordinator
        )
        for some in order
    }


def by_subset(predictions: Mapping[tuple[str, ...], Prediction]) -> Availability:
    """The whole conversation with only some modalities left: `predictions` maps them to what the model then predicts."""
    return {
        kept: summarise_group(subset_name(kept, each.modalities), np.arange(len(each.observed)), each.coordinator)
        for kept, each in predictions.items()
    }


def emotion_labels(task: Task, labels: Floats) -> np.ndarray:
    """The true emotion of every utterance by name, `[S]`: its class, or on which side of neutral its score is."""
    known = ~np.isnan(labels)
    if task.classes:
        names = np.array([*task.classes, UNKNOWN])
        classes: np.ndarray = names[np.where(known, labels, len(task.classes)).astype(int)]
        return classes
    side = np.sign(np.where(known, labels, task.neutral) - np.float32(task.neutral)).astype(int)
    return np.where(known, np.array(POLARITIES)[side + 1], UNKNOWN)


def emotion_names(task: Task) -> tuple[str, ...]:
    """What `emotion_labels` may give, in order."""
    return (*(task.classes or POLARITIES), UNKNOWN)


def by_emotion(prediction: Prediction, labels: Floats) -> tuple[Group, ...]:
    """The utterances of a conversation by their true emotion; only those that occur."""
    names = emotion_labels(prediction.task, labels)
    return tuple(
        summarise_group(name, np.flatnonzero(names == name), prediction.coordinator)
        for name in emotion_names(prediction.task)
        if (names == name).any()
    )


def widest_difference(groups: Sequence[Group], modalities: Sequence[str]) -> tuple[str, Group, Group] | None:
    """The modality whose mean weight differs most between two groups, with the lowest and the highest; None below two."""
    if len(groups) < 2:
        return None
    means = np.stack([each.mean for each in groups])
    u = int(np.ptp(means, axis=0).argmax())
    return modalities[u], groups[int(means[:, u].argmin())], groups[int(means[:, u].argmax())]


def comparable(groups: Sequence[Group]) -> list[Group]:
    """The groups with a label, rare ones (fewer than `FEWEST` utterances) aside where two others remain."""
    labelled = [each for each in groups if each.name != UNKNOWN]
    common = [each for each in labelled if len(each.members) >= FEWEST_UTTERANCES]
    return common if len(common) > 1 else labelled


def most_changed_alone(fixed: Availability, modalities: Sequence[str]) -> tuple[str, float, float]:
    """The modality whose mean weight changes most when it alone is left, with its mean weight then and with all modalities."""
    alone = {name: float(fixed[(name,)].mean[u]) for u, name in enumerate(modalities)}
    together = dict(zip(modalities, fixed[tuple(modalities)].mean.tolist(), strict=True))
    name = max(alone, key=lambda name: abs(alone[name] - together[name]))
    return name, alone[name], together[name]
