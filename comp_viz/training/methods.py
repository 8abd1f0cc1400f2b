"""The methods that results compare, by name: each makes its own architecture and recipe out of those all methods share."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from comp_viz.errors import CompVizError
from comp_viz.network.config import ComPConfig
from comp_viz.training.recipe import ARCHITECTURES, PUBLISHED, Recipe

Settings = tuple[ComPConfig, Recipe]
PROTOCOL = ("missing", "seed", "selection", "select", "bank", "precision")  # of a recipe, what no method changes


@dataclass(frozen=True)
class Method:
    """A way to predict, with a name that tables and sweeps use."""

    name: str
    words: str  # what it is, in a phrase
    change: Callable[[ComPConfig, Recipe], Settings]
    linear: bool = False  # no network at all: `comp_viz/evaluation/linear.py`


def as_it_is(config: ComPConfig, recipe: Recipe) -> Settings:
    """The shared settings."""
    return config, recipe


def keeping(
    propagation: bool, prompting: bool, coordination: bool, modulate: bool
) -> Callable[[ComPConfig, Recipe], Settings]:
    """Only some of the parts of ComP: the flags KP, PG, Cr and GM of the paper's Table 3."""

    def change(config: ComPConfig, recipe: Recipe) -> Settings:
        config = replace(config, propagation=propagation, prompting=prompting, coordination=coordination)
        return config, replace(recipe, modulate=modulate)

    return change


def alone(config: ComPConfig, recipe: Recipe) -> Settings:
    """Every modality by itself: the first stage alone, as long as both, without the terms that tie modalities together."""
    return replace(config, prompting=False, coordination=False), replace(
        recipe,
        first_epochs=recipe.first_epochs + recipe.second_epochs,
        second_epochs=0,
        reconstruction_weight=0,
        disentanglement_weight=0,
    )


def published(config: ComPConfig, recipe: Recipe) -> Settings:
    """What the published code minimises at its size, whatever the others share but for the protocol."""
    shape: dict[str, Any] = {**ARCHITECTURES["published"]}
    return ComPConfig(config.modalities, config.dims, config.outputs, config.max_length, **shape), replace(
        PUBLISHED, **{name: getattr(recipe, name) for name in PROTOCOL}
    )


METHODS = {
    method.name: method
    for method in (
        Method("comp", "ComP with all its parts", as_it_is),
        Method("published", "the published recipe, at its size", published),
        Method("no-prompting", "the baseline: encoders, attention and coordinator, no prompts", keeping(True, False, True, True)),
        Method("alone", "each modality trained by itself", alone),
        Method("linear", "regression on single utterances, zeros for what is missing", as_it_is, linear=True),
        Method("none", "encodings classified, nothing else", keeping(False, False, False, False)),
        Method("KP", "propagation alone", keeping(True, False, False, False)),
        Method("KP+PG", "propagation and prompts", keeping(True, True, False, False)),
        Method("KP+PG+Cr", "without the gradient modulator", keeping(True, True, True, False)),
        Method("PG+Cr+GM", "without propagation", keeping(False, True, True, True)),
        Method("KP+Cr+GM", "without prompts; the modulator then has nothing to act on", keeping(True, False, True, True)),
        Method("KP+PG+GM", "without the coordinator", keeping(True, True, False, True)),
    )
}  # fmt: skip


def find_method(name: str) -> Method:
    """The method of this name. Raises `CompVizError` naming those there are."""
    if name not in METHODS:
        raise CompVizError(f"there is no method {name!r:.60}, only {', '.join(METHODS)}.")
    return METHODS[name]
