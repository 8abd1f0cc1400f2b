"""What an extractor is: one utterance of one modality in, one vector of named features out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from comp_viz.clips.clip import Face
from comp_viz.data.conversation import Floats

# What an extractor is given of an utterance, by modality:
#   audio  samples [n] from -1 to 1 at 16 kHz, up to 30 s
#   text   the words as one line
#   video  the faces found in it, in order of time, at least one
Sound: TypeAlias = Floats
Words: TypeAlias = str
Faces: TypeAlias = Sequence[Face]
Extract = Callable[[Any], Floats]  # utterance -> [D], float32, finite


@dataclass(frozen=True)
class Extractor:
    """One way of making features, known to the registry by its name."""

    name: str  # stands in checkpoints' cards, so it must never come to mean anything else
    modality: str
    feature_names: tuple[str, ...]  # [D]
    licence: str  # of code / weights
    about: str  # a sentence for the capability panel
    get: str  # the command or the place that it is got by
    ready: Callable[[], str | None] = field(repr=False)  # None, or what is missing and the command that mends it
    load: Callable[[], Extract] = field(repr=False)  # slow, kept by `registry.loaded_extractor`; raises `CompVizError`
    languages: tuple[str, ...] = ()  # of words it was made for, as codes such as "en"; none where it does not mind

    @property
    def dims(self) -> int:
        """D, the number of features."""
        return len(self.feature_names)
