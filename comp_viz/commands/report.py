"""`report`: a conversation under a missing pattern, or checkpoints against each other -> one HTML file."""

import argparse
import sys
from pathlib import Path
from typing import Any

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.conversation import SPLITS
from comp_viz.data.patterns.pattern import AS_RECORDED, EXAMPLES
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError
from comp_viz.report.html import render
from comp_viz.report.make import make_report
from comp_viz.report.origin import Origin


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser("report", help="one HTML file that opens anywhere")
    parser.add_argument(
        "--checkpoint", nargs="+", required=True,
        help="checkpoint folder, or hub:owner/name; with several, the first is compared with each of the others",
    )  # fmt: skip
    parser.add_argument("--data", required=True, help="data file, by path or by name in the data root; or 'lab'")
    parser.add_argument("--conversation", help="its id; default: the first of the split")
    parser.add_argument("--missing", default=AS_RECORDED, metavar="PATTERN", help=f"missing pattern: {EXAMPLES}")
    parser.add_argument("--seed", type=int, default=1, help="of the missing pattern; the first where several are taken")
    parser.add_argument("--split", default="test", choices=SPLITS, help="what checkpoints are compared on")
    parser.add_argument("--words", action="store_true", help="keep what was said in the recordings")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out", required=True, type=Path, help="the file, ending with .html")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Make the report and write it."""
    if options.out.suffix != ".html":
        raise CompVizError(f"--out: expected a name that ends with .html, got {options.out}.")
    if options.seed < 0:
        raise CompVizError(f"--seed: expected 0 or more, got {options.seed}.")
    data = open_data(options.data)
    checkpoints = {name_of(source): load_checkpoint(source, options.device) for source in options.checkpoint}
    if len(checkpoints) < len(options.checkpoint):
        raise CompVizError("--checkpoint: expected folders with names of their own; two are called the same.")
    for checkpoint in checkpoints.values():
        checkpoint.check(data)
        if doubt := checkpoint.doubts(data):
            print(doubt, file=sys.stderr)
    conversation = data.find(options.conversation or data.first_of(options.split))
    name, checkpoint = next(iter(checkpoints.items()))
    origin = Origin(name, checkpoint, options.data, data, conversation, options.missing, options.seed)
    page = render(make_report(checkpoints, origin, options.split, options.words))
    with atomic_write(options.out) as temporary:
        temporary.write_text(page, encoding="utf-8")
    print(f"Wrote {options.out}, {options.out.stat().st_size / 1e6:.1f} MB.")


def name_of(source: str) -> str:
    """What a checkpoint is called: its folder."""
    return source if source.startswith("hub:") else Path(source).resolve().name
