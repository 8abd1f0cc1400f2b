"""What a layout is: how its files are told from others, and how they become a frame."""

from abc import ABC, abstractmethod

from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.frame import ReaderFrame
from comp_viz.data.layouts.given import Given


class FileLayout(ABC):
    """One way in which a project writes its data. A new one is a subclass in a file of its own, listed in the registry."""

    name: str  # what people call it
    holds: str  # what makes a file one of it, in words, as "train, valid and test with …"

    @abstractmethod
    def by_name(self, given: Given) -> bool:
        """Whether a file or folder may be of it, by names alone: nothing is read, as whole folders are listed so."""

    @abstractmethod
    def recognise(self, given: Given) -> bool:
        """Whether it is, by what it holds. Raises `CompVizError` for what cannot be read at all."""

    @abstractmethod
    def read(self, given: Given, choices: Choices) -> ReaderFrame:
        """What it holds, asking `choices` what it leaves open; features are read later. Raises `CompVizError`."""
