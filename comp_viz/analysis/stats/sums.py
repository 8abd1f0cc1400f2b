"""Metrics as functions of sums over conversations, so that conversations can be drawn again thousands of times."""

import numpy as np
from numpy.typing import NDArray

from comp_viz.analysis.prediction import decide_output, true_decisions
from comp_viz.data.conversation import Floats, Task
from comp_viz.data.dataset import Ints

Values = NDArray[np.float64]
FLAT = 1e-9  # a variance below this share of the mean square is rounding


def conversation_sums(task: Task, predictions: Floats, labels: Floats, starts: Ints) -> Values:
    """Sums `[V, K]` over each of `V` conversations from relative scores or logits `[N, C]` and `labels [N]`, NaN left out.

    First the confusion matrix row by row; for scores then count, absolute error, and the sums of score, target, their
    squares and their product. `starts [V + 1]` says where conversations begin.
    """
    classes = kinds(task)
    truth = true_decisions(task, labels)
    cells = np.where(truth < 0, classes**2, truth * classes + decide_output(task, predictions))
    rows = np.eye(classes**2 + 1)[cells][:, :-1]
    if not task.classes:
        known = ~np.isnan(labels)
        x = np.where(known, predictions[:, 0], 0).astype(np.float64)
        y = np.where(known, labels - np.float32(task.neutral), 0).astype(np.float64)
        rows = np.column_stack([rows, known, np.abs(x - y), x, y, x * x, y * y, x * y])
    by_conversation: Values = np.add.reduceat(rows, starts[:-1])
    return by_conversation


def kinds(task: Task) -> int:
    """How many decisions there are: classes, or the two sides of neutral."""
    return len(task.classes) or 2


def counted_conversations(task: Task, metric: str, sums: Values) -> int:
    """How many have an utterance that a metric counts, from sums `[V, K]`: neutral scores count for MAE and CORR alone."""
    cells = kinds(task) ** 2
    counted = sums[:, cells] if metric in ("MAE", "CORR") else sums[:, :cells].sum(1)
    return int((counted > 0).sum())


def metrics_of(task: Task, sums: Values) -> dict[str, Values]:
    """The metrics of `evaluation.metrics` from sums `[..., K]` over any conversations, `[...]` each; NaN where not defined."""
    classes = kinds(task)
    confusion = sums[..., : classes**2].reshape(*sums.shape[:-1], classes, classes)
    hits, support, guesses = np.einsum("...cc->...c", confusion), confusion.sum(-1), confusion.sum(-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = support.sum(-1)
        f1 = 2 * hits / np.maximum(support + guesses, 1)
        measured = {"ACC": hits.sum(-1) / total, "F1": (f1 * support).sum(-1) / total}
        if task.classes:
            recall = np.where(support > 0, hits / support, 0)
            return measured | {"UA": recall.sum(-1) / (support > 0).sum(-1)}
        n, error, x, y, xx, yy, xy = np.moveaxis(sums[..., classes**2 :], -1, 0)
        spread_x, spread_y = xx / n - (x / n) ** 2, yy / n - (y / n) ** 2
        flat = (spread_x <= FLAT * xx / n) | (spread_y <= FLAT * yy / n)
        correlation = (xy / n - x * y / n**2) / np.sqrt(np.where(flat, np.nan, spread_x * spread_y))
        return measured | {"MAE": error / n, "CORR": correlation}
