"""Which of the labels of a file of splits are taken, and what they mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from comp_viz.data.conversation import POLARITIES, Task
from comp_viz.data.dataset import Doubles
from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.values import number_array, texts_of
from comp_viz.errors import CompVizError
from comp_viz.wording import how_many, shortened

# Field -> what it means in words; the first that is there is taken.
LABEL_FIELDS = {
    "regression_labels": "sentiment",
    "labels": "labels",
    "label": "labels",
    "classification_labels": "sentiment as one of three classes",
    "annotations": "sentiment as one of three names",
}
OF_MODALITY = {"M": "of all modalities", "T": "by the text alone", "A": "by the audio alone", "V": "by the video alone"}
SCALES = (1.0, 3.0)  # CH-SIMS; MOSI and MOSEI
ABSENT_PRESENT = ("absent", "present")
MULT_EMOTIONS = ("neutral", "happy", "sad", "angry")  # of IEMOCAP, in the order of its labels [N, 4, 2]


@dataclass(frozen=True)
class SplitLabels:
    """Labels of all splits one after the other."""

    key: str  # the field that they come from
    values: Any  # [N] numbers or texts
    task: Task | None


def choose_labels(file: str, parts: Sequence[Mapping[str, Any]], choices: Choices, findings: Findings) -> SplitLabels:
    """Ask which labels to take, and read them. Raises `CompVizError`."""
    columns = {
        name: key for key in label_keys(parts) for name in column_names(file, key, [part[key] for part in parts])
    }
    if not columns:
        raise CompVizError(
            f"{file}: no labels in all splits, expected one of {', '.join(LABEL_FIELDS)}; found {shortened(', '.join(map(str, parts[0])), 300)}."
        )
    name = choices.pick("labels", tuple(columns), "which of the labels in the file are learned")
    key = columns[name]
    what, values = f"{file}: {key}", [part[key] for part in parts]
    if key.startswith("annotations"):
        return SplitLabels(key, *named([text for part in values for text in texts_of(part, what)]))
    read = [number_array(part, what) for part in values]
    numbers = np.concatenate([column_of(part, name, key, what) for part in read])
    if read[0].ndim == 3 and read[0].shape[2] == 2:
        if unclear := int(np.isnan(numbers).sum()):
            reason = f"{how_many(unclear, 'utterance')} with no or several of the emotions, label unknown (choose one by labels)"
            findings.problem(file, reason)
        emotions = MULT_EMOTIONS if read[0].shape[1] == len(MULT_EMOTIONS) else tuple(map(str, range(read[0].shape[1])))
        return SplitLabels(key, numbers, Task("emotion", emotions if name == key else ABSENT_PRESENT))
    return classes_of_sentiment(key, numbers) if key.startswith("classification") else scores(key, numbers)


def label_keys(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Fields of labels that all splits have, those of single modalities after those of all."""
    endings = ("", *(f"{middle}_{letter}" for letter in OF_MODALITY for middle in ("", "_labels")))
    keys = [field + ending for field in LABEL_FIELDS for ending in endings]
    return [key for key in keys if all(key in part for part in parts)]


def column_names(file: str, key: str, values: Sequence[Any]) -> list[str]:
    """The field itself where it has one label an utterance; `key.0`, `key.1` … where it has several."""
    if key.startswith("annotations"):
        return [key]
    shape = number_array(values[0], f"{file}: {key}").shape
    count = int(np.prod(shape[1:])) if shape else 0
    if count == 1:
        return [key]
    if len(shape) == 3 and shape[2] == 2:  # of each emotion: no, yes
        return [key, *(f"{key}.{number}" for number in range(shape[1]))]
    return [f"{key}.{number}" for number in range(shape[1])] if len(shape) == 2 else []


def column_of(numbers: Doubles, name: str, key: str, what: str) -> Doubles:
    """The chosen column `[N]` of labels."""
    if numbers.size == len(numbers):
        return numbers.reshape(-1)
    if numbers.ndim == 3:  # [N, K, 2]: which of K emotions there are
        numbers = numbers.argmax(2).astype(np.float64)
        if name == key:
            return np.where(numbers.sum(1) == 1, numbers.argmax(1), np.nan)
    column = int(name.rpartition(".")[2])
    if numbers.ndim != 2 or column >= numbers.shape[1]:
        raise CompVizError(f"{what} has shape {list(numbers.shape)} in one split, other than in the first.")
    return numbers[:, column]


def classes_of_sentiment(key: str, numbers: Doubles) -> SplitLabels:
    """Negative, neutral and positive, counted from 0 as in MMSA or written by their sign; other classes as they are."""
    known = numbers[~np.isnan(numbers)]
    if (known < 0).any() and np.isin(known, (-1, 0, 1)).all():
        return SplitLabels(key, numbers + 1, Task("sentiment", POLARITIES))
    return SplitLabels(key, numbers, Task("sentiment", POLARITIES) if np.isin(known, (0, 1, 2)).all() else None)


def scores(key: str, numbers: Doubles) -> SplitLabels:
    """Scores on the smallest known scale that has them all; what they are is left open where they may be classes."""
    known = numbers[~np.isnan(numbers)]
    may_be_classes = np.equal(known, np.round(known)).all() and not (known < 0).any()
    scale = next((scale for scale in SCALES if np.abs(known).max(initial=0) <= scale), None)
    if scale is None or (may_be_classes and not key.startswith("regression")):
        return SplitLabels(key, numbers, None)
    return SplitLabels(key, numbers, Task("sentiment", low=-scale, high=scale))


def named(texts: list[str]) -> tuple[list[str | None], Task | None]:
    """Class names and their task; those of MMSA in order of sentiment."""
    lower = [text.strip().lower() or None for text in texts]
    known = set(lower) - {None}
    return lower, Task("sentiment", POLARITIES) if known <= set(POLARITIES) else None
