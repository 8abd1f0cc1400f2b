"""The heading of the Modulation page, and the terms in it."""

import numpy as np

from comp_viz.analysis.modulation.telemetry import ModulationRecord
from comp_viz.wording import decimal, fitting, percent

MODULATION_HELP = (
    "A modulation coefficient scales a gradient: 1 leaves it as it is, below 1 makes it smaller, above 1 larger. Training clips "
    "coefficients to a range, because they can explode or turn negative."
)
PARTS_HELP = (
    "In training: the coefficients of the whole run. This conversation: what it would get as a batch of its own. Hard utterances: which stay "
    "wrong, and which never were. Effect: finished models with and without the modulator."
)


def modulation_title(record: ModulationRecord, checkpoint: str, prompting: bool) -> str:
    """How far the coefficients of a checkpoint's training lay from 1 and how many were clipped, or why there are none."""
    if not prompting:
        return fitting(
            f"{checkpoint} has no prompts, so it has no modulation coefficients", "This checkpoint has no prompts"
        )
    if record.gradients.empty:
        return fitting(
            f"The training of {checkpoint} was not recorded", "The training of this checkpoint was not recorded"
        )
    if record.by_epoch.empty:
        return fitting(
            f"{checkpoint} was trained without the modulator", "This checkpoint was trained without the modulator"
        )
    low, high = record.inner_half
    clipped = percent(float(np.mean([*record.clipped.values()])), 1)
    return f"Half of the modulation coefficients lie between {decimal(low, 3)} and {decimal(high, 3)}; {clipped} were clipped"
