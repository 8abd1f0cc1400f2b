"""Predictions and labels of a task in words."""

import numpy as np

from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Task
from comp_viz.wording import compact, decimal, percent, signed

NO_PREDICTION = "no prediction"
NOTHING_RECORDED = "nothing was recorded of this utterance, so nothing is predicted for it"
NOTHING_RECORDED_AT_ALL = "nothing was recorded of any utterance"
CONTEXT_ONLY = "from neighbours only"
FROM_CONTEXT = "from its neighbours only, as all of this utterance is taken away"
FROM_NOTHING = "from nothing, as all of the conversation is taken away"


def without_own(prediction: Prediction) -> str:
    """Where the prediction of an utterance comes from of which all is taken away."""
    return FROM_CONTEXT if prediction.observed.any() else FROM_NOTHING


def prediction_text(task: Task, values: np.ndarray) -> str:
    """A prediction: a score, or the likeliest class."""
    return task.classes[int(values.argmax())] if task.classes else decimal(float(values[0]))


def likeliest_text(task: Task, values: np.ndarray, most: int = 2) -> str:
    """A prediction that is no verdict: the likeliest classes with their probabilities, or the score by its name."""
    if not task.classes:
        return f"{task.name} {decimal(float(values[0]))}"
    order = np.argsort(-values, kind="stable")[:most]
    return ", ".join(f"{task.classes[c]} {percent(float(values[c]))}" for c in order)


def change_text(task: Task, difference: float, decision: int) -> str | None:
    """The change against the conversation as recorded, None where it rounds to nothing."""
    if abs(difference) < 0.005:
        return None
    return signed(difference) + (f" in P({task.classes[decision]})" if task.classes else "")


def label_text(task: Task, label: float) -> str:
    """A label: a score, or a class; "unknown" for NaN."""
    if np.isnan(label):
        return "unknown"
    return task.classes[int(label)] if task.classes else decimal(label)


def scale_words(task: Task) -> str:
    """What is predicted and on which scale, such as `sentiment, −3 to 3, neutral 0`, or among which classes."""
    if task.classes:
        return f"{task.name}, {task.scale}"
    return f"{task.name}, {compact(task.low)} to {compact(task.high)}, neutral {compact(task.neutral)}"
