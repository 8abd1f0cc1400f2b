"""A file's bytes in the address space: read from disk where they are looked at, and forgotten again."""

import mmap
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from comp_viz.errors import CompVizError
from comp_viz.last_change import last_change

MOST_COPIED = 32 << 20  # bytes of a file that is read as a whole: nobody can change it while it is open
MOST_HELD = 256 << 20  # bytes that are held before they are given back
AROUND = 2 << 20  # bytes that may come along with every place that is looked at: a huge page


class MappedFile:
    """A file mapped into memory, or a copy of a small one. What was looked at of a mapped one counts as memory of this process
    until it is given back.

    A mapped file is not to be written to: the system ends a process that looks at what is no longer there.
    """

    bytes: bytes | mmap.mmap

    def __init__(self, path: Path) -> None:
        """Map it. Raises `OSError`, and `ValueError` for an empty file."""
        self.path, self.changed = path, last_change(path)
        with path.open("rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            if len(self.bytes) <= MOST_COPIED:
                self.bytes = file.read()
        self.place = place_on_disk(path)
        self.buffer = pa.py_buffer(self.bytes)
        self.held = 0

    def look(self, sizes: Iterable[int]) -> None:
        """Say how many bytes have been read in each of some places; when it was much, all is given back to the system.

        It stays in the system's cache, and whoever looks again gets it again: no view becomes invalid.
        """
        self.held += sum(size + AROUND for size in sizes)
        if self.held >= MOST_HELD and isinstance(self.bytes, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            self.bytes.madvise(mmap.MADV_DONTNEED)
            self.held = 0

    def check_unchanged(self) -> None:
        """Raise `CompVizError` when somebody wrote to the file since; one put in its place by renaming does no harm."""
        if isinstance(self.bytes, bytes):
            return
        rewritten = place_on_disk(self.path) == self.place and last_change(self.path) != self.changed
        if self.bytes.size() != len(self.bytes) or rewritten:
            raise CompVizError(
                f"{self.path.name} was written to while it was open. Open it again; and to replace a file, write the new one "
                "beside it and rename it into its place."
            )


def place_on_disk(path: Path) -> tuple[int, int]:
    """Device and number of a file, by which one that was renamed into the place of another is told from it; 0 for none."""
    try:
        state = path.stat()
    except OSError:
        return 0, 0
    return state.st_dev, state.st_ino
