"""Evaluates a checkpoint on a split at several missing rates, each under several seeded missing patterns."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from comp_viz.checkpoint.card import Measurement
from comp_viz.data.batch import Batch, Standardiser
from comp_viz.data.conversation import Conversation, Task
from comp_viz.data.missing import check_rate, uniform
from comp_viz.errors import CompVizError
from comp_viz.evaluation.metrics import metrics
from comp_viz.network.model import ComP, Scope

CHUNK = 32  # conversations in one forward pass


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
    batch = Batch.of(conversations, standardise).to(model.fusion.weight.device)
    available = batch.observed[batch.valid].cpu().numpy()
    labels = batch.labels[batch.valid].cpu().numpy()
    measurements = []
    for rate in missing_rates:
        check_rate(rate)
        generators = (np.random.default_rng([seed, round(1000 * rate)]) for seed in range(seeds if rate else 1))
        patterns = [uniform(available, rate, rng) for rng in generators]
        runs = [
            {name: metrics(task, y, labels) for name, y in predict(model, batch.showing(pattern), scope).items()}
            for pattern in patterns
        ]
        measurements += [summarise(split, rate, name, [run[name] for run in runs]) for name in runs[0]]
    return measurements


@torch.inference_mode()
def predict(model: ComP, batch: Batch, scope: Scope = "bank") -> dict[str, NDArray[np.float32]]:
    """Predictions `[N, C]` for the batch's valid utterances: `fused` and every modality head."""
    chunks: list[dict[str, NDArray[np.float32]]] = []
    for rows in torch.arange(len(batch), device=batch.valid.device).split(CHUNK):
        part = batch.pick(rows)
        out = model(part.features, part.observed, part.valid, prototypes=scope)
        chunks.append({name: y[part.valid].cpu().numpy() for name, y in {"fused": out.fused, **out.heads}.items()})
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def summarise(split: str, rate: float, predictor: str, runs: list[dict[str, float]]) -> Measurement:
    """Mean and standard deviation of each metric; None where it is not defined."""

    def plain(value: float) -> float | None:
        return None if math.isnan(value) else float(value)

    values = {metric: [run[metric] for run in runs] for metric in runs[0]}
    mean = {metric: plain(float(np.mean(v))) for metric, v in values.items()}
    std = {metric: plain(float(np.std(v))) for metric, v in values.items()}
    return Measurement(split, rate, len(runs), predictor, mean, std)
