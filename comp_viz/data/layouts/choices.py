"""What a file leaves open, such as which of its labels to take, and how it was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comp_viz.errors import CompVizError
from comp_viz.wording import shortened


@dataclass(frozen=True)
class Choice:
    """A question that a file leaves open, and its answer."""

    name: str  # "pooling", "labels", "extractor.audio"
    value: str  # one of the alternatives
    alternatives: tuple[str, ...]  # the first is taken where nobody says otherwise
    about: str  # what is chosen, in words

    def __str__(self) -> str:
        others = ", ".join(name for name in self.alternatives if name != self.value)
        return f"{self.name}={self.value}{f' (or {others})' if others else ''}"


class Choices:
    """Answers that were given beforehand, and all questions that a layout asked while it read."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self.given, self.made = dict(given or {}), list[Choice]()

    def pick(self, name: str, alternatives: Sequence[str], about: str) -> str:
        """The given answer to a question, else the first alternative. Raises `CompVizError` for an answer that is none."""
        value = self.given.get(name, alternatives[0])
        if value not in alternatives:
            raise CompVizError(
                f"choice {name}: expected one of {shortened(', '.join(alternatives), 300)}, got {shortened(value, 60)!r}."
            )
        self.made.append(Choice(name, value, tuple(alternatives), about))
        return value

    def check_used(self) -> None:
        """Raise `CompVizError` for an answer to a question that the file does not ask."""
        questions = [choice.name for choice in self.made]
        if odd := sorted(self.given.keys() - set(questions)):
            raise CompVizError(
                f"choice {shortened(odd[0], 60)!r}: this file leaves no such thing open, only {', '.join(questions) or 'nothing'}."
            )
