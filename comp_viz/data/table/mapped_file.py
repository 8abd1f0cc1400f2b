"""A file's bytes in the address space: read from disk where they are looked at, and forgotten again."""

import mmap
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

MOST_HELD = 256 << 20  # bytes that are held before they are given back
AROUND = 2 << 20  # bytes that may come along with every place that is looked at: a huge page


class MappedFile:
    """A file mapped into memory. What was looked at counts as memory of this process until it is given back."""

    def __init__(self, path: Path) -> None:
        """Map it. Raises `OSError`, and `ValueError` for an empty file."""
        with path.open("rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.buffer = pa.py_buffer(self.bytes)
        self.held = 0

    def look(self, sizes: Iterable[int]) -> None:
        """Say how many bytes have been read in each of some places; when it was much, all is given back to the system.

        It stays in the system's cache, and whoever looks again gets it again: no view becomes invalid.
        """
        self.held += sum(size + AROUND for size in sizes)
        if self.held >= MOST_HELD and hasattr(mmap, "MADV_DONTNEED"):
            self.bytes.madvise(mmap.MADV_DONTNEED)
            self.held = 0
