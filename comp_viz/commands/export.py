"""`export`: a checkpoint as one ONNX file, for use in Python, C++, a browser, or wherever else ONNX Runtime runs."""

import argparse
from pathlib import Path
from typing import Any

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.atomic_write import atomic_write
from comp_viz.errors import CompVizError
from comp_viz.export.file import export_whole
from comp_viz.export.whole import EXTRAS


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser("export", help="a checkpoint as an ONNX file")
    parser.add_argument("checkpoint", help="checkpoint folder, or hub:owner/name")
    parser.add_argument("--onnx", required=True, type=Path, metavar="FILE", help="the file, ending with .onnx")
    parser.add_argument("--with", dest="extras", nargs="*", default=(), choices=EXTRAS, help="further outputs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Make the graph and write it."""
    if options.onnx.suffix != ".onnx":
        raise CompVizError(f"--onnx: expected a name that ends with .onnx, got {options.onnx}.")
    content = export_whole(load_checkpoint(options.checkpoint), options.extras)
    with atomic_write(options.onnx) as temporary:
        temporary.write_bytes(content)
    print(f"Wrote {options.onnx}, {len(content) / 1e6:.1f} MB.")
