"""Pages that show one of their parts at a time: the parameter of the address that names it, and the charts of each part."""

PagePart = dict[str, tuple[str, ...]]  # part -> keys of its charts and tables

BY_PATTERN, MEASURES, WHO_IS_RIGHT, LARGEST = "By pattern", "Measures", "Who is right", "Largest differences"
COMPARE_PARTS: PagePart = {
    BY_PATTERN: ("by pattern",),
    MEASURES: ("measures",),
    WHO_IS_RIGHT: ("agreement",),
    "By utterances": ("by truth", "by difficulty"),
    "Errors": ("confusion", "calibration"),
    LARGEST: ("differences",),
}
IN_TRAINING, THIS_CONVERSATION, HARD, EFFECT = "In training", "This conversation", "Hard utterances", "Effect"
MODULATION_PARTS: PagePart = {
    IN_TRAINING: ("by_epoch", "guard", "by_position", "by_error", "gradients"),
    THIS_CONVERSATION: ("now",),
    HARD: ("list", "hard"),
    EFFECT: ("worth",),
}
COMPARE_PART, MODULATION_PART = "compare_part", "modulation_part"  # widget keys and address parameters
PARTS = {"compare": (COMPARE_PART, COMPARE_PARTS), "modulation": (MODULATION_PART, MODULATION_PARTS)}  # by page


def part_showing(page: str, chart: str) -> dict[str, str]:
    """The setting that opens the part of a page that a chart is on; none for a page without parts, or another chart."""
    name, parts = PARTS.get(page, ("", {}))
    part = next((part for part, charts in parts.items() if chart in charts), "")
    return {name: part} if part else {}
