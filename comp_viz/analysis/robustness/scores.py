"""How well a checkpoint does under missing patterns, from the passes that were made: tables, references, findings."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from comp_viz.analysis.prediction import true_decisions
from comp_viz.analysis.robustness.drawings import Drawn, Pass
from comp_viz.analysis.stats.intervals import half_width_by_jackknife
from comp_viz.checkpoint.measurements import SHARES
from comp_viz.data.conversation import Floats, Task
from comp_viz.data.patterns.entries import Uniform
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.evaluation.metrics import metrics

FUSED = "fused"
LEVEL = 0.01  # a difference that is not worth a word


def metric_names(task: Task) -> tuple[str, ...]:
    """The metrics of a task."""
    return ("ACC", "UA", "F1") if task.classes else ("ACC", "F1", "MAE", "CORR")


def read_metric(metric: str, value: float) -> str:
    """A value for people: `84.6 %`, or a plain number; `not defined` where it is not."""
    if np.isnan(value):
        return "not defined"
    return f"{100 * value:.1f} %" if metric in SHARES else f"{value:.3f}"


def scores(done: Mapping[Pass, Drawn], patterns: Sequence[str], metric: str) -> pd.DataFrame:
    """One row for every pattern that was drawn and predictor, in order: mean over its drawings with half its 95 % interval.

    Columns: pattern, predictor, missing_rate (what it came to), `missing MODALITY`, value, half, spread (standard
    deviation over drawings), seeds.
    """
    rows = []
    for pattern in patterns:
        draws = [drawn for one, drawn in sorted(done.items(), key=lambda item: item[0].seed) if one.pattern == pattern]
        for predictor in draws[0].values if draws else ():
            values = np.stack([drawn.values[predictor][metric] for drawn in draws])
            rows.append(
                {
                    "pattern": pattern,
                    "predictor": predictor,
                    "missing_rate": np.mean([drawn.taken for drawn in draws]),
                    **{
                        f"missing {u}": np.mean([drawn.by_modality[u] for drawn in draws]) for u in draws[0].by_modality
                    },
                    "metric": metric,
                    "value": values[:, 0].mean(),
                    "half": half_width_by_jackknife(values[:, 1:].mean(0)),
                    "spread": values[:, 0].std(),
                    "seeds": len(draws),
                }
            )
    columns = ["pattern", "predictor", "missing_rate", "metric", "value", "half", "spread", "seeds"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def constant(task: Task, labels: Floats) -> dict[str, float]:
    """Metrics of whoever always gives the same answer: the most frequent decision; for MAE the median label."""
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


def describe_rates(table: pd.DataFrame, metric: str) -> str:
    """What the curve over missing rates says, in a sentence."""
    rows = table[table["predictor"] == FUSED].sort_values("missing_rate")
    if len(rows) < 2 or rows["value"].isna().any():
        return f"{metric} by missing rate"
    first, last = rows.iloc[0], rows.iloc[-1]
    said = f"from {read_metric(metric, first['value'])} to {read_metric(metric, last['value'])}"
    when = f"as {100 * last['missing_rate']:.0f} % of all entries go missing"
    if abs(last["value"] - first["value"]) < LEVEL:
        return f"{metric} hardly moves, {said}, {when}"
    return f"{metric} {'falls' if last['value'] < first['value'] else 'rises'} {said} {when}"


def describe_heads(table: pd.DataFrame, metric: str) -> str:
    """How the heads stand beside the fused prediction where most is missing, in a sentence."""
    rows = table[table["missing_rate"] == table["missing_rate"].max()]
    heads = rows.loc[rows["predictor"] != FUSED, "value"]
    if heads.empty or rows["value"].isna().any():
        return f"{metric} of the fused prediction and of every head, by missing rate"
    fused = rows.loc[rows["predictor"] == FUSED, "value"].iloc[0]
    low, high = read_metric(metric, heads.min()), read_metric(metric, heads.max())
    between = low if low == high else f"{low.removesuffix(' %')} to {high}"
    where = f"{100 * rows['missing_rate'].iloc[0]:.0f} % missing"
    return f"With {where} the fused prediction reaches {metric} {read_metric(metric, fused)}, its heads {between}"


def describe_availability(table: pd.DataFrame, kept: Mapping[tuple[str, ...], str], metric: str) -> str:
    """What the availability patterns say: which single modality goes furthest, and which is missed most."""
    found = fused_by_pattern(table)
    known = {subset: found[pattern] for subset, pattern in kept.items() if not np.isnan(found.get(pattern, np.nan))}
    M = max(map(len, kept))
    alone = {subset[0]: value for subset, value in known.items() if len(subset) == 1}
    if len(alone) < M:
        return f"{metric} by what is available"
    strongest = best(alone, metric)
    said = f"{strongest.capitalize()} alone reaches {metric} {read_metric(metric, alone[strongest])}"
    if M == 2:
        (other,) = set(alone) - {strongest}
        return f"{said}, {other} alone {read_metric(metric, alone[other])}"
    everything = next(subset for subset in kept if len(subset) == M)
    without = {next(u for u in everything if u not in s): v for s, v in known.items() if len(s) == M - 1}
    if len(without) < M:
        return said
    missed = best(without, metric, worst=True)
    return f"{said}; without {missed} it is {read_metric(metric, without[missed])}, the most that one modality costs"


def describe_shares(
    table: pd.DataFrame, points: Mapping[tuple[float, ...], str], names: Sequence[str], metric: str
) -> str:
    """What the sharing of missing entries says: which modality costs most when it bears them, and which least."""
    found = fused_by_pattern(table)
    known = {point: found[pattern] for point, pattern in points.items() if not np.isnan(found.get(pattern, np.nan))}
    lost = {names[p.index(1.0)]: v for p, v in known.items() if sorted(p) == [0.0] * (len(names) - 1) + [1.0]}
    left = {names[p.index(0.0)]: v for p, v in known.items() if sorted(p) == [0.0] + [1.0] * (len(names) - 1)}
    ends, words = (left, "with only {} left") if len(names) == 3 and len(left) == 3 else (lost, "with all {} missing")
    if len(ends) < len(names):
        return f"{metric} by the modality that is missing"
    top, bottom = best(ends, metric), best(ends, metric, worst=True)
    return (
        f"{metric} is {read_metric(metric, ends[bottom])} {words.format(bottom)}, "
        f"{read_metric(metric, ends[top])} {words.format(top)}"
    )


def best(values: Mapping[str, float], metric: str, worst: bool = False) -> str:
    """The name with the best value, or the worst; of MAE the lowest is best."""
    return (max if (metric != "MAE") != worst else min)(values, key=lambda name: values[name])


def trained_rates(missing: str | None) -> list[float]:
    """The missing rates of the uniform protocol that a model was trained under, from its pattern; none where unknown."""
    return [part.rate for part in Pattern.parse(missing).parts if isinstance(part, Uniform)] if missing else []


def judged(task: Task, labels: Floats) -> int:
    """How many labels `[N]` accuracy is counted over: known, and for scores not exactly neutral."""
    return int((true_decisions(task, labels) >= 0).sum())
