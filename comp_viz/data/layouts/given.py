"""A file or folder as it was given: its contents are looked at once, and only where a layout needs them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from comp_viz.data.published.unpickle import open_plain_pickle
from comp_viz.wording import shortened

PICKLES = (".pkl", ".pickle", ".pk", ".p")
MOST_NAMED = 12  # keys that are listed of a file that is of no known layout


@dataclass(frozen=True)
class Given:
    """A file or folder to be read."""

    path: Path

    @property
    def suffix(self) -> str:
        """The ending of the name in small letters."""
        return self.path.suffix.lower()

    @property
    def is_pickle(self) -> bool:
        """Whether it is a pickle by its name."""
        return self.suffix in PICKLES and self.path.is_file()

    @cached_property
    def pickled(self) -> object:
        """The plain value that a pickle holds, its large arrays left in the file. Raises `CompVizError`."""
        return open_plain_pickle(self.path)

    @property
    def contents(self) -> str:
        """What is in it, in words."""
        if self.path.is_dir():
            return "a folder"
        return describe_value(self.pickled) if self.is_pickle else f"a {self.suffix} file"


def describe_value(value: object) -> str:
    """A value in words: its type, and what is in it by key or in order."""
    if isinstance(value, dict):
        keys = ", ".join(f"{shortened(key, 30)!r}" for key in list(value)[:MOST_NAMED])
        return f"a dict of {len(value):,} ({keys}{', …' if len(value) > MOST_NAMED else ''})"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value):,} ({', '.join(type(part).__name__ for part in value[:MOST_NAMED])})"
    return f"a {type(value).__name__}"
