"""`python -m recipes.clips.measure`: a finished run on the clip data -> the same, calibrated, its card with a table by part."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from comp_viz.checkpoint.folder import load_checkpoint, save_checkpoint
from comp_viz.commands import exit_status
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError
from recipes.clips.measured import cooled, familiarity, measured_parts, temperatures


def run(options: argparse.Namespace) -> None:
    """Fit temperatures on validation, put them into the last layers, save, and measure the weights as saved."""
    saved, data = load_checkpoint(options.folder), open_data(options.data)
    saved.check(data)
    if saved.card.data is None or saved.card.data.digest != data.digest:
        raise CompVizError(
            f"{options.folder} was trained on other data than {options.data}. Give the data of that run."
        )
    if saved.card.parts:
        raise CompVizError(f"{options.folder} has been calibrated and measured before. Train it anew to do so again.")
    if not saved.card.temperature:  # else a measurement that was interrupted goes on
        by = temperatures(saved.comp, saved.standardise, data.split("validation"))
        card = replace(saved.card, temperature=by)
        known = familiarity(saved.standardise, data.split("train"), data.split("validation"))
        save_checkpoint(options.folder, cooled(saved.comp, by), card, saved.standardise, familiarity=known)
        saved = load_checkpoint(options.folder)
    card = replace(saved.card, parts=measured_parts(saved.comp, data.task, saved.standardise, data.split("test")))
    save_checkpoint(options.folder, saved.model, card, saved.standardise, familiarity=saved.familiarity)
    for part in card.parts:
        acc, ua = part.metrics["ACC"], part.metrics["UA"]
        print(
            f"{part.name}, {part.predictor}: ACC {acc:.1%}, UA {ua:.1%}, ECE {part.reliability.error:.3f} ({part.utterances:,})"
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.clips.measure",
        description="calibrate a finished run on the clip data set, and measure it on each part of the test split",
    )
    parser.add_argument("folder", type=Path, help="folder of the finished run; it is changed")
    parser.add_argument("--data", required=True, help="data set that it was trained on")
    return exit_status(run, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
