"""The utterances on which predictors differ most."""

import numpy as np
import pandas as pd

from comp_viz.analysis.compare.paired import PredictionsByName
from comp_viz.analysis.prediction import FUSED, decide, true_decisions
from comp_viz.data.conversation import Floats, Task
from comp_viz.data.dataset import Utterances
from comp_viz.evaluation.calibration import probabilities

MOST_DIFFERENCES = 50


def in_reading_units(task: Task, predictions: Floats) -> Floats:
    """Relative scores or logits `[N, C]` as label units or probabilities."""
    if not task.classes:
        scores: Floats = predictions + np.float32(task.neutral)
        return scores
    return probabilities(predictions).astype(np.float32)


def prediction_distance(task: Task, first: Floats, second: Floats) -> Floats:
    """The distance of two predictions `[N, C]` in the units people read, `[N]`.

    Scores: the distance in label units. Classes: the probability that would have to move, half the sum of all distances, from
    0 to 1.
    """
    distance = np.abs(first - second)
    per_utterance: Floats = distance.sum(1) / 2 if task.classes else distance[:, 0]
    return per_utterance


def largest_differences(task: Task, predictions: PredictionsByName, utterances: Utterances) -> pd.DataFrame:
    """The `MOST_ROWS` utterances where another predictor differs most from the first, under the first drawing, in order.

    Columns: `conversation`, `utterance` (counted from 0), `truth` (a label), `other` (the one that differs most),
    `difference`, and for the first and that one the `prediction` and `other prediction`, and whether that is `right` and
    `other right` (None where no label counts).
    """
    values = {name: in_reading_units(task, one[0]) for name, one in predictions.items()}
    first, *others = values
    distances = np.stack([prediction_distance(task, values[first], values[name]) for name in others])
    which, largest = distances.argmax(0), distances.max(0)
    chosen = np.argsort(-largest, kind="stable")[:MOST_DIFFERENCES]
    truth, positions = true_decisions(task, utterances.labels), utterances.positions
    conversation = np.repeat(np.arange(len(utterances.ids)), utterances.lengths)
    rows = []
    for n in chosen:
        other = others[which[n]]
        decision, others_decision = (decide(task, values[name][[n]])[0] for name in (first, other))
        known = truth[n] >= 0
        rows.append(
            {
                "conversation": utterances.ids[conversation[n]],
                "utterance": int(positions[n]),
                "truth": float(utterances.labels[n]),
                "prediction": float(decision if task.classes else values[first][n, 0]),
                "right": bool(decision == truth[n]) if known else None,
                "other": other,
                "other prediction": float(others_decision if task.classes else values[other][n, 0]),
                "other right": bool(others_decision == truth[n]) if known else None,
                "difference": float(largest[n]),
            }
        )
    return pd.DataFrame(rows)


def predictor_name(checkpoint: str, predictor: str) -> str:
    """The name of a checkpoint's fused prediction or head among the compared."""
    return checkpoint if predictor == FUSED else f"{checkpoint}: {predictor} head"
