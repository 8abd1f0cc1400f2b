"""What the Live page says beside the title of its chart: what the weights do, and what the words of the title mean."""

from comp_viz.analysis.live.change import Change
from comp_viz.wording import decimal

LIVE_TERMS = (
    "A prediction flips when it changes sides of neutral, or its class. Accuracy is the share of correct decisions; utterances "
    "that are labelled exactly neutral, or not at all, are left out."
)


def weight_sentence(change: Change) -> str:
    """Which weight changes most, as the second line below the title; "" where there are none."""
    if not change.weight_shift:
        return ""
    name, (before, here) = max(change.weight_shift.items(), key=lambda item: abs(item[1][1] - item[1][0]))
    if decimal(here) == decimal(before):
        return f"The mean {change.weights_from} weights stay as they are."
    direction = "falls" if here < before else "rises"
    return f"The mean {change.weights_from} weight of {name} {direction} from {decimal(before)} to {decimal(here)}."
