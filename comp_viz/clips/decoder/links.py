"""The files that one file is made of: some kinds may be joined end to end, of which FFmpeg reads the first alone."""

import io
import mmap
import re
from itertools import islice, pairwise
from typing import BinaryIO

from .boxes import family_of, file_begins

OGG, OGG_BEGINS = b"OggS", re.compile(rb"OggS\x00[\x02\x06].{20}", re.DOTALL)  # a page that begins a stream
FLV, FLV_BEGINS = b"FLV\x01", re.compile(rb"FLV\x01[\x00-\x05]\x00\x00\x00\x09\x00\x00\x00\x00")
MOST = 100  # that are read


class Link(io.RawIOBase):
    """A stretch of a file, as a file."""

    def __init__(self, source: BinaryIO, begin: int, end: int) -> None:
        self.source, self.begin, self.end, self.place = source, begin, end, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.end - self.begin}[whence]
        self.place = max(0, base + place)
        return self.place

    def tell(self) -> int:
        """Where it is."""
        return self.place

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most so many."""
        left = max(0, self.end - self.begin - self.place)
        if not left:  # where broken files send us may be too far to go
            return b""
        self.source.seek(self.begin + self.place)
        data = self.source.read(left if size < 0 else min(size, left))
        self.place += len(data)
        return data


def links(source: BinaryIO) -> list[Link]:
    """The files in a file, in order; one for nearly all."""
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    head = source.read(12)
    family, begins = family_of(head), list[int]()
    if family or head[:4] in (OGG, FLV):
        with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if family:
                begins = list(islice(file_begins(data, family), MOST))
            else:
                begins = [match.start() for match in FLV_BEGINS.finditer(data)] if head[:4] == FLV else ogg_begins(data)
    begins = [0, *(at for at in begins[:MOST] if at)]
    return [Link(source, begin, end) for begin, end in pairwise([*begins, size])]


def ogg_begins(data: mmap.mmap) -> list[int]:
    """Places at which an Ogg file begins: with the first of pages that each begin a stream, one after the other."""
    begins, beside = list[int](), 0  # where a page would begin that belongs to the same file
    for match in OGG_BEGINS.finditer(data):
        at = match.start()
        if at != beside or not at:
            begins.append(at)
        segments = data[at + 26] if at + 26 < len(data) else 0
        beside = at + 27 + segments + sum(data[at + 27 : at + 27 + segments])
    return begins
