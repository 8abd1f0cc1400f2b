"""A data set in numbers, made without reading features."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from comp_viz.data.conversation import SPLITS, Floats, Task
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.findings import Kind

MOST_BINS = 20  # of a histogram of scores, about


@dataclass(frozen=True)
class Summary:
    """How many of what a data set has."""

    conversations: int
    utterances: int
    longest: int  # utterances in the longest conversation
    splits: Mapping[str, tuple[int, int]]  # split -> conversations and utterances; "" where the data does not say
    speakers: int  # different names; 0 when none is stated
    seconds: float  # of all utterances whose duration is known; NaN when none is
    labels: Mapping[str, Sequence[tuple[str, int]]]  # split -> utterances by class or by score, in order of the labels
    polarity: (
        tuple[int, int, int] | None
    )  # utterances with a negative, a neutral and a positive score; None for classes
    unlabelled: int
    missing: Mapping[str, float]  # modality -> share of utterances that lack it, 0 to 1
    complete: float  # share of utterances that have every modality
    findings: Sequence[tuple[Kind, str, str, int]]  # kind, modality, reason and how often, most frequent first


def summarise_data(data: DataSet) -> Summary:
    """Count what is in a data set."""
    known = data.utterances
    missing = (~known.observed).mean(0).tolist()
    return Summary(
        conversations=len(known.ids),
        utterances=len(known),
        longest=int(known.lengths.max()),
        splits=count_splits(known),
        speakers=len(set(known.speakers.tolist()) - {""}),
        seconds=math.nan if np.isnan(known.durations).all() else float(np.nansum(known.durations, dtype=np.float64)),
        labels=label_histogram(data.task, known),
        polarity=None if data.task.classes else count_polarity(data.task, known.labels),
        unlabelled=int(np.isnan(known.labels).sum()),
        missing=dict(zip(known.modalities, missing, strict=True)),
        complete=float(known.observed.all(1).mean()),
        findings=[(*what, count) for what, count in data.findings.counts().most_common()],
    )


def count_splits(known: Utterances) -> dict[str, tuple[int, int]]:
    """Conversations and utterances of each split there is."""
    split = np.array(known.splits)
    there = [name for name in (*SPLITS, "") if (split == name).any()]
    return {name: (int((split == name).sum()), int(known.lengths[split == name].sum())) for name in there}


def count_polarity(task: Task, labels: Floats) -> tuple[int, int, int]:
    """Utterances scored below, at and above neutral."""
    below, at, above = labels < task.neutral, labels == task.neutral, labels > task.neutral
    return int(below.sum()), int(at.sum()), int(above.sum())


def label_histogram(task: Task, known: Utterances) -> dict[str, list[tuple[str, int]]]:
    """For each split, how many utterances have each label; the same labels for all splits."""
    split = np.repeat(np.array(known.splits), known.lengths)
    names, numbers = label_bins(task, known.labels)
    return {
        name: list(zip(names, np.bincount(numbers[split == name], minlength=len(names) + 1)[1:].tolist(), strict=True))
        for name in count_splits(known)
    }


def label_bins(task: Task, labels: Floats) -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """The bins of a histogram by name, and the number `[N]` of each label's bin counted from 1, 0 where unknown.

    Classes are their own bins. Scores are rounded to units, on very wide or narrow scales to a round number; a label
    beyond the scale falls into its last bin.
    """
    known = ~np.isnan(labels)
    if task.classes:
        return list(task.classes), np.where(known, labels + 1, 0).astype(np.int64)
    step = bin_width(task.high - task.low)
    low, high = math.floor(task.low / step + 0.5), math.floor(task.high / step + 0.5)
    rounded = np.clip(np.floor(np.where(known, labels, 0) / step + 0.5), low, high)
    names = [f"{step * number:g}" for number in range(low, high + 1)]
    return names, np.where(known, rounded - low + 1, 0).astype(np.int64)


def bin_width(extent: float) -> float:
    """1 where that makes 2 to 20 bins, else 1, 2 or 5 times a power of ten that does."""
    if 2 <= extent <= MOST_BINS:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(extent / MOST_BINS))
    return next(power * factor for factor in (1, 2, 5, 10) if extent / (power * factor) <= MOST_BINS)
