#!/usr/bin/env bash
# An Arrow file that Polars writes cannot be read as the stream that an Arrow file is said to contain.
#
# Guess: the format describes a file as its magic bytes, then "the streaming format", then a footer. So skipping the first
# 8 bytes and reading a stream reads any valid Arrow file, front to back, without looking at its end. With files of PyArrow it does.
#
# What happens (polars 2.1.0, pyarrow 26.0.1, Python 3.11): the file of Polars reads well by its footer, but as a stream from
# byte 8 on PyArrow raises "Invalid flatbuffers message": no message begins there. Only the places that the footer names count.
#
# What it means for users: a reader that streams the file (many do, to read while downloading, or to see every message once)
# takes a whole file of Polars for a damaged one. Read by the footer, or let Polars write a stream (write_ipc_stream).
#
# Output seen:
#   pyarrow, by the footer: 3 rows
#   pyarrow, as a stream: 3 rows
#   polars, by the footer: 3 rows
#   polars, as a stream: refused (Invalid flatbuffers message.)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet polars==2.1.0 pyarrow==26.0.1

"$folder/venv/bin/python" - "$folder" <<'PYTHON' | tee "$folder/seen"
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa

folder = Path(sys.argv[1])
table = pa.table({"number": [1, 2, 3], "word": ["x", "y", "z"]})
with pa.ipc.new_file(str(folder / "pyarrow.arrow"), table.schema) as writer:
    writer.write_table(table)
pl.from_arrow(table).write_ipc(folder / "polars.arrow")

for name in ("pyarrow", "polars"):
    content = (folder / f"{name}.arrow").read_bytes()
    assert content.startswith(b"ARROW1\0\0")
    assert content.endswith(b"ARROW1")
    print(f"{name}, by the footer: {pa.ipc.open_file(pa.py_buffer(content)).read_all().num_rows} rows")
    try:
        print(f"{name}, as a stream: {pa.ipc.open_stream(pa.py_buffer(content[8:])).read_all().num_rows} rows")
    except (OSError, pa.ArrowInvalid) as error:
        print(f"{name}, as a stream: refused ({error})")
PYTHON

diff "$folder/seen" - <<'EXPECTED'
pyarrow, by the footer: 3 rows
pyarrow, as a stream: 3 rows
polars, by the footer: 3 rows
polars, as a stream: refused (Invalid flatbuffers message.)
EXPECTED
echo "As found."
