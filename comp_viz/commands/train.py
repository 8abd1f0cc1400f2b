"""`train`: both stages on a data set -> a checkpoint folder with its log and measurements."""

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import MISSING, asdict, fields, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from comp_viz.checkpoint.card import metric_cell
from comp_viz.data.dataset import Utterances
from comp_viz.data.lengths import usual_max_length
from comp_viz.data.patterns.pattern import EXAMPLES
from comp_viz.data.source import open_data
from comp_viz.device import choose_device, imitates_bfloat16
from comp_viz.network.config import ComPConfig
from comp_viz.training.recipe import ARCHITECTURES, PRESETS, Recipe
from comp_viz.training.record import Epoch
from comp_viz.training.resolve import resolve
from comp_viz.training.run import train
from comp_viz.training.split import splits
from comp_viz.training.tracking import TRACKERS, open_tracker
from comp_viz.wording import how_many


def add(commands: Any) -> None:
    """Add this command to the parser; every option of the recipe and the architecture becomes a flag."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "train",
        help="train a model; goes on where it was interrupted",
    )
    parser.add_argument("--data", required=True, help="data file, by path or by name in the data root; or 'lab'")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder to write")
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--track", nargs="+", default=[], choices=TRACKERS, help="also send each epoch's numbers to these trackers"
    )
    parser.add_argument(
        "--max-length",
        type=int,
        help="longest conversation the model reads; default: that of the data, rounded up to 5",
    )
    parser.add_argument("--preset", choices=PRESETS, default="ours", help="recipe and width to start from")
    recipe = parser.add_argument_group("recipe", "values shown are those of the preset 'ours'")
    add_patterns(recipe)
    add_options(recipe, Recipe, leave_out=("missing", "selection"))
    add_options(parser.add_argument_group("architecture"), ComPConfig, leave_out=("outputs", "max_length"))
    parser.set_defaults(run=run)


def add_patterns(group: Any) -> None:
    """Flags for the missing patterns of the recipe."""
    missing = group.add_mutually_exclusive_group()
    missing.add_argument(
        "--missing",
        default=argparse.SUPPRESS,
        metavar="PATTERN",
        help=f"pattern sampled anew for every batch, parts joined by ' + ', default: {Recipe.missing}; {EXAMPLES}",
    )
    missing.add_argument(
        "--missing-rate",
        dest="missing",
        type=lambda rate: f"uniform({rate})",
        default=argparse.SUPPRESS,
        metavar="RATE",
        help="short for --missing 'uniform(RATE)'",
    )
    group.add_argument(
        "--selection",
        nargs="+",
        default=argparse.SUPPRESS,
        metavar="PATTERN",
        help=f"patterns the selection split is evaluated under, default: {' '.join(Recipe.selection)}",
    )


def add_options(group: Any, kind: type, leave_out: tuple[str, ...] = ()) -> None:
    """A flag for every field of a dataclass that has a default; those not given are left to the preset."""
    for option in fields(kind):
        if option.default is MISSING or option.name in leave_out:
            continue
        flag = "--" + option.name.replace("_", "-")
        shared: dict[str, Any] = {"default": argparse.SUPPRESS, "help": f"default: {by_data(option.default)}"}
        if isinstance(option.default, bool):
            group.add_argument(flag, action=argparse.BooleanOptionalAction, **shared)
        elif option.name in PARSERS:
            parse, shape = PARSERS[option.name]
            group.add_argument(flag, type=parse, metavar=shape, **shared)
        else:
            group.add_argument(flag, type=type(option.default), **shared)


def by_data(default: Any) -> str:
    """What help says of a default."""
    return "set by the amount of data" if default is None else str(default)


def numbers_or_none(text: str) -> tuple[float, ...] | None:
    """`0,2` -> (0.0, 2.0); `none` -> None."""
    return None if text == "none" else tuple(map(float, text.split(",")))


def number_or_none(text: str) -> float | None:
    """`5` -> 5.0; `none` -> None."""
    return None if text == "none" else float(text)


PARSERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "batch": (int, "CONVERSATIONS"),
    "learning_rate": (float, "RATE"),
    "feature_noise": (float, "DEVIATION"),
    "clip": (numbers_or_none, "LOW,HIGH|none"),
    "gradient_norm": (number_or_none, "NORM|none"),
}


def run(options: argparse.Namespace) -> None:
    """Train with a progress bar and print the measurements."""
    data = open_data(options.data)
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in vars(options).items()
    }
    if options.max_length is None:
        given["max_length"] = usual_max_length(data.utterances)
    shape = {f.name: given[f.name] for f in fields(ComPConfig) if f.name in given}
    config = ComPConfig(data.modalities, data.dims, data.task.outputs, **ARCHITECTURES[options.preset] | shape)
    recipe = replace(PRESETS[options.preset], **{f.name: given[f.name] for f in fields(Recipe) if f.name in given})
    training = Utterances.of(splits(data, recipe.seed, recipe.select).training)
    recipe = resolve(recipe, training)
    print(
        f"{how_many(len(training.ids), 'training conversation')}: batch {recipe.batch}, learning rate "
        f"{recipe.learning_rate:.3g}, feature noise {recipe.feature_noise:.3g}.",
        file=sys.stderr,
    )
    device = choose_device(options.device)
    if recipe.precision == "bfloat16" and imitates_bfloat16(device):
        print(
            "This processor only imitates bfloat16: expect several times the time that float32 takes.", file=sys.stderr
        )
    settings = {"data": options.data, **asdict(config), **asdict(recipe)}
    with ExitStack() as stack:
        trackers = [open_tracker(name, options.out, settings) for name in options.track]
        for tracker in trackers:
            stack.callback(tracker.close)
        bar = stack.enter_context(tqdm(total=recipe.first_epochs + recipe.second_epochs, unit="epoch"))

        def progress(done: int, of: int, epoch: Epoch) -> None:
            bar.n = done
            bar.set_postfix(stage=epoch.stage, loss=f"{epoch.loss:.3f}")
            for tracker in trackers:
                tracker.epoch(epoch)

        card = train(data, config, recipe, options.out, device, progress)
    for m in card.measurements:
        if m.predictor == "fused" or not recipe.second_epochs:
            values = "  ".join(f"{name} {metric_cell(name, m.mean[name], m.std[name])}" for name in m.mean)
            print(f"{m.split} split, {m.pattern}, {m.predictor}: {values}")
    if card.training and card.training.on_test:
        print("Selected on the TEST SPLIT, as in the paper: these numbers are optimistic.")
    print(f"Wrote {options.out}.")
