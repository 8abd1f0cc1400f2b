"""Predictions of one conversation as tables."""

from dataclasses import replace

import numpy as np
import pandas as pd

from comp_viz.analysis.live.change import Change
from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Conversation, Floats, Task


def prediction_table(here: Prediction, complete: Prediction, conversation: Conversation) -> pd.DataFrame:
    """One row an utterance, counted from 1: who says what, truth, predictions, what is observed, weights.

    `fused`, one column for every modality's head, and `as recorded`, the fused prediction with nothing taken away, are scores in
    label units or names of classes; with classes, `P(class)` are the probabilities of the fused prediction. All of these are
    empty where nothing of an utterance was recorded.
    """
    task, S = here.task, len(conversation)
    here, complete = without_unrecorded(here, complete), without_unrecorded(complete, complete)
    names = here.modalities
    table: dict[str, object] = {
        "utterance": np.arange(1, S + 1),
        "speaker": conversation.speakers,
        "words": conversation.words,
        "truth": _labelled(task, conversation.labels),
        "fused": _predicted(task, here.fused),
    }
    table |= {name: _predicted(task, values) for name, values in here.heads.items()}
    flipped = complete.anything_observed & (here.decisions() != complete.decisions())
    table |= {"as recorded": _predicted(task, complete.fused), "flipped": flipped}
    table |= {f"P({name})": here.fused[:, c] for c, name in enumerate(task.classes)}
    table |= {f"{name} observed": here.observed[:, u] for u, name in enumerate(names)}
    table |= {f"{name} weight": here.coordinator[:, u] for u, name in enumerate(names) if here.weighted}
    return pd.DataFrame(table)


def timeline_table(here: Prediction, complete: Prediction, changed: Change, conversation: Conversation) -> pd.DataFrame:
    """One row an utterance, counted from 1: words, truth, predictions, change, and of each modality availability and weight."""
    S, classes = len(conversation), here.task.classes
    here, complete = without_unrecorded(here, complete), without_unrecorded(complete, complete)
    columns: dict[str, object] = {"utterance": np.arange(1, S + 1), "speaker": conversation.speakers}
    columns |= {"words": conversation.words, "truth": conversation.labels}
    for name, values in {"fused": here.fused, "as recorded": complete.fused, **here.heads}.items():
        label = name if name in ("fused", "as recorded") else f"{name} head"
        columns |= (
            {f"{label} {kind}": values[:, c] for c, kind in enumerate(classes)} if classes else {label: values[:, 0]}
        )
    columns |= {"change": changed.difference, "flipped": changed.flipped}
    for u, name in enumerate(here.modalities):
        columns[f"{name} observed"] = here.observed[:, u]
        columns |= {f"{name} weight": here.coordinator[:, u]} if here.weighted else {}
    return pd.DataFrame(columns)


def without_unrecorded(prediction: Prediction, complete: Prediction) -> Prediction:
    """A prediction with NaN for utterances of which nothing was recorded; `complete` is that of the conversation as recorded."""
    gone = ~complete.anything_observed[:, None]

    def emptied(values: Floats) -> Floats:
        return np.where(gone, np.float32(np.nan), values)

    return replace(
        prediction,
        fused=emptied(prediction.fused),
        heads={name: emptied(values) for name, values in prediction.heads.items()},
        coordinator=emptied(prediction.coordinator),
    )


def _predicted(task: Task, values: Floats) -> np.ndarray:
    """`[S, C]` as scores or names of classes, `[S]`; NaN or None where there is none."""
    if not task.classes:
        return values[:, 0]
    return np.array([None if np.isnan(row).any() else task.classes[int(row.argmax())] for row in values], dtype=object)


def _labelled(task: Task, labels: Floats) -> np.ndarray:
    """Labels `[S]` as scores or names of classes; NaN or None where unknown."""
    if not task.classes:
        return labels
    return np.array([None if np.isnan(label) else task.classes[int(label)] for label in labels], dtype=object)
