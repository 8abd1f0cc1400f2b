"""Arrow IPC files: their messages, and how much memory they take, known before anything is decompressed.

Such a file is the stream of its messages between two marks, with a table of contents at the end. The stream is what we
read, so that the messages counted are the messages read.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from comp_viz.data.table.mapped_file import MappedFile
from comp_viz.errors import UNREADABLE, CompVizError

ARROW_MARK, START = b"ARROW1", 8  # the mark is padded at the start of the file
ARROW_ERRORS = (*UNREADABLE, pa.ArrowException, struct.error)


@dataclass(frozen=True)
class ArrowFile:
    """A mapped Arrow file."""

    path: Path
    mapped: MappedFile

    @classmethod
    def open(cls, path: Path) -> "ArrowFile":
        """Map a file. Raises `CompVizError` when it is not a whole Arrow file."""
        with explain_damage(path):
            mapped = MappedFile(path)
        if mapped.bytes[: len(ARROW_MARK)] != ARROW_MARK or mapped.bytes[-len(ARROW_MARK) :] != ARROW_MARK:
            raise CompVizError(
                f"{path.name} is no whole Arrow file: it does not begin and end with {ARROW_MARK.decode()}. "
                "It may be truncated, or written by something else (Arrow streams and Feather 1 are not read)."
            )
        return cls(path, mapped)

    @property
    def messages(self) -> pa.Buffer:
        """The stream of messages."""
        return self.mapped.buffer.slice(START)

    def reader(self) -> pa.RecordBatchReader:
        """A reader of the record batches. Raises `DAMAGED`."""
        return pa.ipc.open_stream(self.messages)

    def claims(self) -> tuple[int, bool]:
        """Bytes that all record batches together take in memory, and whether any is compressed. Raises `DAMAGED`."""
        sizes = [claim(message) for message in pa.ipc.MessageReader.open_stream(self.messages)]
        return sum(size for size, _ in sizes), any(compressed for _, compressed in sizes)


@contextmanager
def explain_damage(path: Path) -> Iterator[None]:
    """Raise `CompVizError` for whatever a damaged file makes Arrow raise."""
    try:
        yield
    except CompVizError:
        raise
    except ARROW_ERRORS as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise CompVizError(
            f"{path.name} cannot be read ({reason}). It may be truncated or damaged; copy or make it again."
        ) from None


def claim(message: pa.Message) -> tuple[int, bool]:
    """Bytes that a message takes in memory, and whether it is compressed, by the header of the message (a FlatBuffer).

    A compressed buffer begins with its size, 8 bytes; -1 there says that it is kept as it is.
    """
    if message.body is None or message.type not in ("record batch", "dictionary"):
        return 0, False
    header, body = memoryview(message.metadata), memoryview(message.body)
    batch = follow(header, member(header, follow(header, 0), 2))
    if message.type == "dictionary":
        batch = follow(header, member(header, batch, 1))
    if not member(header, batch, 3):
        return len(body), False
    buffers = follow(header, member(header, batch, 2))
    (count,) = struct.unpack_from("<I", header, buffers)
    places = [struct.unpack_from("<qq", header, buffers + 4 + 16 * number) for number in range(count)]
    sizes = [struct.unpack_from("<q", body, offset)[0] for offset, length in places if length]
    return len(body) + sum(size for size in sizes if size > 0), True


def follow(header: memoryview, place: int) -> int:
    """Where the offset at `place` leads."""
    return place + int(struct.unpack_from("<I", header, place)[0])


def member(header: memoryview, table: int, number: int) -> int:
    """Where member `number` of a table is, 0 when the table has none."""
    layout = table - int(struct.unpack_from("<i", header, table)[0])
    (size,) = struct.unpack_from("<H", header, layout)
    slot = 4 + 2 * number
    offset = int(struct.unpack_from("<H", header, layout + slot)[0]) if slot < size else 0
    return table + offset if offset else 0
