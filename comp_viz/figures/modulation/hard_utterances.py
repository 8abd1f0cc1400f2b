"""The words of the table of hard utterances."""

from comp_viz.analysis.modulation.hard_utterances import Hardness
from comp_viz.wording import how_many

HARDNESS_HELP = (
    "Wrong: share of the recorded epochs in which a modality's head was on the wrong side of neutral, or chose another class, "
    "in the training pass: with dropout, noise and that epoch's missing pattern. Both stages count. Error: mean distance to the label, or "
    "one minus the true class's probability. Coefficient: mean over recorded epochs of stage 2."
)


def hardness_title(hardness: Hardness) -> str:
    """How many utterances no head ever got right."""
    wrong, count = hardness.never_right, how_many(len(hardness.rows), "training utterance")
    return f"Every head was wrong about {wrong:,} of {count} in all {hardness.epochs} recorded epochs"


def easy_utterances(hardness: Hardness) -> str:
    """How many utterances every head always got right."""
    return f"Every head was right about {hardness.never_wrong:,} in all of them."
