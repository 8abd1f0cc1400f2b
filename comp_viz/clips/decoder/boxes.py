"""Where files begin in a file of boxes: MP4 and its kin, WAV, AIFF and CAF, joined end to end.

Each box says how long it is, and FFmpeg reads those of the first file alone: after its end come boxes that it does not expect.
"""

from collections.abc import Callable, Iterator
from mmap import mmap
from typing import NamedTuple

Data = mmap | bytes


class Family(NamedTuple):
    """Files whose boxes lie one after another."""

    mark: bytes  # of the box that a file begins with
    place: int  # of the mark in that box
    length: Callable[[Data, int], int]  # of the box at a place, with its head; 0 where it goes on to the end


def iso_length(data: Data, at: int) -> int:
    """MP4, MOV, 3GP: four bytes of length, four of name, and eight of length where four are too few."""
    length = int.from_bytes(data[at : at + 4], "big")
    return int.from_bytes(data[at + 8 : at + 16], "big") if length == 1 else length


def riff_length(data: Data, at: int) -> int:
    """WAV: four bytes of name, four of what follows, low ones first; an even number of bytes."""
    length = int.from_bytes(data[at + 4 : at + 8], "little")
    return 8 + length + length % 2


def form_length(data: Data, at: int) -> int:
    """AIFF: the same, high bytes first."""
    length = int.from_bytes(data[at + 4 : at + 8], "big")
    return 8 + length + length % 2


def caf_length(data: Data, at: int) -> int:
    """CAF: its head of eight bytes, then four bytes of name and eight of what follows."""
    if data[at : at + 4] == b"caff":
        return 8
    length = int.from_bytes(data[at + 4 : at + 12], "big", signed=True)
    return 12 + length if length >= 0 else 0


FAMILIES = (
    Family(b"ftyp", 4, iso_length),
    Family(b"RIFF", 0, riff_length),
    Family(b"FORM", 0, form_length),
    Family(b"caff", 0, caf_length),
)


def family_of(head: bytes) -> Family | None:
    """The family of a file with these first twelve bytes. AVI is none: FFmpeg reads several in one file by itself."""
    if head[8:12] == b"AVI ":
        return None
    return next((one for one in FAMILIES if head[one.place : one.place + 4] == one.mark), None)


def file_begins(data: Data, family: Family) -> Iterator[int]:
    """Places at which a box begins a file, the first of all as well."""
    at = 0
    while at + 8 <= len(data):
        if data[at + family.place : at + family.place + 4] == family.mark:
            yield at
        length = family.length(data, at)
        if length < 8:
            return
        at += length
