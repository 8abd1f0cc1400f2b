"""The heading of the Compare page: its finding, the numbers behind it, and the terms in it explained."""

import numpy as np
import pandas as pd

from comp_viz.figures.metrics import metric_text
from comp_viz.wording import decimal, fitting, points, signed

COMPARE_HELP = (
    "Primary test, named before anything is measured: the difference in ACC of the first two of the list, under the chosen pattern, with its "
    "95\u202f% interval by the bootstrap over conversations. Everything else on the page is secondary: the more one looks at, the likelier something "
    "excludes zero by chance. ACC: share of correct decisions; of scores the sign, those exactly neutral left out."
)
PRIMARY = "Primary test (first against second of the list, ACC, bootstrap over conversations)"


def primary_test(table: pd.DataFrame) -> tuple[pd.Series, pd.Series | None]:
    """The rows of ACC of the first two in their order, whatever came out; None where their difference is not defined."""
    rows = table[table["metric"] == "ACC"]
    return rows.iloc[0], None if np.isnan(rows.iloc[1]["difference"]) else rows.iloc[1]


def excludes_zero(row: pd.Series) -> bool:
    """Whether the interval of a difference to the first does; not where there is none."""
    return bool(row["difference_low"] > 0 or row["difference_high"] < 0)


def comparison_heading(table: pd.DataFrame, complete: bool = True) -> str:
    """What the primary test says; `table` as `paired_metrics` gives it. Nothing is a finding until all is `complete`."""
    first, other = primary_test(table)
    if other is None:
        return fitting(f"{first['predictor']} reaches ACC {metric_text('ACC', first['value'])}")
    one, another, ends = first["predictor"], other["predictor"], ends_in_points(other)
    ahead = f"{size_in_points(other['difference'])} {ahead_or_behind(other['difference'])}"
    if not complete:
        return fitting(f"So far, {one} is {ahead} {another} in ACC", f"So far, the first is {ahead} the second in ACC")
    if ends and not excludes_zero(other):
        return fitting(
            f"{one} and {another} do not differ clearly in ACC: {points(other['difference'])}{ends}",
            f"{one} and {another} do not differ clearly in ACC",
            "The first two do not differ clearly in ACC",
        )
    if not round(100 * float(other["difference"]), 1):
        return fitting(f"{one} and {another} reach the same ACC", "The first two reach the same ACC")
    return fitting(
        f"{one} is {ahead} {another} in ACC{ends}",
        f"{one} is {ahead} {another} in ACC",
        f"The first is {ahead} the second in ACC",
    )


def comparison_facts(table: pd.DataFrame) -> str:
    """The primary test by name, ACC of both, and the interval of their difference."""
    first, other = primary_test(table)
    if other is None:
        return f"{PRIMARY}: not defined, as nothing else has an ACC to compare with."
    values = " against ".join(f"{row['predictor']} {metric_text('ACC', row['value'])}" for row in (first, other))
    known = not np.isnan(other["difference_low"])
    interval = f"; 95\u202f% interval of the difference{ends_in_points(other)}" if known else ""
    rest = " All else is secondary." if known else " One conversation gives no interval. All else is secondary."
    return f"{PRIMARY}: {values}{interval}.{rest}"


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
