"""Whether an explanation survives noise, and depends on what was learned, in words."""

import numpy as np

from comp_viz.analysis.why.sanity import Sanity
from comp_viz.wording import decimal, percent

SANITY_HELP = (
    "Noise: 0.1 standard deviations on every observed feature, three times; the rank correlation of the sizes of all cells should stay near "
    "1. Random weights: three untrained networks of the same architecture; it should be near 0 (Adebayo et al., 2018): an explanation that "
    "they reproduce comes from the architecture, not from what was learned. Correlations run from −1 to 1."
)


def sanity_title(sanity: Sanity) -> str:
    """What the two tests find."""
    noise, random = (float(np.mean(x)) for x in (sanity.noise, sanity.random))
    if np.isnan(noise) or np.isnan(random):
        return "Too little is observed to compare explanations"
    stable = "Stable" if noise >= 0.9 else "Partly stable" if noise >= 0.5 else "Unstable"
    reproduced = "not" if random < 0.3 else "partly" if random < noise else "fully"
    return f"{stable} under noise (correlation {decimal(noise)}), {reproduced} reproduced by random weights ({decimal(random)})"


def sanity_facts(sanity: Sanity) -> str:
    """How far noise changes the explanation."""
    return f"Mean change of the explanation under noise: {percent(sanity.change)} of its length."
