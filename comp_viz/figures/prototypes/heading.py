"""What the Prototypes page says above its sections, and what the words of it mean."""

from collections.abc import Mapping, Sequence

from comp_viz.analysis.prototypes.assignment import Assignment
from comp_viz.wording import fitting, percent

PROTOTYPES_TERMS = (
    "Every prompt is a mean of prototypes, weighed by similarity, plus what the utterance's own features give. The effective number "
    "is the exponential of the entropy of the weights: so many prototypes of equal weight would be as varied. The number given is that of "
    "the most selective modality and block, a mean over utterances, the share of the prompts' variance along the conversation the largest."
)


def prototypes_heading(blocks: Sequence[Mapping[str, Assignment]]) -> str:
    """On how many prototypes prompts draw, and how much of their variance these explain; `blocks` are empty without prompts."""
    every = [each for block in blocks for each in block.values()]
    if not every:
        return "This network has no prompts, and so no prototypes to draw on"
    least = min(every, key=lambda each: float(each.entropy.mean()))
    draw = f"Prompts draw on at least {float(least.effective.mean()):.0f} of {least.prototypes} prototypes"
    varying = [each.explained for each in every if each.varies]
    if not varying:  # one utterance: nothing to vary over
        return draw
    explained = max(0.0, *varying)
    return fitting(
        f"{draw}; these explain at most {percent(explained, 1)} of variance",
        f"{draw}; these explain at most {percent(explained)}",
    )
