"""Calibrates a clip model on the validation split and measures it on each part of the test split."""

import copy
import math
from collections.abc import Sequence

import numpy as np
import torch

from comp_viz.checkpoint.familiarity import Surroundings
from comp_viz.checkpoint.measurements import PartMeasurement
from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.conversation import Conversation, Task
from comp_viz.evaluation.calibration import fit_temperature, reliability
from comp_viz.evaluation.evaluate import predict
from comp_viz.evaluation.metrics import metrics
from comp_viz.network.model import ComP
from recipes.clips.data_set import part_of

# How many times larger the best temperature is on a corpus that was not trained on than on unseen speakers of known ones:
# geometric means over four corpora of speech and three of sentences, by `unseen_corpora`. There is no second corpus of faces,
# theirs is taken as the mean of the other two. The fused prediction is as sure as its surest part, so it takes the largest.
UNSEEN = {"audio": 1.9, "text": 1.15, "video": 1.5, "fused": 1.9}


def temperatures(model: ComP, standardise: Standardiser, validation: Sequence[Conversation]) -> dict[str, float]:
    """The temperature of each predictor, found on validation conversations as they are, times what unseen corpora ask for."""
    stream = Stream(validation, standardise, model.device)
    predictions = predict(model, stream, stream.utterances.observed)
    return {name: UNSEEN[name] * fit_temperature(y, stream.utterances.labels) for name, y in predictions.items()}


def familiarity(
    standardise: Standardiser, training: Sequence[Conversation], held_out: Sequence[Conversation]
) -> dict[str, Surroundings]:
    """Where the training features of each modality lie, and how far from them those of unseen speakers, faces, dialogues."""
    rows = {
        name: [
            np.concatenate([standardise(name, c.features[name][c.observed[:, u]]) for c in part])
            for part in (training, held_out)
        ]
        for u, name in enumerate(standardise.mean)
    }
    return {name: Surroundings.of(*parts) for name, parts in rows.items()}


@torch.no_grad()
def cooled(model: ComP, by: dict[str, float]) -> ComP:
    """A copy whose logits are divided by each predictor's temperature: their last layers are linear, so it lies in them."""
    model = copy.deepcopy(model)
    for parameter in (model.fused_head.weight, model.fused_head.bias):
        parameter /= by["fused"]
    for u, name in enumerate(model.config.modalities):
        model.modality_heads.weight[u] /= by[name]
        model.modality_heads.bias[u] /= by[name]
    return model


def measured_parts(
    model: ComP, task: Task, standardise: Standardiser, conversations: Sequence[Conversation]
) -> tuple[PartMeasurement, ...]:
    """Each kind of conversation by itself: the fused prediction, and the heads of the modalities that are there."""
    by_part: dict[str, list[Conversation]] = {}
    for conversation in conversations:
        by_part.setdefault(part_of(conversation.id), []).append(conversation)
    measurements = []
    for name, members in sorted(by_part.items()):
        stream = Stream(members, standardise, model.device)
        utterances = stream.utterances
        there = [m for u, m in enumerate(utterances.modalities) if utterances.observed[:, u].any()]
        predictions = predict(model, stream, utterances.observed)
        known = utterances.labels[~np.isnan(utterances.labels)]
        majority = float(np.bincount(known.astype(int)).max() / len(known))
        for predictor in ("fused", *there):
            values = metrics(task, predictions[predictor], utterances.labels)
            plain = {metric: None if math.isnan(value) else value for metric, value in values.items()}
            right = reliability(predictions[predictor], utterances.labels)
            measurements.append(PartMeasurement(name, predictor, len(known), majority, plain, right))
    return tuple(measurements)
