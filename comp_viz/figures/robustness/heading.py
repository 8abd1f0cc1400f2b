"""The heading of the Robustness page, and the terms in it."""

from collections.abc import Sequence

import pandas as pd

from comp_viz.analysis.prediction import FUSED
from comp_viz.figures.metrics import metric_text
from comp_viz.wording import how_many, percent

NO_CHANGE = 0.01  # a difference below this is called none
METRICS_HELP = (
    "ACC: accuracy; for scores, of the sign, exactly neutral labels left out. F1: weighted by class. UA: mean recall of the classes. "
    "MAE: mean absolute error in label units, lower is better. CORR: Pearson correlation, −1 to 1."
)


def better_references(better: Sequence[tuple[str, float]], metric: str) -> str:
    """What reaches more on the same data, in a sentence; `better` as `above_measured` gives it."""
    first = f"{better[0][0]} ({metric_text(metric, better[0][1])})"
    others = f" and {how_many(len(better) - 1, 'other reference')}" if len(better) > 1 else ""
    return f"With nothing missing, more is reached on these data by {first}{others}."


def robustness_title(table: pd.DataFrame, metric: str) -> str:
    """How the fused prediction's metric changes from nothing missing to most missing, in a sentence."""
    rows = table[table["predictor"] == FUSED].sort_values("missing_rate")
    if len(rows) < 2 or rows["value"].isna().any():
        return f"{metric} by missing rate"
    first, last = rows.iloc[0], rows.iloc[-1]
    ends = f"from {metric_text(metric, first['value'])} to {metric_text(metric, last['value'])}"
    missing = f"with {percent(last['missing_rate'])} of all entries missing"
    if abs(last["value"] - first["value"]) < NO_CHANGE:
        return f"{metric} hardly changes, {ends}, {missing}"
    return f"{metric} {'falls' if last['value'] < first['value'] else 'rises'} {ends} {missing}"
