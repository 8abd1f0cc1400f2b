"""Coordinator weights of groups of utterances: by what of them is observed, by their emotion, under fixed patterns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import POLARITIES, Bools, Floats, Task
from comp_viz.wording import first_upper

MOST_MODALITIES = 4  # of which every subset is tried; of more, each alone, each left out, and all
UNKNOWN = "no label"
FEWEST = 5  # utterances of an emotion that a sentence is made of, where two emotions have as many


@dataclass(frozen=True)
class Group:
    """Some utterances of a conversation and how they are weighed; weights from 0 to 1."""

    name: str
    members: np.ndarray  # [n], utterances counted from 0
    mean: Floats  # [M]
    low: Floats  # [M], 10 % quantile
    high: Floats  # [M], 90 % quantile


Availability = Mapping[tuple[str, ...], Group]  # the modalities that are observed -> utterances


def group(name: str, members: np.ndarray, weights: Floats) -> Group:
    """Sum up the rows `members`, at least one, of `weights [S, M]`."""
    chosen = weights[members]
    low, high = np.quantile(chosen, [0.1, 0.9], axis=0).astype(np.float32)
    return Group(name, members, chosen.mean(0), low, high)


def subsets(modalities: Sequence[str]) -> list[tuple[str, ...]]:
    """Which modalities to leave: every subset, the small ones first."""
    M = len(modalities)
    sizes = range(1, M + 1) if M <= MOST_MODALITIES else (1, M - 1, M)
    return [kept for size in sizes for kept in combinations(modalities, size)]


def left_with(modalities: Sequence[str], observed: Bools, kept: Sequence[str]) -> Bools:
    """What `observed [S, M]` is when only the modalities `kept` are left."""
    return observed & np.isin(modalities, kept)


def called(kept: Sequence[str], modalities: Sequence[str]) -> str:
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
        some: group(called(some, prediction.modalities), np.flatnonzero(kept[some]), prediction.coordinator)
        for some in order
    }


def by_subset(predictions: Mapping[tuple[str, ...], Prediction]) -> Availability:
    """The whole conversation with only some modalities left: `predictions` maps them to what the model then says."""
    return {
        kept: group(called(kept, found.modalities), np.arange(len(found.observed)), found.coordinator)
        for kept, found in predictions.items()
    }


def emotions(task: Task, labels: Floats) -> np.ndarray:
    """What to call the true emotion of every utterance, `[S]`: its class, or on which side of neutral its score is."""
    known = ~np.isnan(labels)
    if task.classes:
        names = np.array([*task.classes, UNKNOWN])
        classes: np.ndarray = names[np.where(known, labels, len(task.classes)).astype(int)]
        return classes
    side = np.sign(np.where(known, labels, task.neutral) - np.float32(task.neutral)).astype(int)
    return np.where(known, np.array(POLARITIES)[side + 1], UNKNOWN)


def emotion_names(task: Task) -> tuple[str, ...]:
    """What `emotions` may give, in order."""
    return (*(task.classes or POLARITIES), UNKNOWN)


def by_emotion(prediction: Prediction, labels: Floats) -> tuple[Group, ...]:
    """The utterances of a conversation by their true emotion; only those that occur."""
    of = emotions(prediction.task, labels)
    return tuple(
        group(name, np.flatnonzero(of == name), prediction.coordinator)
        for name in emotion_names(prediction.task)
        if (of == name).any()
    )


def widest(groups: Sequence[Group], modalities: Sequence[str]) -> tuple[str, Group, Group] | None:
    """The modality whose mean weight differs most between two groups, with the lowest and the highest; None below two."""
    if len(groups) < 2:
        return None
    means = np.stack([each.mean for each in groups])
    u = int(np.ptp(means, axis=0).argmax())
    return modalities[u], groups[int(means[:, u].argmin())], groups[int(means[:, u].argmax())]


def describe_emotions(groups: Sequence[Group], modalities: Sequence[str]) -> str:
    """For which emotions a modality is weighed most differently, rare ones aside where others can be compared."""
    labelled = [each for each in groups if each.name != UNKNOWN]
    common = [each for each in labelled if len(each.members) >= FEWEST]
    found = widest(common if len(common) > 1 else labelled, modalities)
    if not labelled:
        return "No utterance has a label"
    if not found:
        return f"Every labelled utterance is {labelled[0].name}"
    name, low, high = found
    u = list(modalities).index(name)
    return (
        f"{first_upper(name)} is weighed {high.mean[u]:.2f} in {high.name} utterances ({len(high.members)}) "
        f"and {low.mean[u]:.2f} in {low.name} ones ({len(low.members)})"
    )


def describe_subsets(found: Availability, modalities: Sequence[str]) -> str:
    """What is weighed when a single modality is left, for the one that is then weighed least like with all."""
    alone = {name: float(found[(name,)].mean[u]) for u, name in enumerate(modalities)}
    together = dict(zip(modalities, found[tuple(modalities)].mean.tolist(), strict=True))
    name = max(alone, key=lambda name: abs(alone[name] - together[name]))
    return f"Left alone, {name} is weighed {alone[name]:.2f} on average; with all modalities, {together[name]:.2f}"
