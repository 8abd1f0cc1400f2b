"""What predictors answer for the utterances of a split, each under the same drawings of a missing pattern."""

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

DRAWINGS, FURTHER = 5, 3  # of the pattern in force, and of others, where there is something to draw


@dataclass(frozen=True)
class Answered:
    """What one checkpoint answered in one pass over a split."""

    taken: float  # missing rate: share of the entries in the recordings that the pattern took
    predictions: Mapping[str, Floats]  # `fused` and every modality -> [N, C], relative scores or logits


def answer_once(
    checkpoint: Checkpoint, task: Task, stream: Stream, one: Drawing, turn: AbstractContextManager[object] = NO_TURN
) -> Answered:
    """Predictions under one drawing; `turn` is held during each forward pass."""
    shown = shown_in(stream.utterances, task, one)
    came_to = realised_rates(stream.utterances.observed, shown, stream.utterances.modalities)
    return Answered(came_to.rate, predict(checkpoint.model, stream, shown, turn=turn))


def shown_in(utterances: Utterances, task: Task, one: Drawing) -> Bools:
    """What a drawing leaves of the entries, `[N, M]`: the same for everything that is compared."""
    return Pattern.parse(one.pattern)(utterances, task, np.random.default_rng(one.seed))


def drawings(pattern: str, seed: int, most: int = DRAWINGS) -> list[Drawing]:
    """The passes a pattern is judged by: as many drawings from `seed` on, one where there is nothing to draw."""
    count = most if Pattern.parse(pattern).random else 1
    return [Drawing(pattern, seed + i if count > 1 else 0) for i in range(count)]


def rows_of_patterns(modalities: Sequence[str], in_force: str) -> dict[str, str]:
    """Pattern -> what is available under it, in words: the pattern in force, the field's missing rates, every set kept."""
    rates = [part.rate for pattern in PROTOCOL for part in pattern.parts if isinstance(part, Uniform)]
    found = {str(pattern): f"{rate:.0%} missing" for pattern, rate in zip(PROTOCOL, rates, strict=True)}
    for kept, pattern in availability_patterns(modalities).items():
        found[pattern] = "nothing missing" if len(kept) == len(modalities) else f"only {' + '.join(kept)}"
    mine = found.pop(in_force, "nothing missing" if in_force == AS_RECORDED else "pattern")
    return {in_force: f"{mine} (in force)"} | found


def passes_of(modalities: Sequence[str], in_force: str, seed: int) -> dict[str, list[Drawing]]:
    """Pattern -> the passes it is judged by, the one in force first."""
    rows = rows_of_patterns(modalities, in_force)
    return {pattern: drawings(pattern, seed, DRAWINGS if pattern == in_force else FURTHER) for pattern in rows}


def passes_to_compare(modalities: Sequence[str], in_force: str, seed: int) -> list[Drawing]:
    """All passes of a comparison in the order of measuring: the pattern in force, all others once, then their further seeds."""
    first, *others = passes_of(modalities, in_force, seed).values()
    return [*first, *(each[0] for each in others), *(one for each in others for one in each[1:])]
