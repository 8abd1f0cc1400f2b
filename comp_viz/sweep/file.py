"""The sweep file: a YAML text that says which grid of runs to make, checked field by field."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from comp_viz.data.conversation import SPLITS
from comp_viz.data.patterns.pattern import PROTOCOL, Pattern
from comp_viz.errors import CompVizError
from comp_viz.training.contenders import find_contender
from comp_viz.training.folds import FOLDS
from comp_viz.yaml_file import read_yaml


def as_pattern(value: Any) -> str:
    """A missing pattern as its text; a plain number is the rate of a uniform one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"uniform({value:g})"
    return str(Pattern.parse(str(value)))


def as_data(value: Any) -> Any:
    """The name of a data set alone means that it has no folds."""
    return {"name": value} if isinstance(value, str) else value


def as_method(value: Any) -> Any:
    """The name of a method alone means the method as it is; `method` says which one a row of another name is."""
    value = {"name": value} if isinstance(value, str) else value
    return {"method": value["name"], **value} if isinstance(value, dict) and "name" in value else value


class SweepSection(BaseModel):
    """A part of the file, with no field but those it knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataChoice(SweepSection):
    """A data set, by path, by name in the data root, or `lab`, and the folds to test on; without, its own test split."""

    name: str
    folds: Annotated[tuple[Annotated[int, Field(ge=1, le=FOLDS)], ...], Field(min_length=1)] | None = None


class MethodChoice(SweepSection):
    """A row of the tables: a method, and where it differs from what all runs share."""

    name: str
    method: str
    recipe: dict[str, Any] = {}
    architecture: dict[str, Any] = {}

    @field_validator("method")
    @classmethod
    def known(cls, name: str) -> str:
        """Raise for a method there is not."""
        find_contender(name)
        return name


class SweepEvaluation(SweepSection):
    """What every finished run is evaluated under."""

    patterns: Annotated[tuple[Annotated[str, BeforeValidator(as_pattern)], ...], Field(min_length=1)] = tuple(
        map(str, PROTOCOL)
    )
    mask_seeds: Annotated[int, Field(ge=1)] = 5  # samples of each pattern
    split: str = "test"

    @field_validator("split")
    @classmethod
    def known(cls, name: str) -> str:
        """Raise for a split there is not."""
        if name not in SPLITS:
            raise CompVizError(f"expected one of {', '.join(SPLITS)}")
        return name


class Sweep(SweepSection):
    """A grid: every data set × fold × training pattern × method × seed is one run."""

    data: Annotated[tuple[Annotated[DataChoice, BeforeValidator(as_data)], ...], Field(min_length=1)]
    missing: Annotated[tuple[Annotated[str, BeforeValidator(as_pattern)], ...], Field(min_length=1)]  # in training
    methods: Annotated[tuple[Annotated[MethodChoice, BeforeValidator(as_method)], ...], Field(min_length=1)]
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    evaluation: SweepEvaluation = SweepEvaluation()
    recipe: dict[str, Any] = {}  # fields of the recipe that all runs share
    architecture: dict[str, Any] = {}  # and of the network's configuration
    workers: Annotated[int, Field(ge=1)] = 1  # runs at once
    cpus: Annotated[float, Field(gt=0)] = 1  # of each run; also its threads
    gpus: Annotated[float, Field(ge=0)] = 0  # of each run, a share of one or whole ones
    address: str | None = None  # of a Ray cluster; None: this machine

    @field_validator("methods")
    @classmethod
    def named_once(cls, methods: tuple[MethodChoice, ...]) -> tuple[MethodChoice, ...]:
        """Raise when two rows have one name."""
        names = [method.name for method in methods]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise CompVizError(f"the name {repeated[0]!r} is used twice; give one of the two another name")
        return methods


def read_sweep(path: Path) -> Sweep:
    """Read and check a sweep file. Raises `CompVizError` naming the file, the field, what was expected and what came."""
    return read_yaml(path, Sweep)
