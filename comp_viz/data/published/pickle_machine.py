"""The stack machine of the pickle format for plain data alone: it makes containers, numbers and text, and knows no code."""

import mmap
import pickle
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from comp_viz.data.published.file_array import FileSpan
from comp_viz.data.published.plain_objects import Element, Name, Unfilled, as_set, brief, keys, stand_in
from comp_viz.errors import CompVizError

LARGE = 1 << 20  # bytes from which on a value may stay in the file
MAX_HELD = 2 << 30  # bytes of values that are no large arrays, of a file that is read in place
MAX_STEPS = 1_000_000  # instructions of the pickle; 13 an utterance in CMU-MOSI, so 300,000 for CMU-MOSEI, the largest
MAX_MADE = 256 * 2**20  # bytes that calls are given to make something of
VALUE_BYTES = 128  # bytes that are counted for a value besides its contents


class Machine:
    """The stack machine of the pickle format: instructions put values on a stack and gather them into containers."""

    def __init__(self, content: bytes | mmap.mmap, stays: Path | None = None, steps: int | None = None) -> None:
        """With `stays`, the file that `content` is of, bytes of large arrays are left in it."""
        self.content, self.at, self.stays, self.steps = content, 0, stays, steps or MAX_STEPS
        self.stack: list[Any] = []
        self.marks: list[int] = []  # heights of the stack where a container began
        self.memo: dict[int, Any] = {}  # values to be used again
        self.held = 0  # bytes taken into memory
        self.spent = 0  # bytes handed to calls, which a file could repeat without growing

    def run(self) -> object:
        """Follow the instructions to the end and give the value they leave."""
        for _ in range(self.steps):
            code = self.take(1)
            if code == pickle.STOP:
                return self.pop()
            if code not in INSTRUCTIONS:
                raise CompVizError(
                    f"it has the instruction {code!r} at byte {self.at - 1}, which plain data do not need."
                )
            INSTRUCTIONS[code](self)
        raise CompVizError(
            f"it holds more values or levels than {self.steps:,} instructions make, too many for its size."
        )

    def take(self, count: int) -> bytes:
        """The next bytes of the file."""
        if self.at + count > len(self.content):
            raise self.ends_early()
        self.at += count
        return self.content[self.at - count : self.at]

    def ends_early(self) -> CompVizError:
        """What to say of a file whose end is missing."""
        return CompVizError(
            f"it ends in the middle, at byte {len(self.content)}. The download may have stopped; get it again."
        )

    def whole(self, width: int, signed: bool = False) -> int:
        """A whole number of so many bytes."""
        return int.from_bytes(self.take(width), "little", signed=signed)

    def block(self, width: int) -> bytes | FileSpan:
        """Bytes that follow their number, itself written in `width` bytes; large ones stay in the file."""
        length = self.whole(width)
        if self.stays and length >= LARGE:
            return self.span(length)
        if self.at + length > len(self.content):
            raise self.ends_early()
        self.held += length
        if self.held > MAX_HELD:
            raise CompVizError(f"it holds more than {MAX_HELD >> 30} GB of values besides large arrays.")
        return self.take(length)

    def span(self, length: int) -> FileSpan:
        """The next bytes as ones that stay in the file."""
        if self.at + length > len(self.content) or not self.stays:
            raise self.ends_early()
        self.at += length
        return FileSpan(self.stays, self.at - length, length)

    def text(self, width: int, encoding: str) -> str | FileSpan:
        """Text that follows the number of its bytes. Large ones stay in the file, as they may turn out to be bytes."""
        content = self.block(width)
        if isinstance(content, FileSpan):
            return replace(content, encoded=encoding == "utf-8", is_text=True)
        return content.decode(encoding)

    def line(self) -> bytes:
        """The bytes before the next line end."""
        end = self.content.find(b"\n", self.at)
        content = self.take((len(self.content) if end < 0 else end) - self.at + 1)
        return content[:-1]

    def push(self, value: object) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Take the last value off; an array stands for itself once it is filled."""
        value = self.stack.pop()
        return value.filled if isinstance(value, Unfilled) else value

    def gather(self) -> list[Any]:
        """Take off all values since the last mark."""
        mark = self.marks.pop()
        values = [value.filled if isinstance(value, Unfilled) else value for value in self.stack[mark:]]
        del self.stack[mark:]
        return values

    def last(self, kind: type) -> Any:
        """The container at the end of the stack, which must be of this kind."""
        if type(self.stack[-1]) is not kind:
            raise CompVizError(f"it is damaged at byte {self.at}: expected a {kind.__name__} to add values to.")
        return self.stack[-1]

    def spend(self, parts: tuple[Any, ...]) -> None:
        """Bear the cost of a call."""
        self.spent += VALUE_BYTES + sum(len(part) for part in parts if isinstance(part, str | bytes))
        self.spent += sum(VALUE_BYTES * len(part) for part in parts if isinstance(part, list))
        if self.spent > MAX_MADE:
            raise CompVizError(f"it makes more than {MAX_MADE >> 20} MB out of the same bytes again and again.")


# Numbers and text


def protocol(machine: Machine) -> None:
    """PROTO: the version of the format."""
    if (version := machine.whole(1)) > 5:
        raise CompVizError(f"it was made with pickle protocol {version}, expected 0 to 5.")


def frame(machine: Machine) -> None:
    """FRAME: so many bytes follow."""
    if machine.whole(8) > len(machine.content) - machine.at:
        raise machine.ends_early()


def bounded(value: int) -> int:
    """A whole number that fits 64 bits: longer ones slow everything down that prints or converts them."""
    if not -(2**63) <= value < 2**64:
        raise CompVizError("it holds a whole number of more than 64 bits.")
    return value


def long(machine: Machine, width: int) -> int:
    """LONG1, LONG4: a whole number with its length before it."""
    length = machine.whole(width)
    if length > 9:  # a number of 64 bits and its sign
        raise CompVizError("it holds a whole number of more than 64 bits.")
    return bounded(machine.whole(length, signed=True))


def long_line(machine: Machine) -> object:
    """INT, LONG: a whole number in decimals, or a truth value."""
    line = machine.line()
    return line == b"01" if line in (b"00", b"01") else bounded(int(line.rstrip(b"L")))


def quoted_line(machine: Machine) -> str:
    """STRING: text of Python 2 as its source code would have it."""
    line = machine.line()
    if len(line) < 2 or line[:1] not in (b"'", b'"') or line[-1:] != line[:1]:
        raise CompVizError(f"it is damaged at byte {machine.at}: expected quotes around a text.")
    return line[1:-1].decode("unicode_escape")  # which takes bytes beyond ASCII as latin1


def unicode_line(machine: Machine) -> str:
    """UNICODE: text with characters beyond latin1 escaped."""
    text = machine.line().decode("raw_unicode_escape")
    text.encode()  # refuses halves of surrogate pairs
    return text


# Containers


def add_pairs(into: dict[Any, Any], flat: list[Any]) -> None:
    """Add keys and values that follow each other."""
    into.update(zip(keys(flat[::2]), flat[1::2], strict=True))


def one_pair(machine: Machine) -> None:
    """SETITEM: a key and its value."""
    value, key = machine.pop(), machine.pop()
    add_pairs(machine.last(dict), [key, value])


def pairs(machine: Machine) -> None:
    """SETITEMS: all keys and values since the mark."""
    flat = machine.gather()
    add_pairs(machine.last(dict), flat)


def make_dict(machine: Machine) -> None:
    """DICT: a dict of the keys and values since the mark."""
    flat = machine.gather()
    machine.push({})
    add_pairs(machine.stack[-1], flat)


def append(machine: Machine) -> None:
    """APPEND: one more value in a list."""
    value = machine.pop()
    machine.last(list).append(value)


def extend(machine: Machine) -> None:
    """APPENDS: all values since the mark."""
    values = machine.gather()
    machine.last(list).extend(values)


def add_items(machine: Machine) -> None:
    """ADDITEMS: all values since the mark into a set."""
    values = machine.gather()
    machine.last(set).update(keys(values))


def short_tuple(machine: Machine, length: int) -> None:
    """TUPLE1 to TUPLE3: a tuple of the last values."""
    machine.push(tuple([machine.pop() for _ in range(length)][::-1]))


# Names and calls


def stack_global(machine: Machine) -> None:
    """STACK_GLOBAL: something by its module and name, both on the stack."""
    name, module = machine.pop(), machine.pop()
    if not isinstance(module, str) or not isinstance(name, str):
        raise CompVizError(
            f"it asks for {brief(name)} of {brief(module)}, expected the names of a module and something in it."
        )
    machine.push(stand_in(module, name))


def call(machine: Machine) -> None:
    """REDUCE: have something made. Only our own stand-ins can be called."""
    parts, called = machine.pop(), machine.pop()
    if not isinstance(called, Name) or not isinstance(parts, tuple):
        raise CompVizError(f"it calls {brief(called)}, which is no function that plain data need.")
    machine.spend(parts)
    machine.push(called(parts))


def build(machine: Machine) -> None:
    """BUILD: what an array or its type is made of."""
    state, target = machine.pop(), machine.stack[-1]
    if not isinstance(target, Element | Unfilled) or not isinstance(state, tuple):
        raise CompVizError(f"it sets the inner state of a {type(target).__name__}, which plain data do not need.")
    machine.spend(state)
    target.build(state)


Instruction = Callable[[Machine], None]


def pushes(make: Callable[[Machine], object]) -> Instruction:
    """The instruction that puts on the stack what `make` gives."""
    return lambda machine: machine.push(make(machine))


def memo_put(index: Callable[[Machine], int]) -> Instruction:
    """The instruction that keeps the last value under a number."""
    return lambda machine: machine.memo.__setitem__(index(machine), machine.stack[-1])


def memo_get(index: Callable[[Machine], int]) -> Instruction:
    """The instruction that uses a kept value again."""
    return lambda machine: machine.push(machine.memo[index(machine)])


INSTRUCTIONS: dict[bytes, Instruction] = {
    pickle.PROTO: protocol,
    pickle.FRAME: frame,
    pickle.NONE: pushes(lambda m: None),
    pickle.NEWTRUE: pushes(lambda m: True),
    pickle.NEWFALSE: pushes(lambda m: False),
    pickle.INT: pushes(long_line),
    pickle.LONG: pushes(long_line),
    pickle.BININT: pushes(lambda m: m.whole(4, signed=True)),
    pickle.BININT1: pushes(lambda m: m.whole(1)),
    pickle.BININT2: pushes(lambda m: m.whole(2)),
    pickle.LONG1: pushes(lambda m: long(m, 1)),
    pickle.LONG4: pushes(lambda m: long(m, 4)),
    pickle.FLOAT: pushes(lambda m: float(m.line())),
    pickle.BINFLOAT: pushes(lambda m: struct.unpack(">d", m.take(8))[0]),
    pickle.STRING: pushes(quoted_line),
    pickle.BINSTRING: pushes(lambda m: m.text(4, "latin1")),
    pickle.SHORT_BINSTRING: pushes(lambda m: m.text(1, "latin1")),
    pickle.UNICODE: pushes(unicode_line),
    pickle.BINUNICODE: pushes(lambda m: m.text(4, "utf-8")),
    pickle.SHORT_BINUNICODE: pushes(lambda m: m.text(1, "utf-8")),
    pickle.BINUNICODE8: pushes(lambda m: m.text(8, "utf-8")),
    pickle.BINBYTES: pushes(lambda m: m.block(4)),
    pickle.SHORT_BINBYTES: pushes(lambda m: m.block(1)),
    pickle.BINBYTES8: pushes(lambda m: m.block(8)),
    pickle.BYTEARRAY8: pushes(lambda m: m.block(8)),
    pickle.MARK: lambda m: m.marks.append(len(m.stack)),
    pickle.EMPTY_TUPLE: pushes(lambda m: ()),
    pickle.TUPLE: pushes(lambda m: tuple(m.gather())),
    pickle.TUPLE1: lambda m: short_tuple(m, 1),
    pickle.TUPLE2: lambda m: short_tuple(m, 2),
    pickle.TUPLE3: lambda m: short_tuple(m, 3),
    pickle.EMPTY_LIST: pushes(lambda m: []),
    pickle.LIST: pushes(lambda m: m.gather()),
    pickle.APPEND: append,
    pickle.APPENDS: extend,
    pickle.EMPTY_DICT: pushes(lambda m: {}),
    pickle.DICT: make_dict,
    pickle.SETITEM: one_pair,
    pickle.SETITEMS: pairs,
    pickle.EMPTY_SET: pushes(lambda m: set()),
    pickle.ADDITEMS: add_items,
    pickle.FROZENSET: pushes(lambda m: as_set(m.gather())),
    pickle.PUT: memo_put(lambda m: int(m.line())),
    pickle.BINPUT: memo_put(lambda m: m.whole(1)),
    pickle.LONG_BINPUT: memo_put(lambda m: m.whole(4)),
    pickle.MEMOIZE: memo_put(lambda m: len(m.memo)),
    pickle.GET: memo_get(lambda m: int(m.line())),
    pickle.BINGET: memo_get(lambda m: m.whole(1)),
    pickle.LONG_BINGET: memo_get(lambda m: m.whole(4)),
    pickle.GLOBAL: pushes(lambda m: stand_in(m.line().decode(), m.line().decode())),
    pickle.STACK_GLOBAL: stack_global,
    pickle.REDUCE: call,
    pickle.BUILD: build,
}
