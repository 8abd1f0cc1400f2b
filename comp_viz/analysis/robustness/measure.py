"""Robustness in one call, for notebooks and scripts: every drawing over a split, and their table."""

from collections.abc import Sequence

import pandas as pd

from comp_viz.analysis.robustness.drawings import RATE_SEEDS, evaluate_drawing, prepare_drawings
from comp_viz.analysis.robustness.scores import metric_names, score_table
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.dataset import DataSet
from comp_viz.errors import CompVizError


def robustness_table(
    checkpoint: Checkpoint,
    data: DataSet,
    patterns: Sequence[str],
    metric: str = "ACC",
    split: str = "test",
    seeds: int = RATE_SEEDS,
) -> pd.DataFrame:
    """Measure a checkpoint on a split under missing patterns, each random one drawn with `seeds` seeds (page Robustness).

    One row a pattern and predictor (`fused` or a head); the columns are those of `score_table`. Raises
    `CompVizError` when the checkpoint cannot read the data, a pattern does not fit it, or there is no such metric.
    """
    if metric not in metric_names(data.task):
        raise CompVizError(f"metric: expected one of {', '.join(metric_names(data.task))}, got {metric!r}.")
    if seeds < 1:
        raise CompVizError(f"seeds: expected at least 1, got {seeds}.")
    stream, drawings = prepare_drawings(checkpoint, data, split, patterns, seeds)
    done = {one: evaluate_drawing(checkpoint, data.task, stream, one) for one in drawings}
    return score_table(done, list(dict.fromkeys(one.pattern for one in drawings)), metric)
