"""What everything starts from: conversations and the task their labels set."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comp_viz.errors import CompVizError
from comp_viz.wording import compact

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
SPLITS = ("train", "validation", "test")
MODALITIES = ("audio", "text", "video")  # of the paper and the published features, in this order
POLARITIES = ("negative", "neutral", "positive")  # a score below, at and above the neutral point of its task
SIDES = ("negative", "positive")  # what can be decided for a score; one that is exactly neutral is not judged


@dataclass(frozen=True)
class Task:
    """What the labels mean: a `score` on a scale with a neutral point, or one of several `classes`."""

    name: str  # what is predicted, in a word: "sentiment", "emotion"
    classes: tuple[str, ...] = ()  # class names in label order; empty for a score
    low: float = -3.0  # ends of the scale, in label units
    high: float = 3.0
    neutral: float = 0.0  # the score that is neither negative nor positive; predictions are made relative to it

    def __post_init__(self) -> None:
        called = f"task {self.name!r}" if self.name else "task"
        if len(self.classes) == 1:
            raise CompVizError(f"{called}: expected at least two classes, got only {self.classes[0]!r}.")
        ordered = -np.inf < self.low < self.high < np.inf and self.low <= self.neutral <= self.high
        if not self.classes and not ordered:
            raise CompVizError(
                f"{called}: expected a finite range with neutral inside it, got {self.low:g} to {self.high:g} "
                f"with neutral {self.neutral:g}."
            )

    @property
    def outputs(self) -> int:
        """C, the number of values a head predicts for an utterance."""
        return len(self.classes) or 1

    @property
    def decisions(self) -> tuple[str, ...]:
        """Names of what can be decided for an utterance, in the order of `Prediction.decisions`: classes, or sides of neutral."""
        return self.classes or SIDES

    @property
    def scale(self) -> str:
        """The range of the labels in words."""
        if self.classes:
            return ", ".join(self.classes)
        return f"{compact(self.low)} to {compact(self.high)}, neutral {compact(self.neutral)}"


@dataclass(frozen=True)
class Conversation:
    """`S` utterances in order, each with one feature vector per modality, any of which may be missing."""

    id: str
    features: Mapping[str, Floats]  # modality -> [S, D_u]; zeros where missing
    observed: Bools  # [S, M], what the recording itself has, in the order of `features`
    labels: Floats  # [S], scores or class numbers; NaN where unknown
    words: tuple[str, ...]  # [S] transcripts, "" where there is none
    context: tuple[str, ...]  # [S] what was said to the speaker just before, "" where unknown
    speakers: tuple[str, ...]  # [S]
    durations: Floats  # [S] seconds, NaN where unknown
    split: str = ""  # one of SPLITS, or "" when the data set does not say

    def __post_init__(self) -> None:
        S = len(self)
        for name, x in self.features.items():
            if x.ndim != 2 or len(x) != S or x.shape[1] < 1:
                raise CompVizError(
                    f"Conversation {self.id!r}: {name} features have shape {list(x.shape)}, expected [{S}, D]."
                )
            if not np.isfinite(x).all():
                rows = np.flatnonzero(~np.isfinite(x).all(1))
                raise CompVizError(
                    f"Conversation {self.id!r}: {name} features are NaN or infinite at utterances {rows[:5].tolist()}."
                )
        if self.observed.shape != (S, len(self.features)):
            raise CompVizError(
                f"Conversation {self.id!r}: observed has shape {list(self.observed.shape)}, expected [{S}, {len(self.features)}]."
            )
        for name in ("labels", "words", "context", "speakers", "durations"):
            if len(getattr(self, name)) != S:
                raise CompVizError(
                    f"Conversation {self.id!r}: {len(getattr(self, name))} {name}, expected one for each of {S} utterances."
                )
        if S == 0:
            raise CompVizError(f"Conversation {self.id!r} has no utterances.")

    def __len__(self) -> int:
        return len(self.observed)

    @property
    def recorded(self) -> Bools:
        """Whether anything of an utterance is in the recording, `[S]`; without, nothing is said of it."""
        return np.asarray(self.observed.any(axis=1))

    @property
    def widths(self) -> dict[str, int]:
        """D_u, the feature width of each modality."""
        return {name: x.shape[1] for name, x in self.features.items()}

    def window(self, first: int, last: int) -> "Conversation":
        """Utterances `first` up to but not including `last`, counted from 0, as a conversation of their own."""
        part = slice(first, last)
        return Conversation(
            f"{self.id} [{first + 1}-{min(last, len(self))}]",
            {name: x[part] for name, x in self.features.items()},
            self.observed[part],
            self.labels[part],
            self.words[part],
            self.context[part],
            self.speakers[part],
            self.durations[part],
            self.split,
        )
