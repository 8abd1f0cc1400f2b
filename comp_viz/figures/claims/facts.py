"""What a claim was tested on, in lines that a reader can repeat it from."""

from comp_viz.analysis.claims.measured_on import MeasuredOn
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.wording import number_list

DIGEST_SHOWN = 12  # characters


def source_facts(source: MeasuredOn) -> list[tuple[str, str]]:
    """Name and value of everything it takes to measure again."""
    checkpoint = [("Checkpoint", source.checkpoint)] if source.checkpoint else []
    optimistic = " EPOCHS SELECTED ON THE TEST SPLIT: every number is optimistic." if source.on_test else ""
    drawings = f", {source.drawings} drawings of each" if source.drawings > 1 else ", one drawing"
    seed = "seed" if len(source.seeds) == 1 else "seeds"
    return [
        ("Measured in", source.measured),
        *checkpoint,
        ("Data", f"{source.data}, {source.split} split, SHA-256 {digest_words(source.digests)}"),
        ("Evaluated under", ", ".join(source.patterns) + drawings),
        ("Training", f"under {Pattern.parse(source.trained_under).words()}, {seed} {number_list(source.seeds)}"),
        ("Selection protocol", f"{selection_words(source.selections)}.{optimistic}"),
    ]


def selection_words(selections: tuple[str, ...]) -> str:
    """How epochs were chosen: in full for one or two protocols, of more, as of cuts, the first."""
    few = len(selections) <= 2
    return "; ".join(selections) if few else f"{selections[0]}; and {len(selections) - 1} more, each of another cut"


def digest_words(digests: tuple[str, ...]) -> str:
    """Digests of the data, in full where there is one."""
    return digests[0] if len(digests) == 1 else ", ".join(f"{one[:DIGEST_SHOWN]}…" for one in digests)
