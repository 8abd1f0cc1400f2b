"""What a step of a story may set: the parameters that stand in addresses of pages, and what each of them takes."""

from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

StepSettings = dict[str, bool | int | float | str]  # parameter of an address -> its value
LAST_SEED = 9999
SWITCHES = {"aligned", "fitted", "further_tests", "measure", "shuffled", "singly", "whole_split"}
SWITCH_PREFIXES = ("claim_", "test_")  # of the fold and the test of each claim, before its key
SHARES = {"momentum"}  # from 0 to 1, and the weight of each modality
WEIGHT = "weight_"
LISTS = {"compared", "references"}  # one entry of a list of several
PATTERNS = {"pattern", "compare_pattern"}
TEXTS = {
    "checkpoint", "data", "conversation", "compare", "attention_map", "attention_of", "block", "colour", "dimensions", "features",
    "flow_on", "flow_where", "judged_on", "judged_under", "list", "look_at", "method", "metric", "modality", "propagation", "prototype", "rebuilt_by", "reconstruction",
    "prototypes_of", "runs", "share", "split", "train_method", "compare_part", "modulation_part", "ways", "weighing", "why", "why_method", "why_of", "why_order",
}  # fmt: skip
KNOWN = (
    TEXTS
    | LISTS
    | PATTERNS
    | SWITCHES
    | SHARES
    | {"seed", "utterance", "lab", WEIGHT + "audio, …", "claim_gap, …", "test_gap, …"}
)


def is_setting(name: str) -> bool:
    """Whether some page has a parameter of that name."""
    prefixes = (WEIGHT, *SWITCH_PREFIXES)
    return name in KNOWN or name.startswith(prefixes)


def check_settings(view: StepSettings) -> StepSettings:
    """The settings, choices among named options as text. Raises `CompVizError` for one that no page has or takes."""
    for name, value in view.items():
        check_setting(name, value)
    return {name: str(value) if name in TEXTS | LISTS | PATTERNS | {"lab"} else value for name, value in view.items()}


def check_setting(name: str, value: bool | int | float | str) -> None:
    """Raise for a setting that no page has, or that does not take the value."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if name == "lab":
        LabSettings.parse(str(value))
    elif name in PATTERNS:
        Pattern.parse(str(value))
    elif name in SWITCHES or name.startswith(SWITCH_PREFIXES):
        expect(isinstance(value, bool), name, "true or false", value)
    elif name == "seed":
        expect(number and value in range(LAST_SEED + 1), name, f"a whole number from 0 to {LAST_SEED}", value)
    elif name == "utterance":
        expect(number and value in range(1, 1_000_000), name, "a whole number from 1", value)
    elif name in SHARES or name.startswith(WEIGHT):
        expect(number and 0 <= float(value) <= 1, name, "a number from 0 to 1", value)
    else:
        expect(
            name in TEXTS | LISTS, name, f"one of the names that stand in addresses ({', '.join(sorted(KNOWN))})", None
        )


def expect(fits: bool, name: str, expected: str, value: object) -> None:
    """Raise, naming a setting, what it takes and what came, unless that fits."""
    if not fits:
        came = "" if value is None else f", got {shortened(repr(value), 40)}"
        raise CompVizError(f"{shortened(name, 40)!r}: expected {expected}{came}")
