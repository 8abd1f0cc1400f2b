"""What a checkpoint makes of a clip: predictions for all its utterances, and how two versions of it differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction, predict_conversation
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Conversation, Floats
from comp_viz.data.dataset import cut_into_windows
from comp_viz.wording import how_many


def predict_clip(checkpoint: Checkpoint, conversation: Conversation) -> Prediction:
    """Predict all utterances `[S]`. A clip longer than the model reads is read in parts, one after the other."""
    parts = [
        predict_conversation(checkpoint, part, part.observed)
        for part in cut_into_windows([conversation], checkpoint.config.max_length)
    ]
    return join_predictions(parts)


def join_predictions(parts: Sequence[Prediction]) -> Prediction:
    """Predictions of consecutive parts as one."""
    first = parts[0]
    return Prediction(
        first.task,
        np.concatenate([part.observed for part in parts]),
        np.concatenate([part.fused for part in parts]),
        {name: np.concatenate([part.heads[name] for part in parts]) for name in first.heads},
        np.concatenate([part.coordinator for part in parts]),
    )


@dataclass(frozen=True)
class ClipChange:
    """How the predictions of a degraded clip differ from those of the clip as recorded."""

    distance: Floats  # [S] classes: total variation between the two distributions, 0 to 1; scores: absolute difference
    flipped: np.ndarray  # [S] whether the decision changed
    weights: Floats  # [S, M] change of the coordinator's weights
    lost: np.ndarray  # [S, M] entries that were observed and no longer are


def clip_change(before: Prediction, after: Prediction) -> ClipChange:
    """Compare two predictions of the same utterances, under possibly different availability."""
    difference = np.abs(after.fused - before.fused).sum(1)
    return ClipChange(
        difference / 2 if before.task.classes else difference,
        before.decisions() != after.decisions(),
        after.coordinator - before.coordinator,
        before.observed & ~after.observed,
    )


def describe_moved(found: ClipChange, before: Prediction, after: Prediction, touched: Sequence[int]) -> str:
    """What a degradation did, in a sentence; `touched` are the utterances that were degraded, counted from 0."""
    lost = found.lost[list(touched)].sum(0)
    gone = [f"{name} at {n}" for name, n in zip(before.modalities, lost, strict=True) if n]
    missing = f"now missing: {', '.join(gone)}" if gone else "nothing went missing"
    flips, where = int(found.flipped.sum()), int(found.distance.argmax())
    changed = f"{flips} of {how_many(len(found.flipped), 'decision')} flip"
    unit = "probability moved" if before.task.classes else "the score moved"
    far = f"furthest at utterance {where + 1}: {unit} by {found.distance[where]:.2f}"
    u = int(np.abs(found.weights[where]).argmax())
    weight = (
        f"its weight of {before.modalities[u]} {before.coordinator[where, u]:.2f} → {after.coordinator[where, u]:.2f}"
    )
    return f"{len(set(touched))} of {how_many(len(found.flipped), 'utterance')} degraded, {missing}; {changed}, {far}, {weight}"


def describe_clip(prediction: Prediction) -> str:
    """What could be read of a clip and what the model leans to, in a sentence that gives shares, not verdicts."""
    shares = [
        f"{name} {share:.0%}" for name, share in zip(prediction.modalities, prediction.observed.mean(0), strict=True)
    ]
    read = f"{how_many(len(prediction.fused), 'utterance')}; read: {', '.join(shares)}"
    if not prediction.task.classes:
        return f"{read}; mean {prediction.task.name} {prediction.fused.mean():.2f}"
    mean = prediction.fused.mean(0)
    top = int(mean.argmax())
    return f"{read}; most probability over the clip on {prediction.task.classes[top]}, {mean[top]:.0%}"
