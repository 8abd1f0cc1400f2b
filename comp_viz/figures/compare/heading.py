"""The heading of the Compare page: its finding, the numbers behind it, and the terms in it explained."""

import numpy as np
import pandas as pd

from comp_viz.figures.metrics import metric_text
from comp_viz.wording import decimal, fitting, points, signed

COMPARE_HELP = (
    "ACC: share of correct decisions; of scores the sign, those exactly neutral left out. The interval is the 95\u202f% one by the "
    "bootstrap over conversations."
)


def closest(table: pd.DataFrame) -> tuple[pd.Series, pd.Series | None]:
    """The rows of ACC of the first and of the other that comes closest to it, None where no difference is defined."""
    rows = table[table["metric"] == "ACC"]
    others = rows.iloc[1:].dropna(subset=["difference"])
    return rows.iloc[0], None if others.empty else others.iloc[int(others["difference"].abs().to_numpy().argmin())]


def comparison_heading(table: pd.DataFrame) -> str:
    """How the first stands in ACC against the one that comes closest to it; `table` as `paired_metrics` gives it."""
    first, other = closest(table)
    if other is None:
        return fitting(f"{first['predictor']} reaches ACC {metric_text('ACC', first['value'])}")
    one, another, ends = first["predictor"], other["predictor"], ends_in_points(other)
    if other["difference_low"] <= 0 <= other["difference_high"]:
        return fitting(
            f"{one} and {another} do not differ clearly in ACC: {points(other['difference'])}{ends}",
            f"{one} and {another} do not differ clearly in ACC",
            "The two closest do not differ clearly in ACC",
        )
    if not round(100 * float(other["difference"]), 1):
        return fitting(f"{one} and {another} reach the same ACC", "The two closest reach the same ACC")
    ahead = f"{size_in_points(other['difference'])} {ahead_or_behind(other['difference'])}"
    return fitting(
        f"{one} is {ahead} {another} in ACC{ends}",
        f"{one} is {ahead} {another} in ACC",
        f"The first is {ahead} the closest other in ACC",
    )


def comparison_facts(table: pd.DataFrame) -> str:
    """ACC of both, and the interval of their difference."""
    first, other = closest(table)
    if other is None:
        return "Nothing else has a defined ACC to compare with."
    values = " against ".join(f"{row['predictor']} {metric_text('ACC', row['value'])}" for row in (first, other))
    which = ", the closest other" if (table["metric"] == "ACC").sum() > 2 else ""
    known = not np.isnan(other["difference_low"])
    interval = f"; 95\u202f% interval of the difference{ends_in_points(other)}" if known else ""
    return f"ACC: {values}{which}{interval}."


def size_in_points(difference: float) -> str:
    """How large a difference of shares is, without its sign."""
    return f"{decimal(100 * abs(difference), 1)} points"


def ahead_or_behind(difference: float) -> str:
    """Where the first stands, by its difference to the other as it is written."""
    return "behind" if round(100 * float(difference), 1) < 0 else "ahead of"


def ends_in_points(row: pd.Series) -> str:
    """The 95 % interval of a difference of shares, in points and in brackets; "" where it is not known."""
    low, high = 100 * row["difference_low"], 100 * row["difference_high"]
    return "" if np.isnan(low) else f" ({signed(low, 1)} to {signed(high, 1)})"
