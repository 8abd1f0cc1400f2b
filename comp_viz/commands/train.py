"""`train`: both stages on a data set -> a checkpoint folder with its log and measurements."""

import argparse
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import MISSING, Field, asdict, fields, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from comp_viz.checkpoint.card import metric_cell
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.lengths import usual_max_length
from comp_viz.data.patterns.pattern import EXAMPLES
from comp_viz.data.source import open_data
from comp_viz.device import choose_device, imitates_bfloat16
from comp_viz.errors import CompVizError
from comp_viz.methods.recipe import Recipe
from comp_viz.methods.registry import FIRST, find_method, method_names, method_of, usable_methods
from comp_viz.network.config import NetworkConfig
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
    parser.add_argument("--method", choices=method_names(), default=FIRST, help=f"what to train, default: {FIRST}")
    parser.add_argument(
        "--preset", choices=("ours", "published"), default="ours", help="recipe and sizes to start from"
    )
    recipe = parser.add_argument_group("recipe", "values shown are those of the preset 'ours'")
    add_patterns(recipe)
    add_options(recipe, Recipe, leave_out=("missing", "selection"))
    add_architectures(parser.add_argument_group("architecture", "of the methods that have such a part"))
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
        if option.default is not MISSING and option.name not in leave_out:
            add_option(group, option, f"default: {by_data(option.default)}")


def add_architectures(group: Any) -> None:
    """A flag for every field that the configuration of any method has, with each method's default."""
    by_name: dict[str, dict[str, Field[Any]]] = {}
    for method in usable_methods():
        for option in fields(method.config):
            if option.default is not MISSING and option.name not in ("outputs", "max_length"):
                by_name.setdefault(option.name, {})[method.name] = option
    for options in by_name.values():
        default = ", ".join(f"{method} {option.default}" for method, option in options.items())
        add_option(group, next(iter(options.values())), f"default: {default}")


def add_option(group: Any, option: "Field[Any]", words: str) -> None:
    """A flag for one field, of the kind of its default."""
    flag, shared = "--" + option.name.replace("_", "-"), {"default": argparse.SUPPRESS, "help": words}
    if isinstance(option.default, bool):
        group.add_argument(flag, action=argparse.BooleanOptionalAction, **shared)
    elif option.name in PARSERS:
        parse, shape = PARSERS[option.name]
        group.add_argument(flag, type=parse, metavar=shape, **shared)
    elif isinstance(option.default, tuple):
        kind = int if option.default and isinstance(option.default[0], int) else str
        group.add_argument(flag, type=lambda text: tuple(map(kind, text.split(","))), metavar="A,B,…", **shared)
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


def whole_numbers(text: str) -> tuple[int, ...]:
    """`8,4` -> (8, 4)."""
    return tuple(map(int, text.split(",")))


PARSERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "batch": (int, "CONVERSATIONS"),
    "embeddings": (whole_numbers, "A,B,…"),
    "encoder_layers": (whole_numbers, "A,B,…"),
    "head_layers": (whole_numbers, "A,B,…"),
    "learning_rate": (float, "RATE"),
    "feature_noise": (float, "DEVIATION"),
    "clip": (numbers_or_none, "LOW,HIGH|none"),
    "gradient_norm": (number_or_none, "NORM|none"),
}


def chosen_settings(data: DataSet, name: str, preset: str, given: Mapping[str, Any]) -> tuple[NetworkConfig, Recipe]:
    """The configuration and the recipe that a preset and the given options come to.

    Raises `CompVizError` when the method has no such preset, or no such part as an option sets.
    """
    method = find_method(name)
    if preset not in method.presets:
        raise CompVizError(f"--preset: {method.title} has {', '.join(method.presets)}, got {preset!r}.")
    own, start = {f.name for f in fields(method.config)}, method.presets[preset]
    others = {f.name for each in usable_methods() for f in fields(each.config)} - own
    if odd := sorted(others & given.keys()):
        raise CompVizError(
            f"--{odd[0].replace('_', '-')}: {method.title} has no such part, only {', '.join(sorted(own))}."
        )
    shape = {option: value for option, value in given.items() if option in own}
    config = method.config(data.modalities, data.dims, data.task.outputs, **{**start.architecture, **shape})
    return config, replace(start.recipe, **{f.name: given[f.name] for f in fields(Recipe) if f.name in given})


def run(options: argparse.Namespace) -> None:
    """Train with a progress bar and print the measurements."""
    data = open_data(options.data)
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in vars(options).items()
    }
    if options.max_length is None:
        given["max_length"] = usual_max_length(data.utterances)
    config, recipe = chosen_settings(data, options.method, options.preset, given)
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
    settings = {"data": options.data, "method": options.method, **asdict(config), **asdict(recipe)}
    with ExitStack() as stack:
        trackers = [open_tracker(name, options.out, settings) for name in options.track]
        for tracker in trackers:
            stack.callback(tracker.close)
        bar = stack.enter_context(tqdm(unit="epoch"))

        def progress(done: int, of: int, epoch: Epoch) -> None:
            bar.n, bar.total = done, of
            bar.set_postfix(stage=epoch.stage, loss=f"{epoch.loss:.3f}")
            for tracker in trackers:
                tracker.epoch(epoch)

        card = train(data, config, recipe, options.out, device, progress)
    for m in card.measurements:
        if m.predictor == "fused" or not method_of(config).learns_fused(recipe):
            values = "  ".join(f"{name} {metric_cell(name, m.mean[name], m.std[name])}" for name in m.mean)
            print(f"{m.split} split, {m.pattern}, {m.predictor}: {values}")
    if card.training and card.training.on_test:
        print("Selected on the TEST SPLIT, as in the paper: these numbers are optimistic.")
    print(f"Wrote {options.out}.")
