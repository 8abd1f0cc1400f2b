"""Calibration: probabilities against the share that is right, scores against the mean truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.data.conversation import Floats, Task
from comp_viz.evaluation.calibration import RELIABILITY_BINS, reliability


@dataclass(frozen=True)
class Calibration:
    """Predictions in bins: of classes ten equally wide ones of the probability, of scores ten of equally many utterances."""

    rows: pd.DataFrame  # predicted (mean), observed (share right, or mean truth), utterances (mean over drawings)
    error: float  # expected calibration error: mean distance of the two, over all utterances


def calibration(task: Task, predictions: Floats, labels: Floats) -> Calibration:
    """Bins over all drawings `[D, N, C]` together against `labels [N]`, NaN left out; scores are in label units."""
    D, known = len(predictions), ~np.isnan(labels)
    flat, truth = predictions[:, known].reshape(-1, predictions.shape[-1]), np.tile(labels[known], D)
    if not task.classes:
        return of_scores(flat[:, 0] + np.float32(task.neutral), truth, D)
    bins = reliability(flat, truth)
    rows = pd.DataFrame({"predicted": bins.confidence, "observed": bins.accuracy, "utterances": bins.count})
    rows["utterances"] /= D
    return Calibration(rows[rows["utterances"] > 0].reset_index(drop=True), bins.error)


def of_scores(scores: Floats, truth: Floats, drawings: int) -> Calibration:
    """Mean score and mean truth in bins of equally many, all `[n]` in label units."""
    order = np.argsort(scores, kind="stable")
    bins = [part for part in np.array_split(order, RELIABILITY_BINS) if len(part)]
    rows = pd.DataFrame(
        {
            "predicted": [float(scores[part].mean(dtype=np.float64)) for part in bins],
            "observed": [float(truth[part].mean(dtype=np.float64)) for part in bins],
            "utterances": [len(part) / drawings for part in bins],
        }
    )
    distance = (rows["predicted"] - rows["observed"]).abs()
    error = float(np.average(distance, weights=rows["utterances"])) if len(rows) else float("nan")
    return Calibration(rows, error)
