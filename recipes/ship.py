"""`python -m recipes.ship`: a finished run -> a checkpoint folder small enough to pass on, its telemetry thinned."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from comp_viz.checkpoint.folder import load_checkpoint, save_checkpoint
from comp_viz.commands import exit_status
from comp_viz.errors import CompVizError
from comp_viz.training.run import RUNNING, TELEMETRY
from comp_viz.training.telemetry import TABLES, read_telemetry, thinned, write_telemetry


def run(options: argparse.Namespace) -> None:
    """Copy what the options name."""
    if options.epochs < 1:
        raise CompVizError(f"--epochs: expected at least 1, got {options.epochs}.")
    ship_run(options.folder, options.out, options.epochs, options.note)


def ship_run(folder: Path, out: Path, epochs: int, note: str | None = None) -> None:
    """Copy weights and card of a finished run, with telemetry of some epochs. Raises `CompVizError` where it is not over."""
    if (folder / RUNNING).exists():
        raise CompVizError(f"{folder} holds a run that is not over. Repeat its command to bring it to its end.")
    saved = load_checkpoint(folder)
    card = saved.card if note is None else replace(saved.card, note=note)
    tables = {name: read_telemetry(folder / TELEMETRY, name) for name in TABLES}
    save_checkpoint(out, saved.model, card, saved.standardise, familiarity=saved.familiarity)
    for name, table in thinned(tables, epochs).items():
        write_telemetry(table, out / TELEMETRY / f"{name}.parquet")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"Wrote {out}, {size / 1e6:.1f} MB.")


def main(arguments: list[str] | None = None) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.ship",
        description="copy a finished run to a checkpoint folder, with telemetry of some epochs",
    )
    parser.add_argument("folder", type=Path, help="folder of a finished run")
    parser.add_argument("out", type=Path, help="checkpoint folder to write")
    parser.add_argument("--epochs", type=int, default=20, help="epochs that keep their steps, gradients and utterances")
    parser.add_argument("--note", help="a sentence for the model card")
    return exit_status(run, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
