"""The accuracy a checkpoint reaches on a data set under some missing patterns, with its standard error."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from comp_viz.analysis.lab.attainable import Estimate
from comp_viz.analysis.prediction import decide_output, true_decisions
from comp_viz.analysis.stats.intervals import clustered_error
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.evaluation.evaluate import predict


def reached_accuracy(
    checkpoint: Checkpoint, data: DataSet, patterns: Sequence[Pattern], seed: int = 0
) -> list[Estimate]:
    """ACC of the fused prediction on the test split under each pattern, drawn with `seed`. Raises `CompVizError`."""
    checkpoint.check(data)
    check_lengths(Utterances.of(data.split("test")), checkpoint.config.max_length)
    stream = Stream(data.split("test"), checkpoint.standardise, checkpoint.model.device)
    truth, starts = true_decisions(data.task, stream.utterances.labels), stream.utterances.starts
    estimates = []
    for pattern in patterns:
        observed = pattern(stream.utterances, data.task, np.random.default_rng(seed))
        fused = predict(checkpoint.model, stream, observed)["fused"]
        estimates.append(accuracy_with_error(decide_output(data.task, fused) == truth, truth >= 0, starts))
    return estimates


def accuracy_with_error(right: NDArray[np.bool_], counted: NDArray[np.bool_], starts: NDArray[np.int64]) -> Estimate:
    """Share that is right among the counted; its error takes conversations as the units drawn."""
    hits = np.add.reduceat(right & counted, starts[:-1], dtype=np.int64)
    of = np.add.reduceat(counted, starts[:-1], dtype=np.int64)
    share = hits.sum() / max(of.sum(), 1)
    return Estimate(float(share), clustered_error(hits, of))
