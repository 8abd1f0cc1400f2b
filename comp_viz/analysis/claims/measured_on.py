"""What evidence for a claim was measured on, so that it can be measured again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasuredOn:
    """What evidence was measured on, as a card names it."""

    measured: str  # the table it stands in, or the checkpoint it was measured with
    data: str
    digests: tuple[str, ...]  # SHA-256 of the data, of each cut where there are several
    split: str
    patterns: tuple[str, ...]
    drawings: int  # of each random pattern
    seeds: tuple[int, ...]  # training seeds
    trained_under: str
    selections: tuple[str, ...]  # how epochs were chosen, in words
    on_test: bool  # whether epochs were chosen on the test split
    checkpoint: str = ""  # its name and digest, where one was measured
