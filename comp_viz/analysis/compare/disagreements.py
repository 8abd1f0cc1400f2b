"""The utterances on which predictors differ most."""

import numpy as np
import pandas as pd

from comp_viz.analysis.compare.paired import Answers
from comp_viz.analysis.prediction import decide, true_decisions
from comp_viz.analysis.robustness.scores import FUSED
from comp_viz.data.conversation import Floats, Task
from comp_viz.data.dataset import Utterances
from comp_viz.evaluation.calibration import probabilities

SHOWN = 50


def readable(task: Task, predictions: Floats) -> Floats:
    """Relative scores or logits `[N, C]` as label units or probabilities."""
    if not task.classes:
        scores: Floats = predictions + np.float32(task.neutral)
        return scores
    return probabilities(predictions).astype(np.float32)


def apart(task: Task, first: Floats, second: Floats) -> Floats:
    """How far two readable predictions `[N, C]` lie apart, `[N]`.

    Scores: the distance in label units. Classes: the probability that would have to move, half the sum of all distances, from
    0 to 1.
    """
    distance = np.abs(first - second)
    found: Floats = distance.sum(1) / 2 if task.classes else distance[:, 0]
    return found


def differences(task: Task, answers: Answers, utterances: Utterances) -> pd.DataFrame:
    """The `SHOWN` utterances where another predictor differs most from the first, under the first drawing, in order.

    Columns: `conversation`, `utterance` (counted from 0), `truth` (a label), `against` (the one that differs most),
    `difference`, and for the first and that one what they say, `says` and `other says`, and whether that is `right` (None
    where no label counts).
    """
    said = {name: readable(task, one[0]) for name, one in answers.items()}
    first, *others = said
    far = np.stack([apart(task, said[first], said[name]) for name in others])
    which, furthest = far.argmax(0), far.max(0)
    chosen = np.argsort(-furthest, kind="stable")[:SHOWN]
    truth, positions = true_decisions(task, utterances.labels), utterances.positions
    of = np.repeat(np.arange(len(utterances.ids)), utterances.lengths)
    rows = []
    for n in chosen:
        other = others[which[n]]
        mine, its = (decide(task, said[name][[n]])[0] for name in (first, other))
        known = truth[n] >= 0
        rows.append(
            {
                "conversation": utterances.ids[of[n]],
                "utterance": int(positions[n]),
                "truth": float(utterances.labels[n]),
                "says": float(mine if task.classes else said[first][n, 0]),
                "right": bool(mine == truth[n]) if known else None,
                "against": other,
                "other says": float(its if task.classes else said[other][n, 0]),
                "other right": bool(its == truth[n]) if known else None,
                "difference": float(furthest[n]),
            }
        )
    return pd.DataFrame(rows)


def called(checkpoint: str, predictor: str) -> str:
    """The name of a checkpoint's fused prediction or head among the compared."""
    return checkpoint if predictor == FUSED else f"{checkpoint}: {predictor} head"
