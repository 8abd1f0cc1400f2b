"""What the table of contents of a Parquet file claims, before anything else of the file is looked at.

The footer is a struct of Thrift's compact protocol (parquet.thrift of the format). PyArrow tells the same, but ends the process
where a column is described wrongly, unless all values were decoded before; and decoding is what a hostile file makes long.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

MARK = b"PAR1"  # at both ends of a file
LONGEST_READ = 2 << 20  # bytes of a footer that are looked through; what is larger is no small file any more
DEEPEST = 12  # structs within one another
ROW_GROUPS, COLUMNS, COLUMN_FACTS = 4, 1, 3  # members of the file's struct, of a row group, of a column chunk
PATH, VALUES, UNPACKED = 3, 5, 6  # members of the facts
TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, STRUCT = 1, 2, 3, 7, 8, 9, 10, 12  # kinds of values
WHOLE_NUMBERS = (4, 5, 6)


class ColumnClaim(NamedTuple):
    """One column of one group of rows."""

    path: str  # its names from the top, with dots between
    values: int
    unpacked: int  # bytes, decompressed but still encoded


def claimed_columns(path: Path) -> list[ColumnClaim]:
    """What a file says of its columns; nothing where it says it at too great length or is damaged, as its reader then tells."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(max(end - 8, 0))
        tail = file.read(8)
        size = int.from_bytes(tail[:4], "little")
        if tail[4:] != MARK or size > min(end - 8, LONGEST_READ):
            return []
        file.seek(end - 8 - size)
        footer = Reader(file.read(size))
    try:
        return list(column_claims(footer.struct(DEEPEST)))
    except (IndexError, KeyError, AttributeError, TypeError, ValueError):
        return []


def column_claims(contents: dict[int, Any]) -> Iterator[ColumnClaim]:
    """The columns of all groups of rows, of the struct of a whole file."""
    for group in contents.get(ROW_GROUPS, ()):
        for column in group[COLUMNS]:
            if facts := column.get(COLUMN_FACTS):
                names = ".".join(part.decode(errors="replace") for part in facts[PATH])
                yield ColumnClaim(names, max(int(facts[VALUES]), 0), max(int(facts[UNPACKED]), 0))


class Reader:
    """Reads values of Thrift's compact protocol in turn. Raises `IndexError` at the end, `ValueError` for nonsense."""

    def __init__(self, content: bytes) -> None:
        self.content, self.place = content, 0

    def byte(self) -> int:
        """The next byte."""
        self.place += 1
        return self.content[self.place - 1]

    def count(self) -> int:
        """A number of seven bits a byte, the lowest first."""
        value = shift = 0
        while shift < 64:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise ValueError("a number has no end")

    def number(self) -> int:
        """A whole number with its sign in the lowest bit."""
        value = self.count()
        return (value >> 1) ^ -(value & 1)

    def struct(self, deeper: int) -> dict[int, Any]:
        """Members by number."""
        if not deeper:
            raise ValueError("it holds structs in structs without end")
        members: dict[int, Any] = {}
        number = 0
        while head := self.byte():
            number = number + (head >> 4) if head >> 4 else self.number()
            kind = head & 0x0F
            members[number] = kind == TRUE if kind in (TRUE, FALSE) else self.value(kind, deeper)
        return members

    def value(self, kind: int, deeper: int) -> Any:
        """A value of a kind; a truth in a list is a byte."""
        if kind in (TRUE, FALSE, BYTE):
            return self.byte()
        if kind in WHOLE_NUMBERS:
            return self.number()
        if kind in (DOUBLE, BINARY):
            begin, self.place = self.after(8 if kind == DOUBLE else self.count())
            return self.content[begin : self.place]
        if kind in (LIST, SET):
            head = self.byte()
            items = self.count() if head >> 4 == 15 else head >> 4
            if items > len(self.content) - self.place:  # each takes a byte at least
                raise IndexError
            return [self.value(head & 0x0F, deeper) for _ in range(items)]
        if kind == STRUCT:
            return self.struct(deeper - 1)
        raise ValueError(f"{kind} is no kind of value that footers have")

    def after(self, size: int) -> tuple[int, int]:
        """Where the next `size` bytes begin, and end."""
        if size > len(self.content) - self.place:
            raise IndexError
        return self.place, self.place + size
