"""Predictions for the utterances of a split, of every predictor under the same drawings of a missing pattern."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.robustness.drawings import Drawing, availability_patterns
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Bools, Floats, Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.entries import Uniform
from comp_viz.data.patterns.pattern import AS_RECORDED, PROTOCOL, Pattern
from comp_viz.data.patterns.realised import realised_rates
from comp_viz.evaluation.evaluate import NO_TURN, predict
from comp_viz.wording import percent

RECORDED, CHOSEN = "as recorded", " (chosen)"  # the name of a pattern, and what is added to that of the chosen one
DRAWINGS, FURTHER_DRAWINGS = 5, 3  # of the pattern in force, and of others, where there is something to draw


@dataclass(frozen=True)
class SplitPredictions:
    """The predictions of one checkpoint in one pass over a split."""

    missing_rate: float  # realised: share of the entries in the recordings that the pattern hides
    predictions: Mapping[str, Floats]  # `fused` and every modality -> [N, C], relative scores or logits


def predict_drawing(
    checkpoint: Checkpoint, task: Task, stream: Stream, one: Drawing, turn: AbstractContextManager[object] = NO_TURN
) -> SplitPredictions:
    """Predictions under one drawing; `turn` is held during each forward pass."""
    shown = observed_under(stream.utterances, task, one)
    realised = realised_rates(stream.utterances.observed, shown, stream.utterances.modalities)
    return SplitPredictions(realised.rate, predict(checkpoint.model, stream, shown, turn=turn))


def observed_under(utterances: Utterances, task: Task, one: Drawing) -> Bools:
    """The entries that a drawing leaves, `[N, M]`: the same for everything that is compared."""
    return Pattern.parse(one.pattern)(utterances, task, np.random.default_rng(one.seed))


def drawings_of(pattern: str, seed: int, most: int = DRAWINGS) -> list[Drawing]:
    """The drawings of a pattern: as many as `most` with seeds from `seed` on, one where nothing is random."""
    count = most if Pattern.parse(pattern).random else 1
    return [Drawing(pattern, seed + i if count > 1 else 0) for i in range(count)]


def pattern_names(modalities: Sequence[str], chosen: str) -> dict[str, str]:
    """Pattern -> its name in charts: the chosen one, the field's missing rates, every set of modalities kept; none twice."""
    rates = [part.rate for pattern in PROTOCOL for part in pattern.parts if isinstance(part, Uniform)]
    names = {str(pattern): f"{percent(rate)} missing" for pattern, rate in zip(PROTOCOL, rates, strict=True)}
    for kept, pattern in availability_patterns(modalities).items():
        if len(kept) < len(modalities):
            names[pattern] = f"only {' + '.join(kept)}"
        elif chosen != AS_RECORDED:
            names[pattern] = RECORDED
    current = names.pop(chosen, RECORDED if chosen == AS_RECORDED else "pattern")
    return {chosen: f"{current}{CHOSEN}"} | names


def drawings_by_pattern(modalities: Sequence[str], in_force: str, seed: int) -> dict[str, list[Drawing]]:
    """Pattern -> its drawings, the one in force first."""
    rows = pattern_names(modalities, in_force)
    return {
        pattern: drawings_of(pattern, seed, DRAWINGS if pattern == in_force else FURTHER_DRAWINGS) for pattern in rows
    }


def drawings_in_order(modalities: Sequence[str], in_force: str, seed: int) -> list[Drawing]:
    """All drawings of a comparison in the order of measuring: the pattern in force, all others once, then their further seeds."""
    first, *others = drawings_by_pattern(modalities, in_force, seed).values()
    return [*first, *(each[0] for each in others), *(one for each in others for one in each[1:])]
