"""A whole comparison of predictors: every table of it under the pattern in force, and accuracy under every pattern."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comp_viz.analysis.compare.calibration import Calibration, calibration
from comp_viz.analysis.compare.confusion import confusion
from comp_viz.analysis.compare.difficulty import LEVELS
from comp_viz.analysis.compare.disagreements import largest_differences
from comp_viz.analysis.compare.paired import (
    PredictionsByName,
    accuracy_by_group,
    accuracy_by_truth,
    mcnemar_tests,
    paired_metrics,
)
from comp_viz.analysis.stats.mcnemar import McNemar, holm
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import Utterances


@dataclass(frozen=True)
class Comparison:
    """Tables under the drawings of one pattern; the first predictor is the one the others are set against."""

    names: tuple[str, ...]  # of what is compared
    overall: pd.DataFrame  # as `paired` gives it, every metric of the task
    tests: Mapping[str, Sequence[McNemar]]  # other predictor -> one for each drawing
    by_truth: pd.DataFrame
    by_difficulty: pd.DataFrame  # empty where difficulty is not known
    confusion: Mapping[str, pd.DataFrame]
    calibration: Mapping[str, Calibration]
    differences: pd.DataFrame


def compare_predictors(
    task: Task, predictions: PredictionsByName, utterances: Utterances, levels: NDArray[np.str_] | None
) -> Comparison:
    """Compare `predictions`, `[D, N, C]` each; `levels [N]` says how hard utterances are, None where that is not known."""
    labels, starts = utterances.labels, utterances.starts
    hard = np.full(len(labels), "") if levels is None else levels
    return Comparison(
        tuple(predictions),
        paired_metrics(task, predictions, labels, starts),
        mcnemar_tests(task, predictions, labels),
        accuracy_by_truth(task, predictions, labels, starts),
        accuracy_by_group(task, predictions, labels, starts, hard, LEVELS),
        {name: confusion(task, one, labels) for name, one in predictions.items()},
        {name: calibration(task, one, labels) for name, one in predictions.items()},
        largest_differences(task, predictions, utterances),
    )


def accuracy_under_pattern(
    task: Task, predictions: PredictionsByName, utterances: Utterances, group: str, missing_rate: float
) -> pd.DataFrame:
    """ACC under one pattern, named `group`, whose realised missing rate is `missing_rate`."""
    rows = paired_metrics(task, predictions, utterances.labels, utterances.starts)
    return rows[rows["metric"] == "ACC"].assign(group=group, missing_rate=missing_rate)


def mcnemar_table(tests: Mapping[str, Sequence[McNemar]], seeds: Sequence[int]) -> pd.DataFrame:
    """One row for every other predictor and drawing: who is right, the exact p-value, and that by Holm over the others."""
    rows = []
    for place, seed in enumerate(seeds):
        adjusted = holm([each[place].p for each in tests.values()])
        for (name, each), together in zip(tests.items(), adjusted, strict=True):
            one = each[place]
            counts = {
                "both right": one.both,
                "only first right": one.first,
                "only other right": one.second,
                "neither": one.neither,
            }
            rows.append({"other": name, "seed": seed, **counts, "p": one.p, "p by Holm": together})
    return pd.DataFrame(rows)
