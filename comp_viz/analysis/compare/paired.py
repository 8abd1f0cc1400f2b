"""Several predictors on the same utterances under the same drawings: what each reaches, and how far the first is ahead.

Differences are taken within each resample of conversations, so that what is hard for all of them cancels.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comp_viz.analysis.coordinator.groups import emotion_labels
from comp_viz.analysis.prediction import decide_output, true_decisions
from comp_viz.analysis.robustness.scores import read_metric
from comp_viz.analysis.stats.bootstrap import percentile_interval, resampled
from comp_viz.analysis.stats.mcnemar import McNemar, mcnemar
from comp_viz.analysis.stats.sums import conversation_sums, counted_conversations, metrics_of
from comp_viz.data.conversation import Floats, Task
from comp_viz.data.dataset import Ints

Answers = Mapping[str, Floats]  # name of a predictor -> [D, N, C], relative scores or logits under D drawings
COLUMNS = ("value", "low", "high", "difference", "difference_low", "difference_high")


def paired(task: Task, answers: Answers, labels: Floats, starts: Ints, seed: int = 0) -> pd.DataFrame:
    """One row for every predictor and metric, means over drawings: `value`, and `difference`, the first less this one.

    Each with `low` and `high`, the 95 % interval by the bootstrap over conversations, `conversations` of which have a label
    that the metric counts. Of the first, the difference to itself is NaN.
    """
    found = np.stack(
        [[conversation_sums(task, drawing, labels, starts) for drawing in one] for one in answers.values()]
    )
    whole, draws = metrics_of(task, found.sum(2)), metrics_of(task, resampled(found, seed))
    rows = []
    for metric in whole:
        V = counted_conversations(task, metric, found[0, 0])
        values, of_draws = whole[metric].mean(1), draws[metric].mean(2)
        for p, name in enumerate(answers):
            bounds = percentile_interval(of_draws[:, p], V)
            apart = percentile_interval(of_draws[:, 0] - of_draws[:, p], V) if p else (np.nan, np.nan)
            difference = values[0] - values[p] if p else np.nan
            numbers = dict(zip(COLUMNS, (values[p], *bounds, difference, *apart), strict=True))
            rows.append({"predictor": name, "metric": metric, **numbers, "conversations": V})
    return pd.DataFrame(rows)


def grouped(
    task: Task, answers: Answers, labels: Floats, starts: Ints, groups: NDArray[np.str_], order: Sequence[str]
) -> pd.DataFrame:
    """ACC as in `paired` for the utterances of every group that occurs, in `order`, with the `utterances` that count.

    `groups [N]` names the group of each utterance; names that `order` lacks are left out.
    """
    parts = []
    for name in order:
        here = np.where(groups == name, labels, np.float32(np.nan))
        if counted := int((true_decisions(task, here) >= 0).sum()):
            part = paired(task, answers, here, starts)
            parts.append(part[part["metric"] == "ACC"].assign(group=name, utterances=counted))
    columns = ["predictor", "metric", *COLUMNS, "conversations", "group", "utterances"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def by_truth(task: Task, answers: Answers, labels: Floats, starts: Ints) -> pd.DataFrame:
    """ACC by the true emotion, or by the true side of neutral."""
    return grouped(task, answers, labels, starts, emotion_labels(task, labels), task.decisions)


def tests(task: Task, answers: Answers, labels: Floats) -> dict[str, list[McNemar]]:
    """McNemar's test of the first predictor against every other, one for each drawing."""
    truth = true_decisions(task, labels)
    right = {name: [decide_output(task, drawing) == truth for drawing in one] for name, one in answers.items()}
    first, *others = right
    return {
        name: [mcnemar(a, b, truth >= 0) for a, b in zip(right[first], right[name], strict=True)] for name in others
    }


def sentence(table: pd.DataFrame) -> str:
    """How the first stands in ACC against the one that comes closest to it, in a sentence without its stop."""
    rows = table[table["metric"] == "ACC"]
    first, others = rows.iloc[0], rows.iloc[1:].dropna(subset=["difference"])
    if others.empty:
        return f"{first['predictor']}: ACC {read_metric('ACC', first['value'])}"
    other = others.iloc[int(others["difference"].abs().to_numpy().argmin())]
    difference, low, high = (100 * float(other[f"difference{end}"]) for end in ("", "_low", "_high"))
    whose = f"{first['predictor']} ({read_metric('ACC', first['value'])})"
    against = f"{other['predictor']} ({read_metric('ACC', other['value'])})"
    ends = "" if np.isnan(low) else f", 95 % interval {low:+z.1f} to {high:+z.1f}"
    if not np.isnan(low) and low <= 0 <= high:
        return f"No clear difference: {whose} against {against}, {difference:+z.1f} points{ends}"
    ahead = "ahead of" if difference > 0 else "behind" if difference < 0 else "level with"
    closest = "the closest, " if len(others) > 1 else ""
    return f"{whose} is {abs(difference):.1f} points {ahead} {closest}{against}{ends}"
