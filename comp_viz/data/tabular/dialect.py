"""How a text file of columns is written: its encoding, what stands between columns, and its decimal mark."""

import codecs
import csv
import io
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from charset_normalizer import from_bytes

from comp_viz.errors import CompVizError

LOOKED_AT = 256 << 10  # bytes from which columns are told
LONGEST_NAMES = 16 << 20  # bytes of the line of names
AT_ONCE = 1 << 20
ROWS_LOOKED_AT = 20
MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
OLD_ENCODINGS = [
    "cp1252",
    "gb18030",
    "shift_jis",
    "big5",
    "cp1251",
]  # of spreadsheets, and where the field's corpora are from
DECIMAL_COMMA, DECIMAL_POINT = re.compile(r"-?\d+,\d+"), re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    encoding: str
    delimiter: str
    decimal: str
    header: tuple[str, ...]  # names of columns, without blanks around them

    @property
    def assumptions(self) -> list[str]:
        """What was told by what is there, where it is not what nearly all files have."""
        odd = [] if self.delimiter == "," else [f"columns are parted by {MARKS[self.delimiter]}s"]
        odd += ["decimals have a comma"] if self.decimal == "," else []
        return odd + ([] if self.encoding.startswith("utf-8") else [f"its text is {self.encoding}"])


def read_dialect(path: Path) -> Dialect:
    """How a file with a line of names and then a line a row is written. Raises `CompVizError` when it is no such file."""
    encoding = text_encoding(path)
    with path.open("rb") as file:
        start = codecs.getincrementaldecoder(encoding)("replace").decode(first_lines(file))
    delimiter, rows = likeliest_rows(start)
    if not rows or not any(rows[0]):
        raise CompVizError(
            f"{path.name} is empty, or has no columns; expected a line with the names of columns, then a line a row."
        )
    cells = [cell.strip() for row in rows[1:] for cell in row]
    commas = sum(bool(DECIMAL_COMMA.fullmatch(cell)) for cell in cells)
    decimal = "," if commas and not any(DECIMAL_POINT.fullmatch(cell) for cell in cells) else "."
    return Dialect(encoding, delimiter, decimal, tuple(name.strip() for name in rows[0]))


def first_lines(file: IO[bytes]) -> bytes:
    """As much as columns are told from; more where the line of names is longer, as of many thousand features."""
    start = file.read(LOOKED_AT)
    while b"\n" not in start and len(start) < LONGEST_NAMES and (more := file.read(LOOKED_AT)):
        start += more
    return start + file.read(LOOKED_AT) if len(start) > LOOKED_AT else start


def text_encoding(path: Path) -> str:
    """UTF-8 or UTF-16 where the file is, else the old encoding that it most likely has."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        block = file.read(AT_ONCE)
        for mark, encoding in BYTE_ORDER_MARKS.items():
            if block.startswith(mark):
                return encoding
        try:
            while block:
                decoder.decode(block)
                block = file.read(AT_ONCE)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            best = from_bytes(block[:LOOKED_AT], cp_isolation=OLD_ENCODINGS).best()
            return best.encoding if best else "cp1252"
    return "utf-8"


def likeliest_rows(text: str) -> tuple[str, list[list[str]]]:
    """What stands between columns, and the first rows: the mark that makes most columns, the same number in every row."""

    def rows_of(mark: str) -> list[list[str]]:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
        first: list[list[str]] = []
        with suppress(csv.Error):  # a cell of more than 131,072 letters, as a whole line is between wrong marks
            first += islice(filter(None, rows), ROWS_LOOKED_AT)
        whole = len(first) < ROWS_LOOKED_AT and len(first) > 1 and len(text) >= LOOKED_AT // 4
        return first[:-1] if whole else first  # the last one may be cut short

    parted = {mark: rows_of(mark) for mark in MARKS}

    def quality(mark: str) -> tuple[bool, int]:
        widths = {len(row) for row in parted[mark]}
        return len(widths) == 1, len(parted[mark][0]) if parted[mark] else 0

    best = max(MARKS, key=quality)
    return best, parted[best]
