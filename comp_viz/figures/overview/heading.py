"""What the Overview page says above its diagram, and what the words of it mean."""

import numpy as np

from comp_viz.analysis.overview.overview import Overview
from comp_viz.wording import decimal, first_upper, fitting

OVERVIEW_TERMS = (
    "Coordinator weights say how much of each modality enters the fused prediction; these are means over the conversation. "
    "The number of prototypes is the effective one, the exponential of the entropy of their weights: so many prototypes, "
    "with equal weights, would be as varied. It is a mean over utterances, modalities and blocks."
)
CLOSE = 0.02  # of a weight to an equal one


def overview_heading(overview: Overview) -> str:
    """How the coordinator weighs the modalities, and how many prototypes prompts are made of."""
    weights = {name: float(one.weight.mean()) for name, one in overview.modalities.items()}
    most, M = max(weights, key=lambda name: weights[name]), len(weights)
    if weights[most] - 1 / M < CLOSE:
        coordinator = f"coordinator weights are close to 1/{M} each"
    else:
        coordinator = f"{most} has the largest coordinator weight, {decimal(weights[most])}"
    if not overview.prompted:
        return fitting(f"This network has no prompts; {coordinator}", first_upper(coordinator))
    one = next(iter(overview.modalities.values()))
    effective = float(np.mean([each.effective.mean() for each in overview.modalities.values()]))
    prompts = f"prompts draw on {effective:.0f} of {one.own + one.bank} prototypes"
    return fitting(f"{first_upper(coordinator)}; {prompts}", first_upper(prompts))
