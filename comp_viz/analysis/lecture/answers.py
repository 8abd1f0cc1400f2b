"""A class guesses which modality moves a prediction most: the question, what was chosen, and what is true."""

from dataclasses import dataclass

ALIKE = 0.9  # of the largest contribution, from which another one counts as being as large


@dataclass(frozen=True)
class Question:
    """Which modality moves the prediction of one utterance most, and what each contributes to it."""

    modalities: tuple[str, ...]
    utterance: int  # counted from 0
    contributions: tuple[float, ...]  # exact Shapley values over all coalitions, one a modality
    number: str  # what they are contributions to: `the score`, `the probability of joy`
    is_share: bool  # whether that is a probability, from 0 to 1

    @property
    def strongest(self) -> tuple[int, ...]:
        """Numbers of the modalities that contribute most, in either direction: those within a tenth of the first."""
        sizes = [abs(value) for value in self.contributions]
        return tuple(m for m, size in enumerate(sizes) if size and size >= ALIKE * max(sizes))


@dataclass(frozen=True)
class ClassAnswers:
    """How often each modality was chosen, one choice a phone."""

    question: Question
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many chose."""
        return sum(self.counts)

    @property
    def shares(self) -> tuple[float, ...]:
        """Of those who chose, the share that chose each modality; zeros where nobody did."""
        return tuple(count / max(self.total, 1) for count in self.counts)

    @property
    def right(self) -> int:
        """How many chose a modality that contributes most."""
        return sum(self.counts[m] for m in self.question.strongest)
