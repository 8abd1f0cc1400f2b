"""The number that is explained for an utterance, and which way it speaks for the decision."""

import numpy as np

from comp_viz.data.conversation import Floats, Task


def decided(task: Task, fused: Floats) -> np.ndarray:
    """The column of `fused [S, C]` each utterance is explained by, `[S]`: its likeliest class, or the only score."""
    return fused.argmax(-1) if task.classes else np.zeros(len(fused), dtype=int)


def direction(task: Task, fused: Floats) -> Floats:
    """Which way the explained number speaks for the decision, `[S]`: a probability up; a score away from neutral, +1 or -1."""
    if task.classes:
        return np.ones(len(fused), np.float32)
    return np.where(fused[:, 0] > task.neutral, 1, -1).astype(np.float32)


def explained_number(values: Floats, columns: np.ndarray) -> Floats:
    """The explained number of every utterance, `[…, S]` out of predictions `[…, S, C]`."""
    numbers: Floats = values[..., np.arange(len(columns)), columns]
    return numbers


def decides(task: Task, values: Floats, columns: np.ndarray, ways: Floats) -> np.ndarray:
    """Whether predictions `[…, S, C]` still give the decisions that `columns` and `ways` are of, `[…, S]`."""
    if task.classes:
        return np.asarray(values.argmax(-1) == columns)
    return np.asarray((values[..., 0] > task.neutral) == (ways > 0))


def margin(task: Task, values: Floats, columns: np.ndarray, ways: Floats) -> Floats:
    """How far predictions `[…, S, C]` are from another decision, `[…, S]`: from neutral, or from the likeliest other class.

    Below 0 the decision is another one.
    """
    if not task.classes:
        return np.asarray((values[..., 0] - task.neutral) * ways, np.float32)
    own = np.arange(values.shape[-1]) == columns[:, None]
    others = np.where(own, -np.inf, values).max(-1)
    return np.asarray(explained_number(values, columns) - others, np.float32)
