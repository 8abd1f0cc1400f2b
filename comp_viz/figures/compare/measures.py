"""The table of every measure of what is compared."""

import numpy as np
import pandas as pd

from comp_viz.checkpoint.measurements import SHARE_METRICS
from comp_viz.figures.chart import About
from comp_viz.figures.compare.heading import excludes_zero, primary_test
from comp_viz.figures.compare.paired import BOOTSTRAP
from comp_viz.figures.metrics import metric_text
from comp_viz.wording import fitting, points, signed

ABOUT_MEASURES = About(
    "Every measure of the task for each of the compared, and its difference to the first (the first minus it), over the utterances "
    f"that count. {BOOTSTRAP}",
    "What would happen with another training seed: intervals are over conversations, of these very weights. The tables in "
    "`results/` compare over training seeds.",
)


def measures_title(table: pd.DataFrame) -> str:
    """The measures in which the first differs clearly from another, of how many; `table` as `paired_metrics` gives it."""
    others = table[table["predictor"] != table["predictor"].iloc[0]]
    clear = others[(others["difference_low"] > 0) | (others["difference_high"] < 0)]
    names, count = ", ".join(dict.fromkeys(clear["metric"])), others["metric"].nunique()
    if not names:
        return f"Secondary: for none of {count} measures the interval of the difference excludes zero"
    return fitting(f"Secondary: of {count} measures, the interval of the difference excludes zero for {names}")


def measures_note(table: pd.DataFrame) -> str:
    """Why other measures may say something else than the primary test; "" where they say the same."""
    _, other = primary_test(table)
    if other is None:
        return ""
    rows = table[(table["predictor"] == other["predictor"]) & (table["metric"] != "ACC")]
    differing = [str(row["metric"]) for _, row in rows.iterrows() if excludes_zero(row) != excludes_zero(other)]
    if not differing:
        return ""
    return (
        f"{' and '.join(differing)} and the primary test (ACC) do not say the same of {other['predictor']}. ACC counts decisions; MAE and CORR see every "
        "distance, F1 and UA weigh classes otherwise. Their intervals are not adjusted for being several, so the primary test decides."
    )


def measures_table(table: pd.DataFrame) -> pd.DataFrame:
    """The measures as people read them: one row a predictor and metric, intervals in words."""
    rows = []
    for row in table.to_dict("records"):
        metric = str(row["metric"])
        low, high = (metric_text(metric, row[end]) for end in ("low", "high"))
        difference, *ends = (difference_text(metric, row[f"difference{end}"]) for end in ("", "_low", "_high"))
        rows.append(
            {
                "measure": metric,
                "predictor": row["predictor"],
                "value": metric_text(metric, row["value"]),
                "95\u202f% interval": f"{low} to {high}",
                "difference to the first": difference,
                "95\u202f% interval of the difference": " to ".join(ends) if ends[0] else "",
            }
        )
    return pd.DataFrame(rows)


def difference_text(metric: str, difference: float) -> str:
    """A difference of two values of a metric, with its sign and unit; "" where there is none."""
    if np.isnan(difference):
        return ""
    return points(difference) if metric in SHARE_METRICS else signed(difference, 3)
