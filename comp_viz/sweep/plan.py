"""From a sweep to its runs: every cell of the grid with the whole of its settings, worked out before anything is trained."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.lengths import usual_max_length
from comp_viz.data.published.layout import is_published, read_published
from comp_viz.data.source import data_path, is_lab, open_data
from comp_viz.errors import CompVizError
from comp_viz.methods.recipe import Recipe
from comp_viz.network.config import NetworkConfig
from comp_viz.sweep.file import DataChoice, MethodChoice, Sweep, SweepEvaluation
from comp_viz.training.contenders import find_contender
from comp_viz.training.folds import with_fold
from comp_viz.training.resolve import ResolvedRecipe, resolve
from comp_viz.training.split import splits
from comp_viz.validation import first_problem

SWEEP_FORMAT = "comp-viz sweep 1"  # to be changed when the same settings give other numbers
OF_THE_GRID = ("missing", "seed")  # fields of the recipe that the grid sets
SettingsType = TypeVar("SettingsType", bound=NetworkConfig | Recipe)
OF_THE_DATA = ("modalities", "dims", "outputs")  # fields of the configuration that the data set sets


@dataclass(frozen=True)
class Run:
    """One training and its evaluation: everything that determines the numbers, and nothing else but the data's name."""

    data: str  # how it is opened
    fold: int | None
    digest: str  # of the data
    linear: bool
    config: NetworkConfig
    recipe: ResolvedRecipe
    evaluation: SweepEvaluation

    @property
    def trained(self) -> dict[str, Any]:
        """What the weights depend on."""
        return {
            "format": SWEEP_FORMAT,
            "data": self.digest,
            "linear": self.linear,
            "method": self.config.method,
            "config": asdict(self.config),
            "recipe": asdict(self.recipe),
        }

    @cached_property
    def folder(self) -> str:
        """Name of the run's folder: runs that train the same share it."""
        return digest(self.trained)[:20]

    @cached_property
    def result(self) -> str:
        """Name of the run's result in its folder: it depends on the evaluation as well."""
        return f"result-{digest(self.evaluation.model_dump())[:12]}.json"


@dataclass(frozen=True)
class Cell:
    """A cell of the grid. Cells of different methods can come down to the same run, which is then made once."""

    method: str
    run: Run


def digest(value: Mapping[str, Any]) -> str:
    """SHA-256 of plain values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def open_fold(name: str, fold: int | None) -> DataSet:
    """Open a data set, as it is split or for testing on one of its folds: the sessions of IEMOCAP, else five parts."""
    if fold is None:
        return open_data(name)
    path = None if is_lab(name) else data_path(name)
    if path and is_published(path):
        data = read_published(path, fold=fold)
        if data.task.classes:
            return data
    return with_fold(open_data(name), fold)


def plan_sweep(sweep: Sweep) -> list[Cell]:
    """All cells of the grid, seeds innermost. Opens every data set once; raises `CompVizError` for what does not fit."""
    cells = []
    for choice in sweep.data:
        for fold in choice.folds or (None,):
            data = open_fold(choice.name, fold)
            data.split(sweep.evaluation.split)
            for missing in sweep.missing:
                for method in sweep.methods:
                    cells += [plan_cell(sweep, choice, fold, data, missing, method, seed) for seed in sweep.seeds]
    return cells


def plan_cell(
    sweep: Sweep, choice: DataChoice, fold: int | None, data: DataSet, missing: str, method: MethodChoice, seed: int
) -> Cell:
    """One cell: what all runs share, changed by the method, changed by what the file says of this method alone."""
    known = find_contender(method.method)
    kind, preset = known.method.config, known.method.presets["ours"]
    shared = shared_architecture(sweep, kind)
    config, recipe = known.change(
        with_options(kind, of_data(data) | {**preset.architecture}, shared, "architecture", OF_THE_DATA),
        with_options(
            Recipe,
            field_values(preset.recipe) | {"missing": missing, "seed": seed},
            sweep.recipe,
            "recipe",
            OF_THE_GRID,
        ),
    )
    where = f"methods.{method.name}."
    config = with_options(kind, field_values(config), method.architecture, where + "architecture", OF_THE_DATA)
    recipe = with_options(Recipe, field_values(recipe), method.recipe, where + "recipe", OF_THE_GRID)
    settled = resolve(recipe, Utterances.of(splits(data, seed, recipe.select).training))
    return Cell(method.name, Run(choice.name, fold, data.digest, known.linear, config, settled, sweep.evaluation))


def shared_architecture(sweep: Sweep, kind: type[NetworkConfig]) -> dict[str, Any]:
    """Of the architecture that all runs share, what networks of this kind have; the rest is for other rows of the sweep.

    Raises `CompVizError` for a field that no row's network has.
    """
    kinds = {find_contender(method.method).method.config for method in sweep.methods}
    known = {field.name for each in kinds for field in fields(each)} - {*OF_THE_DATA}
    if odd := [name for name in sweep.architecture if name not in known]:
        raise CompVizError(f"field 'architecture.{odd[0]}': there is no such option, only {', '.join(sorted(known))}.")
    own = {field.name for field in fields(kind)}
    return {name: value for name, value in sweep.architecture.items() if name in own}


def of_data(data: DataSet) -> dict[str, Any]:
    """What a data set says of the network."""
    return {
        "modalities": data.modalities,
        "dims": data.dims,
        "outputs": data.task.outputs,
        "max_length": usual_max_length(data.utterances),
    }


def field_values(settings: NetworkConfig | Recipe) -> dict[str, Any]:
    """The fields of a dataclass of plain values."""
    return {field.name: getattr(settings, field.name) for field in fields(settings)}


def with_options(
    kind: type[SettingsType], before: Mapping[str, Any], given: Mapping[str, Any], where: str, not_here: tuple[str, ...]
) -> SettingsType:
    """`before` with the given options over it, checked. Raises `CompVizError` naming the field, as `recipe.batch`."""
    allowed = [field.name for field in fields(kind) if field.name not in not_here]
    if odd := [name for name in given if name not in allowed]:
        raise CompVizError(f"field '{where}.{odd[0]}': there is no such option, only {', '.join(allowed)}.")
    try:
        return TypeAdapter(kind).validate_python({**before, **given})
    except CompVizError as error:
        raise CompVizError(f"field '{where}': {error}") from None
    except ValidationError as error:
        raise CompVizError(f"{where}: {first_problem(error)}") from None
