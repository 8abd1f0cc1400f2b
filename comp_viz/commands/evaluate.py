"""`evaluate`: a checkpoint's metrics on a data set under missing patterns, over mask seeds."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from comp_viz.checkpoint.card import metric_cell
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.conversation import SPLITS
from comp_viz.data.patterns.pattern import EXAMPLES, PROTOCOL, Pattern
from comp_viz.data.source import open_data
from comp_viz.evaluation.evaluate import evaluate
from comp_viz.network.model import SCOPES
from comp_viz.versions import versions


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser("evaluate", help="metrics under missing patterns, over seeds")
    parser.add_argument("checkpoint", help="checkpoint folder, or hub:owner/name")
    parser.add_argument("--data", required=True, help="data file, by path or by name in the data root; or 'lab'")
    parser.add_argument("--split", default="test", choices=SPLITS)
    parser.add_argument(
        "--missing-rates",
        nargs="+",
        default=[],
        metavar="RATE",
        help="short for --patterns 'uniform(RATE)' …; default: 0 0.3 0.5 0.7",
    )
    parser.add_argument(
        "--patterns",
        nargs="+",
        default=[],
        metavar="PATTERN",
        help=f"missing patterns, parts joined by ' + ': {EXAMPLES}",
    )
    parser.add_argument("--seeds", type=int, default=5, help="samples of each pattern")
    parser.add_argument("--prototypes", default="bank", choices=SCOPES, help="whose prototypes prompts are made of")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Evaluate and print."""
    checkpoint, data = load_checkpoint(options.checkpoint, options.device), open_data(options.data)
    checkpoint.check(data)
    if doubt := checkpoint.doubts(data):
        print(doubt, file=sys.stderr)
    texts = [*(f"uniform({rate})" for rate in options.missing_rates), *options.patterns]
    patterns = [Pattern.parse(text) for text in texts]
    measurements = evaluate(
        checkpoint.model,
        data.task,
        checkpoint.standardise,
        data.split(options.split),
        options.split,
        patterns or PROTOCOL,
        options.seeds,
        options.prototypes,
    )
    if options.json:
        selection = checkpoint.card.training.selection if checkpoint.card.training else "unknown"
        head = {
            "checkpoint": checkpoint.digest,
            "data": data.digest,
            "prototypes": options.prototypes,
            "selection": selection,
        }
        print(json.dumps(head | {"versions": versions(), "measurements": [asdict(m) for m in measurements]}, indent=1))
        return
    names, width = list(measurements[0].mean), max(len(m.pattern) for m in measurements)
    print(f"{'pattern':{width}}  rate   seeds  predictor  " + "  ".join(f"{name:>15}" for name in names))
    for m in measurements:
        cells = "  ".join(f"{metric_cell(name, m.mean[name], m.std[name]):>15}" for name in names)
        print(f"{m.pattern:{width}}  {m.missing_rate:.3f}  {m.seeds:5d}  {m.predictor:9}  {cells}")
