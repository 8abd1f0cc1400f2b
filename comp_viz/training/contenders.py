"""The rows that results compare, by name: each makes its own architecture and recipe out of those all rows share."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from comp_viz.errors import CompVizError
from comp_viz.methods.method import Method
from comp_viz.methods.recipe import Recipe
from comp_viz.methods.registry import FIRST, find_method, method_names, method_of, usable_methods
from comp_viz.network.config import ComPConfig, NetworkConfig
from comp_viz.wording import shortened

MethodSettings = tuple[NetworkConfig, Recipe]
AS_PUBLISHED = "-published"  # after the name of a method
Flags = tuple[bool, bool, bool, bool]  # KP propagation, PG prompts, Cr coordinator, GM gradient modulator
KEPT_FIELDS = ("missing", "seed", "selection", "select", "bank", "precision")  # of a recipe, what no method changes


@dataclass(frozen=True)
class Contender:
    """A way to predict: a method, or one with something left out."""

    change: Callable[[Any, Recipe], MethodSettings]  # the shared settings -> its own
    name: str = FIRST  # of the method in the registry
    linear: bool = False  # no network at all: `comp_viz/evaluation/linear.py`

    @property
    def method(self) -> Method:
        """The method."""
        return find_method(self.name)


def as_it_is(config: NetworkConfig, recipe: Recipe) -> MethodSettings:
    """The shared settings."""
    return config, recipe


def with_parts(flags: Flags) -> Callable[[ComPConfig, Recipe], MethodSettings]:
    """Only some of the parts of ComP."""
    propagation, prompting, coordination, modulate = flags

    def change(config: ComPConfig, recipe: Recipe) -> MethodSettings:
        config = replace(config, propagation=propagation, prompting=prompting, coordination=coordination)
        return config, replace(recipe, modulate=modulate)

    return change


def modalities_alone(config: ComPConfig, recipe: Recipe) -> MethodSettings:
    """Every modality by itself: the first stage alone, as long as both, without the terms that tie modalities together."""
    return replace(config, prompting=False, coordination=False), replace(
        recipe,
        first_epochs=recipe.first_epochs + recipe.second_epochs,
        second_epochs=0,
        reconstruction_weight=0,
        disentanglement_weight=0,
        matching_weight=0,
        coordinator_weight=0,
    )


def as_published(config: NetworkConfig, recipe: Recipe) -> MethodSettings:
    """What the published code minimises at its size, whatever the others share but for the protocol."""
    preset = method_of(config).presets["published"]
    of_the_data = (config.modalities, config.dims, config.outputs, config.max_length)
    return type(config)(*of_the_data, **preset.architecture), replace(
        preset.recipe, **{name: getattr(recipe, name) for name in KEPT_FIELDS}
    )


# The rows of the paper's Table 3, as it orders them. Without prompts the modulator has nothing to act on.
ABLATION: dict[str, Flags] = {
    "none": (False, False, False, False),
    "KP": (True, False, False, False),
    "KP+PG": (True, True, False, False),
    "KP+PG+Cr": (True, True, True, False),
    "PG+Cr+GM": (False, True, True, True),
    "KP+Cr+GM": (True, False, True, True),
    "KP+PG+GM": (True, True, False, True),
    "comp": (True, True, True, True),
}
CONTENDERS = {
    "comp": Contender(as_it_is),  # all parts
    "published": Contender(as_published),
    "no-prompting": Contender(
        with_parts((True, False, True, True))
    ),  # the baseline: encoders, attention and coordinator
    "alone": Contender(modalities_alone),
    "linear": Contender(as_it_is, linear=True),
    **{name: Contender(with_parts(flags)) for name, flags in ABLATION.items() if name != "comp"},
}


def contender_names() -> list[str]:
    """All rows that there can be: those of ComP, then every other method, as it is and as published."""
    others = [name for name in method_names() if name != FIRST]
    with_published = (each.name for each in usable_methods() if each.name != FIRST and "published" in each.presets)
    published = [name + AS_PUBLISHED for name in with_published]
    return [*CONTENDERS, *others, *published]


def find_contender(name: str) -> Contender:
    """The row of this name. Raises `CompVizError` naming those there are."""
    if name in CONTENDERS:
        return CONTENDERS[name]
    if name not in contender_names():
        raise CompVizError(f"there is no method {shortened(name, 60)!r}, only {', '.join(contender_names())}.")
    method = name.removesuffix(AS_PUBLISHED)
    return Contender(as_it_is if name == method else as_published, method)
