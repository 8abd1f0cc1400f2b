"""The heading of the Lab page."""

from comp_viz.wording import percent

ABOUT_LAB = (
    "Synthetic conversations with settings that isolate what the paper is about. The best attainable accuracy is computed "
    "from the generating model by exact inference, not learned: no predictor with the same input does better on average."
)


def lab_heading(attainable: float, reached: float | None) -> str:
    """The best attainable accuracy with all modalities, and that of the open checkpoint; None where it cannot read the lab."""
    own = f"reaches {percent(reached, 1)}" if reached is not None else "cannot read this lab"
    return f"{percent(attainable, 1)} accuracy is attainable; the open checkpoint {own}"
