"""How well a checkpoint does under missing patterns: tables over drawings, intervals, the constant baseline."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from comp_viz.analysis.prediction import FUSED, true_decisions
from comp_viz.analysis.robustness.drawings import Drawing, Scores
from comp_viz.analysis.stats.intervals import half_width_by_jackknife
from comp_viz.data.conversation import Floats, Task
from comp_viz.data.patterns.entries import Uniform
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.evaluation.metrics import metrics


def metric_names(task: Task) -> tuple[str, ...]:
    """The metrics of a task."""
    return ("ACC", "UA", "F1") if task.classes else ("ACC", "F1", "MAE", "CORR")


def score_table(done: Mapping[Drawing, Scores], patterns: Sequence[str], metric: str) -> pd.DataFrame:
    """One row for every evaluated pattern and predictor, in order: mean over its drawings with half its 95 % interval.

    Columns: pattern, predictor, missing_rate (as realised), `missing MODALITY`, value, half, spread (standard deviation
    over drawings), seeds.
    """
    rows = []
    for pattern in patterns:
        of_pattern = [
            scores for one, scores in sorted(done.items(), key=lambda item: item[0].seed) if one.pattern == pattern
        ]
        for predictor in of_pattern[0].values if of_pattern else ():
            values = np.stack([scores.values[predictor][metric] for scores in of_pattern])
            rows.append(
                {
                    "pattern": pattern,
                    "predictor": predictor,
                    "missing_rate": np.mean([scores.missing_rate for scores in of_pattern]),
                    **{
                        f"missing {u}": np.mean([scores.missing_by_modality[u] for scores in of_pattern])
                        for u in of_pattern[0].missing_by_modality
                    },
                    "metric": metric,
                    "value": values[:, 0].mean(),
                    "half": half_width_by_jackknife(values[:, 1:].mean(0)),
                    "spread": values[:, 0].std(),
                    "seeds": len(of_pattern),
                }
            )
    columns = ["pattern", "predictor", "missing_rate", "metric", "value", "half", "spread", "seeds"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def constant_baseline(task: Task, labels: Floats) -> dict[str, float]:
    """Metrics of a constant prediction: the most frequent decision; for MAE the median label."""
    truth = true_decisions(task, labels)
    counts = np.bincount(truth[truth >= 0], minlength=task.outputs + (not task.classes))
    if task.classes:
        return metrics(task, np.tile(np.eye(len(counts))[counts.argmax()], (len(labels), 1)), labels)
    sign = np.full((len(labels), 1), 2 * counts.argmax() - 1.0)
    middle = np.full((len(labels), 1), np.nanmedian(labels) - task.neutral)
    return metrics(task, sign, labels) | {"MAE": metrics(task, middle, labels)["MAE"]}


def fused_by_pattern(table: pd.DataFrame) -> dict[str, float]:
    """The fused prediction's value under each pattern."""
    rows = table[table["predictor"] == FUSED]
    return dict(zip(rows["pattern"], rows["value"], strict=True))


def best_name(values: Mapping[str, float], metric: str, worst: bool = False) -> str:
    """The name with the best value, or the worst; of MAE the lowest is best."""
    return (max if (metric != "MAE") != worst else min)(values, key=lambda name: values[name])


def trained_rates(missing: str | None) -> list[float]:
    """The missing rates of the uniform protocol that a model was trained under, from its pattern; none where unknown."""
    return [part.rate for part in Pattern.parse(missing).parts if isinstance(part, Uniform)] if missing else []


def counted_labels(task: Task, labels: Floats) -> int:
    """How many labels `[N]` accuracy is counted over: known, and for scores not exactly neutral."""
    return int((true_decisions(task, labels) >= 0).sum())
