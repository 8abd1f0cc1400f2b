"""The methods that results compare, by name: each makes its own architecture and recipe out of those all methods share."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from comp_viz.errors import CompVizError
from comp_viz.network.config import ComPConfig
from comp_viz.training.recipe import ARCHITECTURES, PUBLISHED, Recipe

MethodSettings = tuple[ComPConfig, Recipe]
Flags = tuple[bool, bool, bool, bool]  # KP propagation, PG prompts, Cr coordinator, GM gradient modulator
KEPT_FIELDS = ("missing", "seed", "selection", "select", "bank", "precision")  # of a recipe, what no method changes


@dataclass(frozen=True)
class Method:
    """A way to predict."""

    change: Callable[[ComPConfig, Recipe], MethodSettings]  # the shared settings -> its own
    linear: bool = False  # no network at all: `comp_viz/evaluation/linear.py`


def as_it_is(config: ComPConfig, recipe: Recipe) -> MethodSettings:
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
    )


def as_published(config: ComPConfig, recipe: Recipe) -> MethodSettings:
    """What the published code minimises at its size, whatever the others share but for the protocol."""
    shape: dict[str, Any] = {**ARCHITECTURES["published"]}
    return ComPConfig(config.modalities, config.dims, config.outputs, config.max_length, **shape), replace(
        PUBLISHED, **{name: getattr(recipe, name) for name in KEPT_FIELDS}
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
METHODS = {
    "comp": Method(as_it_is),  # all parts
    "published": Method(as_published),
    "no-prompting": Method(with_parts((True, False, True, True))),  # the baseline: encoders, attention and coordinator
    "alone": Method(modalities_alone),
    "linear": Method(as_it_is, linear=True),
    **{name: Method(with_parts(flags)) for name, flags in ABLATION.items() if name != "comp"},
}


def find_method(name: str) -> Method:
    """The method of this name. Raises `CompVizError` naming those there are."""
    if name not in METHODS:
        raise CompVizError(f"there is no method {name!r:.60}, only {', '.join(METHODS)}.")
    return METHODS[name]
