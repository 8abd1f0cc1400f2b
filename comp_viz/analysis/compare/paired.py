"""Several predictors on the same utterances under the same drawings: the metrics of each, and their differences to the first.

Differences are taken within each resample of conversations, so that what is hard for all of them cancels.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comp_viz.analysis.coordinator.groups import emotion_labels
from comp_viz.analysis.prediction import decide_output, true_decisions
from comp_viz.analysis.stats.bootstrap import percentile_interval, resampled
from comp_viz.analysis.stats.mcnemar import McNemar, mcnemar
from comp_viz.analysis.stats.sums import conversation_sums, counted_conversations, metrics_of
from comp_viz.data.conversation import Floats, Task
from comp_viz.data.dataset import Ints

PredictionsByName = Mapping[str, Floats]  # name of a predictor -> [D, N, C], relative scores or logits under D drawings
METRIC_COLUMNS = ("value", "low", "high", "difference", "difference_low", "difference_high")


def paired_metrics(
    task: Task, predictions: PredictionsByName, labels: Floats, starts: Ints, seed: int = 0
) -> pd.DataFrame:
    """One row for every predictor and metric, means over drawings: `value`, and `difference`, the first minus this one.

    Each with `low` and `high`, the 95 % interval by the bootstrap over conversations, `conversations` of which have a label
    that the metric counts. Of the first, the difference to itself is NaN.
    """
    sums = np.stack(
        [[conversation_sums(task, drawing, labels, starts) for drawing in one] for one in predictions.values()]
    )
    whole, resamples = metrics_of(task, sums.sum(2)), metrics_of(task, resampled(sums, seed))
    rows = []
    for metric in whole:
        V = counted_conversations(task, metric, sums[0, 0])
        values, varied = whole[metric].mean(1), resamples[metric].mean(2)
        for p, name in enumerate(predictions):
            bounds = percentile_interval(varied[:, p], V)
            ends = percentile_interval(varied[:, 0] - varied[:, p], V) if p else (np.nan, np.nan)
            difference = values[0] - values[p] if p else np.nan
            numbers = dict(zip(METRIC_COLUMNS, (values[p], *bounds, difference, *ends), strict=True))
            rows.append({"predictor": name, "metric": metric, **numbers, "conversations": V})
    return pd.DataFrame(rows)


def accuracy_by_group(
    task: Task,
    predictions: PredictionsByName,
    labels: Floats,
    starts: Ints,
    groups: NDArray[np.str_],
    order: Sequence[str],
) -> pd.DataFrame:
    """ACC as in `paired` for the utterances of every group that occurs, in `order`, with the `utterances` that count.

    `groups [N]` names the group of each utterance; names that `order` lacks are left out.
    """
    parts = []
    for name in order:
        here = np.where(groups == name, labels, np.float32(np.nan))
        if counted := int((true_decisions(task, here) >= 0).sum()):
            part = paired_metrics(task, predictions, here, starts)
            parts.append(part[part["metric"] == "ACC"].assign(group=name, utterances=counted))
    columns = ["predictor", "metric", *METRIC_COLUMNS, "conversations", "group", "utterances"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def accuracy_by_truth(task: Task, predictions: PredictionsByName, labels: Floats, starts: Ints) -> pd.DataFrame:
    """ACC by the true emotion, or by the true side of neutral."""
    return accuracy_by_group(task, predictions, labels, starts, emotion_labels(task, labels), task.decisions)


def mcnemar_tests(task: Task, predictions: PredictionsByName, labels: Floats) -> dict[str, list[McNemar]]:
    """McNemar's test of the first predictor against every other, one for each drawing."""
    truth = true_decisions(task, labels)
    right = {name: [decide_output(task, drawing) == truth for drawing in one] for name, one in predictions.items()}
    first, *others = right
    return {
        name: [mcnemar(a, b, truth >= 0) for a, b in zip(right[first], right[name], strict=True)] for name in others
    }
