"""The heading of the Imbalance page, and the terms in it."""

import pandas as pd

from comp_viz.figures.imbalance.curves import accuracy_curves_title
from comp_viz.figures.imbalance.gap import joint_title

IMBALANCE_HELP = (
    "Performance gap: accuracy of the best modality minus that of the worst. Under-optimisation: a modality's own head ends worse after "
    "joint training than when the modality is trained alone."
)


def imbalance_title(joint: pd.DataFrame | None, curves: pd.DataFrame) -> str:
    """Under-optimisation where a results table has it, else the final gap between heads."""
    if joint is not None:
        return joint_title(joint)
    return "The training of this checkpoint was not recorded" if curves.empty else accuracy_curves_title(curves)
