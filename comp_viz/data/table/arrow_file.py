"""Arrow IPC files and streams: their messages, and how much memory they take, known before anything is decompressed.

A file has a table of contents at its end (the footer), which says where each message is: there may be gaps between them,
and they need not be in order. A stream, as `datasets` of Hugging Face saves, is its messages one after the other.
"""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from comp_viz.data.table.mapped_file import MappedFile
from comp_viz.errors import UNREADABLE, CompVizError

ARROW_MARK = b"ARROW1"  # at both ends of a file
STREAM_MARK, STREAM_END = b"\xff\xff\xff\xff", b"\xff\xff\xff\xff\0\0\0\0"  # what a stream begins and ends with
FOOTER_END = 4 + len(ARROW_MARK)  # bytes after the footer: its size, and the mark
BLOCK = struct.Struct("<qi4xq")  # where a message is, by the footer: offset, bytes of metadata, bytes of body
DICTIONARIES, RECORD_BATCHES = 2, 3  # members of the footer
ARROW_ERRORS = (*UNREADABLE, pa.ArrowException, struct.error)


@dataclass(frozen=True)
class ArrowFile:
    """A mapped Arrow file or stream."""

    path: Path
    mapped: MappedFile
    is_stream: bool

    @classmethod
    def open(cls, path: Path) -> "ArrowFile":
        """Map a file. Raises `CompVizError` when it is no whole Arrow file and no stream."""
        with explain_damage(path):
            mapped = MappedFile(path)
        content = mapped.bytes
        if content[: len(STREAM_MARK)] == STREAM_MARK:
            return cls(path, mapped, is_stream=True)
        if content[: len(ARROW_MARK)] != ARROW_MARK or content[-len(ARROW_MARK) :] != ARROW_MARK:
            raise CompVizError(
                f"{path.name} is no whole Arrow file: it does not begin and end with {ARROW_MARK.decode()}, nor is it an Arrow "
                "stream. It may be truncated, or written by something else (Feather 1 is not read)."
            )
        return cls(path, mapped, is_stream=False)

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns. Raises what is in `ARROW_ERRORS`."""
        return self.stream().schema if self.is_stream else self.file().schema

    @property
    def cut_off(self) -> bool:
        """Whether this is a stream without a mark at its end, as one is that was cut off between two messages."""
        return self.is_stream and self.mapped.bytes[-len(STREAM_END) :] != STREAM_END

    def stream(self, options: pa.ipc.IpcReadOptions | None = None) -> pa.RecordBatchReader:
        """A reader of a stream."""
        return pa.ipc.open_stream(self.mapped.buffer, options=options)

    def file(self, options: pa.ipc.IpcReadOptions | None = None) -> pa.ipc.RecordBatchFileReader:
        """A reader of a file."""
        return pa.ipc.open_file(self.mapped.buffer, options=options)

    def batches(self, names: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The record batches in order, of all columns or of some, not copied. Raises what is in `ARROW_ERRORS`."""
        wanted = None if names is None else [self.schema.get_field_index(name) for name in names]
        options = pa.ipc.IpcReadOptions(included_fields=wanted)
        if self.is_stream:
            yield from self.stream(options)
            return
        reader = self.file(options)
        yield from map(reader.get_batch, range(reader.num_record_batches))

    def claims(self) -> tuple[int, bool]:
        """Bytes that all messages together take in memory, and whether any is compressed. Raises what is in `ARROW_ERRORS`."""
        sizes = [claim(message) for message in self.messages()]
        return sum(size for size, _ in sizes), any(compressed for _, compressed in sizes)

    def messages(self) -> Iterator[pa.Message]:
        """The messages with contents."""
        if self.is_stream:
            yield from pa.ipc.MessageReader.open_stream(self.mapped.buffer)
            return
        for offset, metadata, body in self.blocks():
            yield pa.ipc.read_message(self.mapped.buffer.slice(offset, metadata + body))

    def blocks(self) -> list[tuple[int, int, int]]:
        """Where each message with contents is, by the footer, a FlatBuffer: its offset, bytes of metadata and of body.

        Raises `CompVizError` when two share bytes: a few bytes could stand for any number of rows then.
        """
        content = self.mapped.bytes
        (size,) = struct.unpack_from("<i", content, len(content) - FOOTER_END)
        footer = memoryview(content)[max(len(content) - FOOTER_END - size, 0) : len(content) - FOOTER_END]
        blocks: list[tuple[int, int, int]] = []
        for number in (DICTIONARIES, RECORD_BATCHES):
            if place := member(footer, follow(footer, 0), number):
                vector = follow(footer, place)
                (count,) = struct.unpack_from("<I", footer, vector)
                blocks += BLOCK.iter_unpack(footer[vector + 4 : vector + 4 + count * BLOCK.size])
        ends = 0
        for offset, metadata, body in sorted(blocks):
            if offset < ends or metadata < 0 or body < 0:
                raise CompVizError(f"{self.path.name}: its table of contents names overlapping places. It is damaged.")
            ends = offset + metadata + body
        if ends > len(content):
            raise CompVizError(f"{self.path.name}: its table of contents names places beyond its end. It is truncated.")
        return blocks


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
