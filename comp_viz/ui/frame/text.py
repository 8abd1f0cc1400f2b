"""Labels, predictions and words of the data as text on screen."""

import numpy as np

from comp_viz.data.conversation import Task


def prediction_text(task: Task, values: np.ndarray) -> str:
    """A prediction as text: a score, or the likeliest class."""
    return task.classes[int(values.argmax())] if task.classes else f"{values[0]:.2f}"


def likeliest_text(task: Task, values: np.ndarray) -> str:
    """A prediction as text that is no verdict: the two likeliest classes with their probabilities, or the score."""
    if not task.classes:
        return f"{task.name} {values[0]:.2f}"
    first, second = np.argsort(-values, kind="stable")[:2]
    return f"{task.classes[first]} {values[first]:.0%}, {task.classes[second]} {values[second]:.0%}"


def change_text(task: Task, difference: float, decision: int) -> str | None:
    """The change against the complete conversation as text, None where it rounds to nothing."""
    if abs(difference) < 0.005:
        return None
    return f"{difference:+z.2f}" + (f" in P({task.classes[decision]})" if task.classes else "")


def label_text(task: Task, label: float) -> str:
    """A label as text."""
    if np.isnan(label):
        return "unknown"
    return task.classes[int(label)] if task.classes else f"{label:.2f}"


def escape_markdown(text: str) -> str:
    """Text from data as text, whatever Markdown it happens to contain."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]()#+-.!|<>$~:" else character for character in text)
