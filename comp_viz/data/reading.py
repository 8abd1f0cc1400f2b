"""How a file is to be read, where it can be read in several ways."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from comp_viz.data.conversation import Task


@dataclass(frozen=True)
class FileReading:
    """What whoever opens a file says of it; where that is needed and not said, the reader asks by an error."""

    task: Task | None = None  # what the labels mean; without a name it keeps the one that the file has for it
    unknown: tuple[str, ...] = ()  # labels that stand for none, such as "255" or "xxx"
    choices: Mapping[str, str] = field(default_factory=dict)  # what a layout leaves open -> its answer


PLAIN_READING = FileReading()
