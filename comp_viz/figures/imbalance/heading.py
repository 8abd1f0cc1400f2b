"""The heading of the Imbalance page, and the terms in it."""

import math

import pandas as pd

from comp_viz.analysis.imbalance.gap import COMP, METHOD_NAMES, WITHOUT_PROMPTING
from comp_viz.figures.imbalance.curves import accuracy_curves_title
from comp_viz.figures.imbalance.gap import joint_title, points_with_interval
from comp_viz.wording import decimal

IMBALANCE_HELP = (
    "Performance gap: accuracy of the best modality minus that of the worst. Under-optimisation: a modality's own head ends worse after "
    "joint training than when the modality is trained alone."
)


CAVEAT = (
    "Under prompting a head also hears of the other modalities, so a small gap says that heads agree, not that each modality learned "
    "as much by itself."
)


def imbalance_title(gaps: pd.DataFrame | None, curves: pd.DataFrame) -> str:
    """What ComP does to the performance gap where a results table has it, else the final gap between heads."""
    if gaps is not None and {WITHOUT_PROMPTING, COMP} <= set(gaps["method"]):
        return gap_change(gaps)
    return "The training of this checkpoint was not recorded" if curves.empty else accuracy_curves_title(curves)


def gap_change(gaps: pd.DataFrame) -> str:
    """The gap without prompting and with ComP; what its intervals do not part is no change."""
    known = gap_by_method(gaps)
    (before, first), (after, second) = known[WITHOUT_PROMPTING], known[COMP]
    ends = f"from {decimal(100 * before, 1)} to {decimal(100 * after, 1)} points"
    apart = math.hypot(first, second)  # NaN from one seed
    if math.isnan(apart):
        return f"Performance gap between modalities goes {ends} with ComP, in one seed"
    if abs(before - after) <= apart:
        return f"Performance gap between modalities does not change clearly with ComP ({ends})"
    return f"Performance gap between modalities {'falls' if after < before else 'rises'} {ends} with ComP"


def gap_by_method(gaps: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Method -> its gap, and half the 95 % interval of that."""
    columns = (gaps[name].astype(float).tolist() for name in ("mean", "half"))
    return dict(zip(gaps["method"].astype(str), zip(*columns, strict=True), strict=True))


def imbalance_facts(gaps: pd.DataFrame, joint: pd.DataFrame) -> str:
    """The caveat of a small gap, the gaps with their intervals, and under-optimisation, in sentences."""
    known = gap_by_method(gaps)
    values = ", ".join(
        f"{name} {points_with_interval(*known[method])}" for method, name in METHOD_NAMES.items() if method in known
    )
    return f"{CAVEAT} Gap: {values}. {joint_title(joint)}."
