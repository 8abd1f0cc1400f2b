"""What the paper prints for a claim, in a sentence."""

from collections.abc import Sequence

from comp_viz.analysis.claims.published_effects import PublishedEffect
from comp_viz.analysis.results import DATASET_NAMES
from comp_viz.wording import first_upper, signed

NO_PUBLISHED_NUMBER = "The paper shows this as a picture, or says it; it prints no number to set beside ours."


def published_words(effects: Sequence[PublishedEffect]) -> str:
    """Mean and range of each effect on each data set, and what keeps them from being compared with ours."""
    if not effects:
        return NO_PUBLISHED_NUMBER
    by_part: dict[str, list[str]] = {}
    alone = len({one.of for one in effects}) == 1
    for one in effects:
        mean, low, high = (signed(100 * x, 1) for x in (one.mean, one.low, one.high))
        rates = f" ({low} to {high} by missing rate)" if alone else ""
        by_part.setdefault(one.of, []).append(f"{mean} points on {DATASET_NAMES.get(one.dataset, one.dataset)}{rates}")
    listed = "; ".join(f"{of} {' and '.join(words)}" for of, words in by_part.items())
    return f"{first_upper(listed)}, mean of its missing rates. Single numbers of Table 3, of other data and of epochs chosen on the test split."
