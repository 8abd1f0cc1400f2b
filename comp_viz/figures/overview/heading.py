"""What the Overview page says above its diagram, and what the words of it mean."""

import numpy as np

from comp_viz.analysis.overview.overview import Overview
from comp_viz.wording import decimal, fitting

OVERVIEW_TERMS = (
    "Coordinator weights say how much of each modality enters the fused prediction; together they are 1. "
    "The number of prototypes is the effective one, the exponential of the entropy of their weights: so many prototypes, "
    "with equal weights, would be as varied. It is a mean over modalities and blocks. All is of the selected utterance."
)
CLOSE = 0.02  # of a weight to an equal one


def overview_heading(overview: Overview, selected: int) -> str:
    """How utterance `selected`, counted from 0, weighs the modalities, and on how many prototypes its prompts draw."""
    weights = {name: float(one.weight[selected]) for name, one in overview.modalities.items()}
    most, M = max(weights, key=lambda name: weights[name]), len(weights)
    if weights[most] - 1 / M < CLOSE:
        coordinator = f"Utterance {selected + 1} has weights close to 1/{M} each"
    else:
        coordinator = f"Utterance {selected + 1} gives {most} the largest weight, {decimal(weights[most])}"
    if not overview.prompted:
        return fitting(f"{coordinator}; this network has no prompts", coordinator)
    one = next(iter(overview.modalities.values()))
    effective = float(np.mean([each.effective[selected] for each in overview.modalities.values()]))
    prompts = f"prompts draw on {effective:.0f} of {one.own + one.bank} prototypes"
    return fitting(f"{coordinator}; {prompts}", coordinator)
