"""What the Live page says beside the title of its chart: what the coordinator does, and what the words of the title mean."""

from comp_viz.analysis.live.change import Change
from comp_viz.wording import decimal

LIVE_TERMS = (
    "A prediction flips when it changes sides of neutral, or its class. Accuracy is the share of correct decisions; utterances "
    "that are labelled exactly neutral, or not at all, are left out."
)


def weight_sentence(change: Change) -> str:
    """Which coordinator weight changes most, as the second line below the title."""
    name, (before, here) = max(change.weight_shift.items(), key=lambda item: abs(item[1][1] - item[1][0]))
    if decimal(here) == decimal(before):
        return "The mean coordinator weights stay as they are."
    direction = "falls" if here < before else "rises"
    return f"The mean coordinator weight of {name} {direction} from {decimal(before)} to {decimal(here)}."
