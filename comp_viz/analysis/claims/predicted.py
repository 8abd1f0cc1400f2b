"""Evidence for the claims on accuracy from checkpoints and data at hand: intervals over conversations, by the bootstrap.

Each of the methods that a claim compares is a checkpoint, trained alike but for what the claim is about. Every checkpoint
predicts the same split under the same drawings of missing entries, and all are resampled together, so that what is hard
for all of them cancels.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.claims.accuracies import ACCURACY_CLAIMS, Accuracies, methods_of_claim
from comp_viz.analysis.claims.effect import effect_of_resamples
from comp_viz.analysis.claims.protocol import TEST_RATES, TEST_SEED
from comp_viz.analysis.claims.verdict import CONVERSATION_UNIT, Evidence
from comp_viz.analysis.prediction import decide_output, true_decisions
from comp_viz.analysis.stats.bootstrap import resampled
from comp_viz.analysis.stats.sums import Values
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Task
from comp_viz.data.patterns.entries import Uniform
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.evaluation.evaluate import NO_TURN, predict


@dataclass(frozen=True)
class ConversationHits:
    """Of `V` conversations, how many utterances count, and how many of them each predictor decides rightly."""

    counted: Values  # [V]
    hits: Mapping[str, Values]  # predictor -> [V]


def conversation_hits(
    checkpoint: Checkpoint, task: Task, stream: Stream, rate: float, turn: AbstractContextManager[object] = NO_TURN
) -> ConversationHits:
    """Predict a split at one missing rate; `turn` is held during each forward pass."""
    utterances = stream.utterances
    shown = Pattern((Uniform(rate),))(utterances, task, np.random.default_rng(TEST_SEED))
    truth = true_decisions(task, utterances.labels)

    def by_conversation(values: np.ndarray) -> Values:
        sums: Values = np.add.reduceat((values & (truth >= 0)).astype(np.float64), utterances.starts[:-1])
        return sums

    made = predict(checkpoint.model, stream, shown, turn=turn)
    hits = {name: by_conversation(decide_output(task, y) == truth) for name, y in made.items()}
    return ConversationHits(by_conversation(np.ones(len(truth), bool)), hits)


def predicted_evidence(
    key: str, made: Mapping[str, Mapping[float, ConversationHits]], modalities: tuple[str, ...], lacking: str
) -> Evidence:
    """A claim's effects from hits by method and missing rate; `lacking` says which methods no checkpoint is of, and why."""
    rates = tuple(rate for rate in TEST_RATES if all(rate in by_rate for by_rate in made.values()))
    one = next(iter(made.values()))[rates[0]]
    names = [
        (method, name) for method in made if method in methods_of_claim(key) for name in made[method][rates[0]].hits
    ]
    sums = np.stack(
        [np.stack([one.counted, *(made[method][rate].hits[name] for method, name in names)], axis=-1) for rate in rates]
    )  # (R, V, K)
    whole, drawn = sums.sum(1)[None], resampled(sums)  # (1, R, K), (B, R, K)
    values = [accuracies_of_sums(part, names, rates, modalities) for part in (whole, drawn)]
    here, varied = (ACCURACY_CLAIMS[key](acc) for acc in values)
    V, counted = int((one.counted > 0).sum()), int(one.counted.sum())
    primary, *parts = (effect_of_resamples(of, float(here[of][0]), varied[of], V, counted) for of in here)
    return Evidence(primary, tuple(parts), V, CONVERSATION_UNIT, lacking)


def accuracies_of_sums(
    sums: Values, names: list[tuple[str, str]], rates: tuple[float, ...], modalities: tuple[str, ...]
) -> Accuracies:
    """ACC from sums `[X, R, 1 + K]`: of utterances that count, and of those that each predictor decides rightly."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = sums[..., 1:] / sums[..., :1]
    return Accuracies({name: shares[..., k] for k, name in enumerate(names)}, rates, modalities, shares.shape[:2])
