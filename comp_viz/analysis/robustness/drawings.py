"""What robustness is measured by: drawings of missing patterns, and the scores of a checkpoint under each."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from comp_viz.analysis.stats.sums import Values
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.entries import Only, Rates, Uniform
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.patterns.realised import realised_rates
from comp_viz.evaluation.evaluate import NO_TURN, predict
from comp_viz.evaluation.metrics import metrics

RATES = (0.0, 0.7, 0.3, 0.5, 0.1, 0.2, 0.4, 0.6)  # the ends first: a curve is there at once, and then refined
RATE_SEEDS, SHARE_SEEDS = 5, 3  # drawings of a random pattern
MOST_SUBSETS = 4  # modalities of which every subset is measured; of more, the single ones and all but one
GRID = 5  # steps along a side of the triangle
LOSSES = (0.5, 1.0)  # of one modality, where there is no triangle
JACKKNIFE_GROUPS = 20  # of conversations, each left out once


@dataclass(frozen=True)
class Drawing:
    """A missing pattern as text, and the seed it is drawn with: one pass over the split."""

    pattern: str
    seed: int = 0


def prepare_drawings(
    checkpoint: Checkpoint, data: DataSet, split: str, patterns: Sequence[str], seeds: int
) -> tuple[Stream, list[Drawing]]:
    """A split as the checkpoint reads it, and its drawings: each pattern once, or with `seeds` seeds where it is random.

    Raises `CompVizError` when the checkpoint cannot read the data, or a pattern does not fit it.
    """
    checkpoint.check(data)
    stream = Stream(data.split(split), checkpoint.standardise, checkpoint.model.device)
    check_lengths(stream.utterances, checkpoint.config.max_length)
    parsed = [Pattern.parse(text) for text in patterns]
    for pattern in parsed:
        pattern.check_data(stream.utterances, data.task)
    return stream, [Drawing(str(one), seed) for one in parsed for seed in range(seeds if one.random else 1)]


@dataclass(frozen=True)
class Scores:
    """How well a checkpoint does under one drawing, and how much was missing."""

    missing_rate: float  # share of the entries in the recordings that the pattern took away
    missing_by_modality: Mapping[str, float]  # the same for each modality
    values: Mapping[str, Mapping[str, Values]]  # predictor -> metric -> [1 + G]: of all, and with each group left out


def evaluate_drawing(
    checkpoint: Checkpoint, task: Task, stream: Stream, one: Drawing, turn: AbstractContextManager[object] = NO_TURN
) -> Scores:
    """Metrics of the fused prediction and every head under one drawing; `turn` is held during each forward pass."""
    utterances = stream.utterances
    shown = Pattern.parse(one.pattern)(utterances, task, np.random.default_rng(one.seed))
    missing = realised_rates(utterances.observed, shown, utterances.modalities)
    groups = np.repeat(np.arange(len(stream)) % JACKKNIFE_GROUPS, utterances.lengths)
    predictions = predict(checkpoint.model, stream, shown, turn=turn)
    values = {name: metrics_by_group(task, y, utterances.labels, groups) for name, y in predictions.items()}
    return Scores(missing.rate, missing.by_modality, values)


def metrics_by_group(
    task: Task, predictions: NDArray[np.floating], labels: NDArray[np.floating], groups: NDArray[np.int64]
) -> dict[str, Values]:
    """Each metric `[1 + G]` over all utterances, then with each group of conversations left out; `groups [N]` from 0."""
    kept = [np.ones(len(groups), bool), *(groups != g for g in range(groups.max() + 1))]
    measured = [metrics(task, predictions[rows], labels[rows]) for rows in kept]
    return {name: np.array([one[name] for one in measured]) for name in measured[0]}


def rate_patterns() -> list[str]:
    """The protocol of the field, in the order of measuring."""
    return [str(Pattern((Uniform(rate),))) for rate in RATES]


def availability_patterns(modalities: Sequence[str]) -> dict[tuple[str, ...], str]:
    """Pattern of each set of modalities that alone is kept, the largest first: all 2^M - 1, or of many modalities some."""
    M = len(modalities)
    sizes = range(M, 0, -1) if M <= MOST_SUBSETS else (M, M - 1, 1)
    kept = [subset for size in sizes for subset in combinations(modalities, size)]
    return {subset: str(Pattern((Only(subset) if len(subset) < M else Uniform(0.0),))) for subset in kept}


def share_patterns(modalities: Sequence[str], thirds: int) -> dict[tuple[float, ...], str]:
    """Pattern of each way to share missing entries between modalities: missing rates `[M]` -> pattern.

    Of three modalities the rates always add up to `thirds`, 1 or 2, so that as many thirds of all entries are missing: at
    a corner one modality alone is missing, or alone is left. Of other numbers, a part of one modality is missing at a time.
    """
    if len(modalities) == 3:
        steps = [(i, j, GRID - i - j) for i in range(GRID + 1) for j in range(GRID + 1 - i)]
        steps.sort(key=lambda point: -max(point))  # corners first
        rates = [tuple((step if thirds == 1 else GRID - step) / GRID for step in point) for point in steps]
    else:
        rates = [tuple(loss * (u == v) for v in modalities) for u in modalities for loss in LOSSES]
    return {point: str(Pattern((Rates(tuple(zip(modalities, point, strict=True))),))) for point in rates}


def page_drawings(modalities: Sequence[str], thirds: int) -> list[Drawing]:
    """All drawings of the page in the order of measuring: everything once, then again with further seeds."""
    once = [
        *rate_patterns(),
        *availability_patterns(modalities).values(),
        *share_patterns(modalities, thirds).values(),
    ]
    drawings = [Drawing(pattern) for pattern in once]
    for seed in range(1, max(RATE_SEEDS, SHARE_SEEDS)):
        again = [*(rate_patterns() if seed < RATE_SEEDS else ())]
        again += share_patterns(modalities, thirds).values() if seed < SHARE_SEEDS else ()
        drawings += [Drawing(pattern, seed) for pattern in again if Pattern.parse(pattern).random]
    return list(dict.fromkeys(drawings))
