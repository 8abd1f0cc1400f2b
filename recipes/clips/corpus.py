"""What a corpus of one modality is: labelled utterances, each of which can be read by the clip extractors."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from comp_viz.clips.reading import Read
from comp_viz.clips.settings import Settings
from comp_viz.errors import CompVizError

EMOTIONS = ("neutral", "happy", "sad", "angry")  # in label order
OTHER = -1  # label of an utterance whose emotion is none of these


@dataclass(frozen=True)
class Item:
    """One utterance of a corpus."""

    name: str  # unique in its corpus
    label: int  # number of the emotion, or OTHER
    split: str  # train, validation or test
    group: str  # what it belongs to and is split by: actor, image, dialogue
    speaker: str = ""  # whose utterances may follow each other; of voices its corpus first, "ravdess 3"
    words: str = ""
    altered: bool = False  # made from another one: another recording or picture of the same


@dataclass(frozen=True)
class Corpus:
    """A corpus: its files, and how they are listed and read."""

    name: str
    modality: str
    files: tuple[str, ...]  # in the folder of all corpora
    licence: str
    items: Callable[[Path], list[Item]]  # of that folder, in a fixed order
    reader: Callable[[Path, Settings], Callable[[Item], Read]]  # opens it for reading items

    def check(self, root: Path) -> None:
        """Raise `CompVizError` naming the files that are not there."""
        absent = [name for name in self.files if not (root / name).exists()]
        if absent:
            raise CompVizError(f"{root} has no {', '.join(absent)}. Give the folder that holds {self.name}.")
