"""Missing patterns: which modality of which utterance is taken away, written in one small vocabulary everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from comp_viz.data.conversation import Bools, Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.base import PatternPart
from comp_viz.data.patterns.entries import Cells, Only, Rates, Uniform
from comp_viz.data.patterns.label import Label
from comp_viz.data.patterns.text import Call, read_calls
from comp_viz.data.patterns.utterances import Outage, Speaker
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

AS_RECORDED = "found"  # the text of the pattern without parts: everything as the recordings have it
PATTERN_EXAMPLE = "uniform(0.3) + outage(audio, 8, 12)"
MOST_PARTS = 20
PATTERN_PARTS: dict[str, type[PatternPart]] = {
    part.kind: part for part in (Uniform, Only, Rates, Outage, Speaker, Label, Cells)
}
EXAMPLES = ", ".join([AS_RECORDED, *(part.example for part in PATTERN_PARTS.values())])


@dataclass(frozen=True)
class Pattern:
    """Parts applied in order, each to what those before it left. Without parts, everything is as recorded."""

    parts: tuple[PatternPart, ...] = ()

    def __post_init__(self) -> None:
        if len(self.parts) > MOST_PARTS:
            raise CompVizError(f"a missing pattern has at most {MOST_PARTS} parts, got {len(self.parts)}.")

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        """Read what `str` gives. Raises `CompVizError` saying what was wrong, what is known, and an example."""
        example = PATTERN_EXAMPLE
        try:
            parts: list[PatternPart] = []
            for call in read_calls(text):
                example = PATTERN_PARTS[call.kind].example if call.kind in PATTERN_PARTS else PATTERN_EXAMPLE
                parts += read_parts(call)
            return cls(tuple(parts))
        except CompVizError as error:
            raise CompVizError(
                f"missing pattern {shortened(text, 80)!r}: {error} Known are {', '.join([AS_RECORDED, *PATTERN_PARTS])}; an example is {example}."
            ) from None

    def __str__(self) -> str:
        return " + ".join(map(str, self.parts)) or AS_RECORDED

    def words(self) -> str:
        """What it does, in a short plain phrase, such as "30 % of all entries missing completely at random"."""
        return ", then ".join(part.words() for part in self.parts) or "everything as recorded"

    @property
    def random(self) -> bool:
        """Whether a seed matters."""
        return any(part.random for part in self.parts)

    def check(self, modalities: Sequence[str], task: Task) -> None:
        """Raise `CompVizError` when it names a modality or a label that there is not."""
        for part in self.parts:
            part.check(modalities, task)

    def check_data(self, utterances: Utterances, task: Task) -> None:
        """The same, and raise also when whole data has nobody of a name, or is not what a matrix was edited for."""
        for part in self.parts:
            part.check_data(utterances, task)

    def __call__(self, utterances: Utterances, task: Task, rng: np.random.Generator) -> Bools:
        """What is left of `utterances.observed`, `[N, M]`. Raises `CompVizError` as `check` does.

        A speaker who is not among these utterances, as in a batch or in one conversation, is simply not there to be missing.
        """
        self.check(utterances.modalities, task)
        for part in self.parts:
            utterances = replace(utterances, observed=part(utterances, task, rng))
        return utterances.observed


# The missing rates at which the field reports its results.
PROTOCOL = tuple(Pattern((Uniform(rate),)) for rate in (0.0, 0.3, 0.5, 0.7))


def read_parts(call: Call) -> list[PatternPart]:
    """The part a text calls for; none for `found`."""
    if call == Call(AS_RECORDED):
        return []
    if call.kind not in PATTERN_PARTS:
        raise CompVizError(
            f"there is no {shortened(call.kind, 40)!r}{' with arguments' if call.kind == AS_RECORDED else ''}."
        )
    return [PATTERN_PARTS[call.kind].read(call)]
