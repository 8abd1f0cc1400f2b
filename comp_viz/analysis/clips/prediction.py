"""A checkpoint's predictions for all utterances of a clip, and how those of two versions of the clip differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction, predict_conversation
from comp_viz.checkpoint.familiarity import unlike_training
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.data.dataset import cut_into_windows
from comp_viz.wording import percent


def predict_clip(checkpoint: Checkpoint, conversation: Conversation) -> Prediction:
    """Predict all utterances `[S]`. A clip longer than the model reads is read in parts, one after the other."""
    parts = [
        predict_conversation(checkpoint, part, part.observed)
        for part in cut_into_windows([conversation], checkpoint.config.max_length)
    ]
    return join_predictions(parts)


UNLIKE = 0.99  # share of held-out utterances nearer to the training features, from which an utterance is unlike them


def unlike_modalities(checkpoint: Checkpoint, conversation: Conversation) -> list[tuple[str, ...]]:
    """For each utterance the modalities in which it is farther from what the checkpoint learned from than 99 % of utterances
    held out when it was trained: what it predicts by them is a guess, however high the probability. Empty where the
    checkpoint does not say."""
    shares = unlike_training(
        checkpoint.familiarity, checkpoint.standardise, conversation.features, conversation.observed
    )
    names = tuple(conversation.features)
    return [tuple(name for name, share in zip(names, row, strict=True) if share >= UNLIKE) for row in shares]


def unlike_warning(names: Sequence[str]) -> str:
    """What is to be said beside a prediction from such modalities; "" without any."""
    if not names:
        return ""
    return f"{' and '.join(names)} unlike what the checkpoint learned from (farther than {percent(UNLIKE)} of held-out utterances)"


def join_predictions(parts: Sequence[Prediction]) -> Prediction:
    """Predictions of consecutive parts as one."""
    first = parts[0]
    return Prediction(
        first.task,
        np.concatenate([part.observed for part in parts]),
        np.concatenate([part.fused for part in parts]),
        {name: np.concatenate([part.heads[name] for part in parts]) for name in first.heads},
        np.concatenate([part.coordinator for part in parts]),
        first.modalities,
        first.weights_from,
    )


@dataclass(frozen=True)
class ClipChange:
    """How the predictions of a degraded clip differ from those of the clip as recorded."""

    distance: Floats  # [S] classes: total variation between the two distributions, 0 to 1; scores: absolute difference
    flipped: Bools  # [S] whether the decision changed
    weights: Floats  # [S, M] change of the coordinator's weights
    lost: Bools  # [S, M] entries that were observed and no longer are

    @property
    def most_changed(self) -> int:
        """The utterance with the largest distance, counted from 0."""
        return int(self.distance.argmax())


def clip_change(before: Prediction, after: Prediction) -> ClipChange:
    """Compare two predictions of the same utterances, under possibly different availability."""
    difference = np.abs(after.fused - before.fused).sum(1)
    return ClipChange(
        difference / 2 if before.task.classes else difference,
        before.decisions() != after.decisions(),
        after.coordinator - before.coordinator,
        before.observed & ~after.observed,
    )
