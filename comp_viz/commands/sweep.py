"""`sweep`: a grid of runs from a YAML file -> a Parquet table of results, and one of their epochs."""

import argparse
from pathlib import Path
from typing import Any

from tqdm import tqdm

from comp_viz.commands.data_text import printable
from comp_viz.errors import CompVizError
from comp_viz.resources import guide
from comp_viz.sweep.engine import make_runs
from comp_viz.sweep.epochs import epochs_path, write_epochs
from comp_viz.sweep.file import read_sweep
from comp_viz.sweep.plan import Cell, plan_sweep
from comp_viz.sweep.table import write_results


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "sweep", help="train and evaluate a grid of runs; finished ones are not repeated"
    )
    parser.add_argument("sweep", type=Path, help=f"YAML file; {guide('sweeps')} explains its fields")
    parser.add_argument(
        "--out", type=Path, help="Parquet table to write, its epochs beside it; default: the name of the YAML file"
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where runs have their folders; default: runs")
    parser.add_argument("--workers", type=int, help="runs at once, instead of what the file says")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make what is not there yet under a progress bar, and write the tables, also when interrupted."""
    sweep = read_sweep(options.sweep)
    if options.workers is not None:
        if options.workers < 1:
            raise CompVizError(f"--workers: expected at least 1, got {options.workers}.")
        sweep = sweep.model_copy(update={"workers": options.workers})
    out = options.out or options.sweep.with_suffix(".parquet")
    try:
        cells = plan_sweep(sweep)
    except CompVizError as error:
        raise CompVizError(f"{options.sweep}: {error}") from None
    failures: dict[str, str] = {}
    try:
        make_missing(cells, sweep, options.runs, failures)
    finally:
        there = write_results(out, cells, failures, options.runs)
        if there:
            write_epochs(epochs_path(out), cells, options.runs)
            print(f"Wrote {out} and {epochs_path(out).name}: {there} of {len(cells)} cells of the grid.")
    for folder, reason in failures.items():
        names = ", ".join(cell_words(cell) for cell in cells if cell.run.folder == folder)
        print(printable(f"Failed: {names}: {reason} ({options.runs / folder})"))
    return 1 if failures else 0


def make_missing(cells: list[Cell], sweep: Any, root: Path, failures: dict[str, str]) -> None:
    """Make the runs that have no result yet, noting those that fail."""
    runs = {cell.run.folder: cell.run for cell in cells}
    left = [run for run in runs.values() if not (root / run.folder / run.result).is_file()]
    with tqdm(total=len(runs), initial=len(runs) - len(left), unit="run", smoothing=0) as bar:
        if not left:
            return
        for run, failure in make_runs(left, sweep, root):
            if failure:
                failures[run.folder] = failure
                bar.set_postfix(failed=len(failures))
            bar.update()


def cell_words(cell: Cell) -> str:
    """A cell of the grid in words."""
    fold = "" if cell.run.fold is None else f" fold {cell.run.fold}"
    return f"{cell.method} on {cell.run.data}{fold} under {cell.run.recipe.missing}, seed {cell.run.recipe.seed}"
