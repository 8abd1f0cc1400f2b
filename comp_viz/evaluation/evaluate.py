"""Evaluates a checkpoint on a split under missing patterns, each sampled with several seeds."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray

from comp_viz.checkpoint.measurements import Measurement
from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.conversation import Bools, Conversation, Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.patterns.realised import RealisedRates, realised_rates
from comp_viz.errors import CompVizError
from comp_viz.evaluation.metrics import metrics
from comp_viz.network.base import Network
from comp_viz.network.model import ComP, Scope

NO_TURN = nullcontext()  # nobody else waits for the processor
MetricsByPredictor = Mapping[str, Mapping[str, float]]  # predictor -> metric -> value, NaN where not defined


def evaluate(
    model: Network,
    task: Task,
    standardise: Standardiser,
    conversations: Sequence[Conversation],
    split: str,
    patterns: Iterable[Pattern],
    seeds: int,
    scope: Scope = "bank",
) -> list[Measurement]:
    """Metrics of the fused prediction and of every modality head, mean and standard deviation over mask seeds.

    The same seed gives the same mask for every model; where a pattern is not random, one pass is made. Raises
    `CompVizError`, before anything is predicted, for conversations longer than the model reads, patterns that do not fit
    the conversations, or fewer than one seed.
    """
    utterances = Utterances.of(conversations)
    check_lengths(utterances, model.config.max_length)
    stream = Stream(conversations, standardise, model.device)

    def evaluated(shown: Bools) -> MetricsByPredictor:
        predictions = predict(model, stream, shown, scope)
        return {name: metrics(task, y, utterances.labels) for name, y in predictions.items()}

    return measure_patterns(evaluated, task, utterances, split, patterns, seeds)


def measure_patterns(
    evaluated: Callable[[Bools], MetricsByPredictor],
    task: Task,
    utterances: Utterances,
    split: str,
    patterns: Iterable[Pattern],
    seeds: int,
) -> list[Measurement]:
    """The same for anything: `evaluated` gives its metrics from what a pattern left of the entries, `[N, M]`."""
    patterns = list(patterns)
    if seeds < 1:
        raise CompVizError(f"seeds: expected at least 1 for each missing pattern, got {seeds}.")
    for pattern in patterns:
        pattern.check_data(utterances, task)
    measurements = []
    for pattern in patterns:
        generators = (np.random.default_rng(seed) for seed in range(seeds if pattern.random else 1))
        samples = [pattern(utterances, task, rng) for rng in generators]
        rates = [realised_rates(utterances.observed, shown, utterances.modalities) for shown in samples]
        runs = [evaluated(shown) for shown in samples]
        measurements += [summarise_runs(split, pattern, rates, name, [run[name] for run in runs]) for name in runs[0]]
    return measurements


@torch.inference_mode()
def predict(
    model: Network,
    stream: Stream,
    observed: Bools,
    scope: Scope = "bank",
    turn: AbstractContextManager[object] = NO_TURN,
) -> dict[str, NDArray[np.float32]]:
    """Predictions `[N, C]` for all utterances under a missing pattern `[N, M]`: `fused` and every modality head.

    `turn` is held during each forward pass, where others want the processor as well.
    """
    options = {} if scope == "bank" else {"prototypes": scope}  # the bank is what ComP takes by itself
    if options and not isinstance(model, ComP):
        raise CompVizError(f"prototypes: only ComP has any, and this network is of {model.config.method!r}.")
    parts: list[dict[str, NDArray[np.float32]]] = []
    for batch in stream.under(observed):
        with turn:
            out = model(batch.features, batch.observed, batch.valid, **options)
        parts.append({name: y[batch.valid].cpu().numpy() for name, y in {"fused": out.fused, **out.heads}.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def summarise_runs(
    split: str, pattern: Pattern, rates: list[RealisedRates], predictor: str, runs: list[Mapping[str, float]]
) -> Measurement:
    """Mean and standard deviation of each metric over samples of a pattern, None where it is not defined."""

    def plain(value: float) -> float | None:
        return None if math.isnan(value) else float(value)

    values = {metric: [run[metric] for run in runs] for metric in runs[0]}
    mean = {metric: plain(float(np.mean(v))) for metric, v in values.items()}
    std = {metric: plain(float(np.std(v))) for metric, v in values.items()}
    rate = float(np.mean([one.rate for one in rates]))
    by_modality = {u: float(np.mean([one.by_modality[u] for one in rates])) for u in rates[0].natural}
    return Measurement(split, str(pattern), rate, by_modality, len(runs), predictor, mean, std)
