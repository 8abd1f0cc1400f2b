"""Evaluates a checkpoint on a split at several missing rates, each under several seeded missing patterns."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from comp_viz.checkpoint.card import Measurement
from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.conversation import Bools, Conversation, Task
from comp_viz.data.missing import check_rate, uniform
from comp_viz.errors import CompVizError
from comp_viz.evaluation.metrics import metrics
from comp_viz.network.model import ComP, Scope


def evaluate(
    model: ComP,
    task: Task,
    standardise: Standardiser,
    conversations: Sequence[Conversation],
    split: str,
    missing_rates: Iterable[float],
    seeds: int,
    scope: Scope = "bank",
) -> list[Measurement]:
    """Metrics of the fused prediction and of every modality head, mean and standard deviation over mask seeds.

    The same seed draws the same pattern for every model. At missing rate 0 there is nothing to draw and one pass is made.
    """
    if seeds < 1:
        raise CompVizError(f"seeds: expected at least 1 missing pattern at each rate, got {seeds}.")
    stream = Stream(conversations, standardise, model.fusion.weight.device)
    available, labels = stream.utterances.observed, stream.utterances.labels
    measurements = []
    for rate in missing_rates:
        check_rate(rate)
        generators = (np.random.default_rng([seed, round(1000 * rate)]) for seed in range(seeds if rate else 1))
        patterns = [uniform(available, rate, rng) for rng in generators]
        runs = [
            {name: metrics(task, y, labels) for name, y in predict(model, stream, pattern, scope).items()}
            for pattern in patterns
        ]
        measurements += [summarise(split, rate, name, [run[name] for run in runs]) for name in runs[0]]
    return measurements


@torch.inference_mode()
def predict(model: ComP, stream: Stream, observed: Bools, scope: Scope = "bank") -> dict[str, NDArray[np.float32]]:
    """Predictions `[N, C]` for all utterances under a missing pattern `[N, M]`: `fused` and every modality head."""
    parts: list[dict[str, NDArray[np.float32]]] = []
    for batch in stream.under(observed):
        out = model(batch.features, batch.observed, batch.valid, prototypes=scope)
        parts.append({name: y[batch.valid].cpu().numpy() for name, y in {"fused": out.fused, **out.heads}.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def summarise(split: str, rate: float, predictor: str, runs: list[dict[str, float]]) -> Measurement:
    """Mean and standard deviation of each metric; None where it is not defined."""

    def plain(value: float) -> float | None:
        return None if math.isnan(value) else float(value)

    values = {metric: [run[metric] for run in runs] for metric in runs[0]}
    mean = {metric: plain(float(np.mean(v))) for metric, v in values.items()}
    std = {metric: plain(float(np.std(v))) for metric, v in values.items()}
    return Measurement(split, rate, len(runs), predictor, mean, std)
