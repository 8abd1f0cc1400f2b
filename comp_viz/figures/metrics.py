"""Values of metrics in words."""

from comp_viz.checkpoint.measurements import SHARE_METRICS
from comp_viz.wording import decimal, percent


def metric_text(metric: str, value: float) -> str:
    """A value as text: `84.6 %`, or a plain number; `not defined` where it is not."""
    return percent(value, 1) if metric in SHARE_METRICS else decimal(value, 3)
