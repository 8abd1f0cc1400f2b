"""`figure`: a conversation and its model as one HTML file that answers by itself, from disk."""

import argparse
import sys
from pathlib import Path
from typing import Any

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.commands.report import name_of
from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.conversation import SPLITS
from comp_viz.data.patterns.pattern import AS_RECORDED, EXAMPLES
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError
from comp_viz.report.live_figure.page import live_figure
from comp_viz.report.origin import Origin


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "figure", help="a live figure: one HTML file that runs the model"
    )
    parser.add_argument("checkpoint", help="checkpoint folder, or hub:owner/name")
    parser.add_argument("--data", required=True, help="data file, by path or by name in the data root; or 'lab'")
    parser.add_argument("--conversation", help="its id; default: the first of the split")
    parser.add_argument("--split", default="test", choices=SPLITS, help="whose first conversation is taken")
    parser.add_argument("--missing", default=AS_RECORDED, metavar="PATTERN", help=f"pattern it opens with: {EXAMPLES}")
    parser.add_argument("--seed", type=int, default=1, help="of the missing pattern, and of the slider's")
    parser.add_argument("--words", action="store_true", help="keep what was said in the recordings")
    parser.add_argument("--out", required=True, type=Path, help="the file, ending with .html")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Make the figure and write it."""
    if options.out.suffix != ".html":
        raise CompVizError(f"--out: expected a name that ends with .html, got {options.out}.")
    if options.seed < 0:
        raise CompVizError(f"--seed: expected 0 or more, got {options.seed}.")
    data, checkpoint = open_data(options.data), load_checkpoint(options.checkpoint)
    checkpoint.check(data)
    if doubt := checkpoint.doubts(data):
        print(doubt, file=sys.stderr)
    conversation = data.find(options.conversation or data.first_of(options.split))
    origin = Origin(
        options.checkpoint if not Path(options.checkpoint).is_absolute() else name_of(options.checkpoint),
        checkpoint, options.data, data, conversation, options.missing, options.seed,
    )  # fmt: skip
    page = live_figure(origin, options.words)
    with atomic_write(options.out) as temporary:
        temporary.write_text(page, encoding="utf-8")
    print(f"Wrote {options.out}, {options.out.stat().st_size / 1e6:.1f} MB.")
