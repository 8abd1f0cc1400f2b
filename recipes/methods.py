"""`python -m recipes.methods`: of a sweep of methods, one finished run of each -> `checkpoints/DATA-METHOD`, to be passed on.

    comp-viz sweep results/methods.yaml --runs runs
    python -m recipes.methods results/methods.yaml --runs runs --name hazumi

The run is that of a training seed, the same for all, so that no method's checkpoint is a chosen one. What is not trained yet is
named and left out. ComP itself is not copied: its checkpoints are made with `recipes.ship`, with more telemetry.
"""

import argparse
import sys
from pathlib import Path

from comp_viz.commands import exit_status
from comp_viz.methods.registry import FIRST, find_method, method_names
from comp_viz.sweep.carry_out import TRAINED_FILE
from comp_viz.sweep.file import read_sweep
from comp_viz.sweep.plan import plan_sweep
from recipes.ship import ship_run

EPOCHS = 5  # that keep their steps, gradients and utterances
NOTE = "{title} as one of the compared methods, trained by the recipe that all of them share; training seed {seed}, not chosen among others."


def run(options: argparse.Namespace) -> int:
    """Copy every method's run; 1 where one is not there."""
    others = [name for name in method_names() if name != FIRST]
    missing = []
    for cell in plan_sweep(read_sweep(options.sweep)):
        if cell.method not in others or cell.run.recipe.seed != options.seed:
            continue
        folder = options.runs / cell.run.folder
        if not (folder / TRAINED_FILE).is_file():
            missing.append(cell.method)
            continue
        title = find_method(cell.method).title
        ship_run(
            folder, options.out / f"{options.name}-{cell.method}", EPOCHS, NOTE.format(title=title, seed=options.seed)
        )
    if missing:
        print(f"Not trained yet: {', '.join(missing)}. Repeat `comp-viz sweep {options.sweep} --runs {options.runs}`.")
    return int(bool(missing))


def main(arguments: list[str] | None = None) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.methods", description="copy a sweep's run of each method to checkpoint folders"
    )
    parser.add_argument("sweep", type=Path, help="the sweep file")
    parser.add_argument(
        "--runs", type=Path, default=Path("runs"), help="where its runs have their folders; default: runs"
    )
    parser.add_argument("--out", type=Path, default=Path("checkpoints"), help="where to write; default: checkpoints")
    parser.add_argument("--name", required=True, help="what the checkpoints' names begin with")
    parser.add_argument("--seed", type=int, default=1, help="training seed; default: 1")
    return exit_status(run, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
