"""What the Claims page says of a test on the open checkpoint and data: how it is made, and why it cannot be."""

from collections.abc import Sequence

from comp_viz.analysis.claims.accuracies import ALONE, LACKING, NOTHING, WITHOUT_PROMPTS, methods_of_claim
from comp_viz.analysis.claims.protocol import TEST_PATTERN, TEST_RATES

TEST_ALL = "Test all on this checkpoint and data"
TEST_ALL_HELP = "Switches on the test of every claim that what is open can tell something of. It takes seconds for data of the size of Hazumi."
NOTHING_OPEN = "Nothing is open that could be tested. The sidebar says what is missing, and how to mend it."
TEST_LABEL = "Test it on this checkpoint and data"
# Method -> what a checkpoint of it was trained without, and how it is made.
MISSING_COUNTERPARTS = {
    WITHOUT_PROMPTS: ("without prompts", "--no-prompting"),
    ALONE: ("on each modality alone", ""),
    NOTHING: ("without all four parts", ""),
    LACKING["propagation"]: ("without propagation", "--no-propagation"),
    LACKING["prompts"]: ("without prompts", "--no-prompting"),
    LACKING["coordinator"]: ("without the coordinator", "--no-coordination"),
    LACKING["gradient modulator"]: ("without the gradient modulator", "--no-modulate"),
}
SWEEP_ROWS = {ALONE: "Each modality alone", NOTHING: "A network without any part"}  # what `train` has no option for
ACCURACY_HELP = (
    f"Evaluates the open checkpoint on the test split at the missing rates {', '.join(f'{rate:g}' for rate in TEST_RATES)}, and beside it every "
    "checkpoint here that was trained on the same data with the same settings but without what the claim is about. Intervals are "
    "over conversations (bootstrap), of one training seed."
)
INSIDE_HELP = (
    f"Two passes over every conversation of the test split: with the pattern {TEST_PATTERN}, always the same drawing, and as recorded. Intervals are "
    "over conversations (bootstrap), of one training seed."
)
UNFINISHED = "Still measuring: there is no verdict before every conversation counts."
ONE_SEED = (
    "One checkpoint is one training seed, so this says what holds for these weights, not for the method. Holm's method counts all seven claims "
    "here as well, those not tested included."
)


def not_measured_words(name: str, reason: str) -> str:
    """Why a checkpoint cannot be tested."""
    return f"{reason} Claims are tested on a checkpoint of ComP with all its parts; open one in the sidebar in place of {name}."


def no_counterpart(key: str, name: str, roles: Sequence[str] | None = None) -> str:
    """Which checkpoints a test lacks beside the one called `name`, and how to make them; all where no `roles` are given."""
    lacking = [role for role in methods_of_claim(key) if role in (MISSING_COUNTERPARTS if roles is None else roles)]
    words = list(dict.fromkeys(MISSING_COUNTERPARTS[role][0] for role in lacking))
    flags = list(dict.fromkeys(flag for role in lacking if (flag := MISSING_COUNTERPARTS[role][1])))
    listed = " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    made = f"`comp-viz train` with the same settings and `{'` or `'.join(flags)}` makes one. " if flags else ""
    rows = [name for role, name in SWEEP_ROWS.items() if role in lacking]
    table = (
        f"{' and '.join(rows)} {'are' if len(rows) > 1 else 'is'} made by a sweep (`docs/sweeps.md`). " if rows else ""
    )
    return f"No checkpoint here was trained as {name} was, but {listed}. {made}{table}".strip()
