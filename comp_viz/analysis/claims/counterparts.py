"""Which checkpoints were trained alike but for one thing, so that the two tell what that thing is worth."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from comp_viz.analysis.claims.accuracies import ALONE, COMP, LACKING, NOTHING, WITHOUT_PROMPTS
from comp_viz.checkpoint.card import Card
from comp_viz.errors import CompVizError
from comp_viz.methods.recipe import Recipe
from comp_viz.network.config import ComPConfig
from comp_viz.training.contenders import CONTENDERS

COUNTERPARTS = (WITHOUT_PROMPTS, ALONE, NOTHING, *LACKING.values())
Settings = Mapping[str, object]


def counterpart_roles(card: Card, other: Card) -> tuple[str, ...]:
    """As which methods of the claims `other` may stand beside `card`: same data, trained alike but for what that method lacks."""
    if not (card.data and other.data and card.data.digest == other.data.digest):
        return ()
    theirs = training_settings(other, COMP)
    return tuple(name for name in COUNTERPARTS if theirs is not None and theirs == training_settings(card, name))


def lacks_parts(card: Card) -> str:
    """Why a card is not of ComP with all four parts, which the claims are about; "" where it is, or does not say."""
    if not isinstance(card.architecture, ComPConfig):
        return "It is not of ComP."
    config = card.architecture
    parts = {"propagation": config.propagation, "prompts": config.prompting, "coordinator": config.coordination}
    gone = [name for name, kept in parts.items() if not kept]
    return f"It has no {' and no '.join(gone)}." if gone else ""


def training_settings(card: Card, method: str) -> Settings | None:
    """Architecture and recipe that a card gives, as a method of the claims changes them; None where it gives none of ComP's.

    Seeds are left out: a counterpart may have its own. Without prompts the modulator has nothing to act on, on or off.
    """
    if not isinstance(card.architecture, ComPConfig) or card.training is None:
        return None
    given = card.training.recipe.items()
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given}
    try:
        config, recipe = CONTENDERS[method].change(card.architecture, Recipe(**fields))
    except (CompVizError, TypeError, ValueError):  # a recipe of another version, or of something else
        return None
    settings = asdict(config) | asdict(recipe)
    del settings["seed"]
    return settings if settings["prompting"] else settings | {"modulate": False}
