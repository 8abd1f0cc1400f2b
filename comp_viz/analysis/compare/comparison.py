"""A whole comparison of predictors: everything that is said of them under the pattern in force, and under every pattern."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comp_viz.analysis.compare.calibration import Calibration, calibration
from comp_viz.analysis.compare.confusion import confusion
from comp_viz.analysis.compare.difficulty import LEVELS
from comp_viz.analysis.compare.disagreements import differences
from comp_viz.analysis.compare.paired import Answers, by_truth, grouped, paired, tests
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


def compare(task: Task, answers: Answers, utterances: Utterances, levels: NDArray[np.str_] | None) -> Comparison:
    """Compare `answers`, `[D, N, C]` each; `levels [N]` says how hard utterances are, None where that is not known."""
    labels, starts = utterances.labels, utterances.starts
    hard = np.full(len(labels), "") if levels is None else levels
    return Comparison(
        tuple(answers),
        paired(task, answers, labels, starts),
        tests(task, answers, labels),
        by_truth(task, answers, labels, starts),
        grouped(task, answers, labels, starts, hard, LEVELS),
        {name: confusion(task, one, labels) for name, one in answers.items()},
        {name: calibration(task, one, labels) for name, one in answers.items()},
        differences(task, answers, utterances),
    )


def under(task: Task, answers: Answers, utterances: Utterances, group: str, taken: float) -> pd.DataFrame:
    """ACC under one pattern, called `group`, which took the share `taken` of all entries."""
    rows = paired(task, answers, utterances.labels, utterances.starts)
    return rows[rows["metric"] == "ACC"].assign(group=group, missing_rate=taken)


def test_table(found: Mapping[str, Sequence[McNemar]], seeds: Sequence[int]) -> pd.DataFrame:
    """One row for every other predictor and drawing: who is right, the exact p-value, and that by Holm over the others."""
    rows = []
    for place, seed in enumerate(seeds):
        adjusted = holm([each[place].p for each in found.values()])
        for (name, each), together in zip(found.items(), adjusted, strict=True):
            one = each[place]
            counts = {
                "both right": one.both,
                "only first right": one.first,
                "only other right": one.second,
                "neither": one.neither,
            }
            rows.append({"other": name, "seed": seed, **counts, "p": one.p, "p by Holm": together})
    return pd.DataFrame(rows)
