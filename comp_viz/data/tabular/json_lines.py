"""JSONL, an object an utterance, read by Arrow; also a JSON file that is one list of objects."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import json as arrow_json

from comp_viz.data.memory_budget import check_size
from comp_viz.data.tabular.memory import MemoryColumns
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

BLOCK = 256 << 20  # bytes that an object has to fit into
MOST_JSON = 512 << 20  # bytes of a file that is one list, which Python reads as a whole
OBJECTS = 4  # bytes in memory of a byte of JSON, about: a number of two digits takes eight
DEEPEST = 4  # objects within objects
MOST_NESTED = 64
AT_ONCE = 1 << 20  # bytes
OPENING = np.frombuffer(b"[{", np.uint8)
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def open_json(path: Path) -> MemoryColumns:
    """Open a file of objects. Fields of objects inside become columns, with a dot between: `features.audio`.

    Raises `CompVizError` where it is damaged, too large, or a field is now a number and now text.
    """
    check_size(path.name, OBJECTS * path.stat().st_size)
    if (depth := nesting(path)) > MOST_NESTED:
        raise CompVizError(
            f"{path.name} is nested {depth:,} deep, at most {MOST_NESTED} is read; expected an object an utterance, features in lists."
        )
    try:
        table = list_of_objects(path) if begins_list(path) else read_lines(path)
    except (pa.ArrowException, ValueError, RecursionError) as error:
        if isinstance(error, CompVizError):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise CompVizError(
            f"{path.name}: {reason}. Expected an object a line, each field of one kind in all of them."
        ) from None
    if len(table) == 1:
        raise CompVizError(
            f"{path.name} is a single object, of {shortened(', '.join(table.column_names), 200)}; expected an object an utterance, one a line "
            "or in a list, as frame.to_json(path, orient='records', lines=True) of pandas writes them."
        )
    for _ in range(DEEPEST):
        table = table.flatten()
    return MemoryColumns(path.name, table)


def nesting(path: Path) -> int:
    """How deep lists and objects are nested. To be asked before Arrow reads a file: it follows them until its stack is full."""
    depth = deepest = within = 0  # `within` is 1 inside of a text
    carried = b""
    with path.open("rb") as file:
        while block := file.read(AT_ONCE):
            block = carried + block
            escapes = len(block) - len(block.rstrip(b"\\"))
            carried, block = (block[-1:], block[:-1]) if escapes % 2 else (b"", block)
            pieces = block.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
            brackets = np.frombuffer(b"".join(pieces[within::2]).translate(None, NO_BRACKETS), np.uint8)
            within = (within + len(pieces) - 1) % 2
            levels = depth + np.cumsum(np.where(np.isin(brackets, OPENING), 1, -1))
            deepest, depth = int(levels.max(initial=deepest)), int(levels[-1]) if len(levels) else depth
    return deepest


def begins_list(path: Path) -> bool:
    """Whether the file is one list."""
    with path.open("rb") as file:
        return file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["


def read_lines(path: Path) -> pa.Table:
    """An object a line."""
    return arrow_json.read_json(
        path,
        arrow_json.ReadOptions(block_size=max(min(BLOCK, path.stat().st_size), 1)),
        arrow_json.ParseOptions(newlines_in_values=True),
    )


def list_of_objects(path: Path) -> pa.Table:
    """One list of objects."""
    if path.stat().st_size > MOST_JSON:
        raise CompVizError(
            f"{path.name} is one list of {path.stat().st_size / 2**20:,.0f} MB. Write it as JSONL, an object a line."
        )
    rows = json.loads(path.read_text("utf-8-sig"))
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise CompVizError(f"{path.name} is a list of something else than objects; expected an object an utterance.")
    return pa.Table.from_pylist(
        rows, pa.schema([(name, infer_kind(rows, name)) for name in dict.fromkeys(k for row in rows for k in row)])
    )


def infer_kind(rows: list[dict[str, object]], name: str) -> pa.DataType:
    """What the values of a field are."""
    return pa.array([row.get(name) for row in rows]).type
