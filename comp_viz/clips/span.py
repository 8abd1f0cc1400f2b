"""An utterance's place in a clip, and its recognised words."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Word:
    """One recognised word."""

    text: str  # as written in the sentence, with the punctuation that follows
    start: float  # seconds from the start of the clip
    end: float
    probability: float  # that the recogniser gave it, 0 to 1; 1 for words that a visitor wrote


@dataclass(frozen=True)
class Span:
    """One utterance's place in the clip, and the words spoken in it."""

    start: float  # seconds from the start of the clip
    end: float
    words: tuple[Word, ...] = ()  # none where nobody speaks

    @property
    def text(self) -> str:
        """The words, as one line."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """Mean probability of the words, 0 to 1; 0 without words."""
        return float(np.mean([word.probability for word in self.words])) if self.words else 0.0
