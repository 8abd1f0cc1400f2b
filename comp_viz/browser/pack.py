"""What is sent to the engine: named arrays and facts in one block of bytes, which JavaScript reads without copying.

A pack is the length of its header as four bytes, the header as JSON, then the arrays, each at a multiple of eight bytes.
The header has the `facts`, and for each array its `type`, `shape`, `offset` from the end of the header, and `length`.
Of numbers in 16 bits all lower bytes come before all upper ones: that way they compress better.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

ALIGNED = 8  # bytes
TYPES = {"float32": "f4", "float16": "f2", "bool": "u1", "uint8": "u1", "uint16": "u2"}


def pack(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray | bytes]) -> bytes:
    """Pack arrays of the types above, or bytes, with facts that JSON can hold. Raises `ValueError` for others."""
    index, parts, offset = {}, [], 0
    for name, array in arrays.items():
        values = np.frombuffer(array, np.uint8) if isinstance(array, bytes) else np.ascontiguousarray(array)
        if values.dtype.name not in TYPES:
            raise ValueError(f"array {name!r}: expected one of {', '.join(TYPES)}, got {values.dtype.name}")
        content = values.astype(f"<{TYPES[values.dtype.name]}").tobytes()
        if values.dtype == np.float16:
            content = content[::2] + content[1::2]
        index[name] = {"type": values.dtype.name, "shape": list(values.shape), "offset": offset, "length": len(content)}
        content += bytes(-len(content) % ALIGNED)
        parts.append(content)
        offset += len(content)
    header = json.dumps({"facts": facts, "arrays": index}, ensure_ascii=False, allow_nan=False).encode()
    header += b" " * (-(len(header) + 4) % ALIGNED)
    return b"".join([struct.pack("<I", len(header)), header, *parts])
