"""The metrics of the field, for scores (CMU protocol) and for classes (IEMOCAP protocol)."""

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.conversation import Task

Array = NDArray[np.floating]
METRICS = ("ACC", "UA", "F1", "MAE", "CORR")  # of any task, in the order of tables


def metrics(task: Task, predictions: Array, labels: Array) -> dict[str, float]:
    """Metrics of `predictions [N, C]` (relative scores, or logits) against `labels [N]` in label units.

    Scores: ACC and weighted F1 of the sign relative to neutral, over utterances that are not exactly neutral (CMU
    protocol), MAE in label units and Pearson correlation over all. Classes: ACC, UA (mean recall) and weighted F1.
    Utterances without a label (NaN) are left out; what cannot be computed is NaN.
    """
    known = ~np.isnan(labels)
    predictions, labels = predictions[known], labels[known]
    if task.classes:
        return class_metrics(predictions.argmax(1), labels.astype(int), len(task.classes))
    scores, targets = predictions[:, 0], labels - np.float32(task.neutral)
    signed = targets != 0
    sign = class_metrics((scores[signed] > 0).astype(int), (targets[signed] > 0).astype(int), 2)
    return {
        "ACC": sign["ACC"],
        "F1": sign["F1"],
        "MAE": float(np.abs(scores - targets).mean()) if len(scores) else float("nan"),
        "CORR": correlation(scores, targets),
    }


def class_metrics(predicted: NDArray[np.integer], truth: NDArray[np.integer], classes: int) -> dict[str, float]:
    """ACC, UA and weighted F1 from class numbers, all between 0 and 1."""
    confusion = np.zeros((classes, classes))
    np.add.at(confusion, (truth, predicted), 1)
    hits, support, guesses = confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    total = support.sum()
    if total == 0:
        return {"ACC": float("nan"), "UA": float("nan"), "F1": float("nan")}
    there = support > 0
    f1 = 2 * hits / np.maximum(support + guesses, 1)
    return {
        "ACC": float(hits.sum() / total),
        "UA": float((hits[there] / support[there]).mean()),
        "F1": float((f1 * support).sum() / total),
    }


def correlation(x: Array, y: Array) -> float:
    """Pearson correlation; NaN where one side does not vary."""
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
