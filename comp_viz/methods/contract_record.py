"""What a method's record and its configuration have to be, whatever they are used for; looked at once, where it is found."""

import math
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from typing import Any

from comp_viz.errors import CompVizError
from comp_viz.methods.contract_checks import check_kind, running
from comp_viz.methods.method import CAPABILITIES, Method
from comp_viz.methods.recipe import Recipe
from comp_viz.network.config import NetworkConfig

ROWS = ("alone", "linear", "none", "published", "KP")  # of results, that are no methods
COMMAND = ("data", "out", "device", "track", "method", "preset", "missing_rate", "help")  # options of `comp-viz train`
TRIED: dict[str, Any] = {"modalities": ("audio", "text", "video"), "dims": (4, 6, 8)}
TOO_LARGE = 10**15  # no size of a network; a configuration may come with a checkpoint of anybody
PLAIN = (bool, int, float, str)


def check_record(name: str, method: object) -> None:
    """Raise `CompVizError` where the record of the folder `name` could not be used."""
    check_kind("METHOD", method, Method)
    assert isinstance(method, Method)
    if name in ROWS:
        raise CompVizError(f"the name {name!r} is that of another row of results. Rename the folder and METHOD.name.")
    if not (isinstance(method.config, type) and issubclass(method.config, NetworkConfig)):
        raise CompVizError(f"config: expected a class that extends NetworkConfig, got {method.config!r}.")
    if method.name != name or getattr(method.config, "method", "") != name:
        own = getattr(method.config, "method", None)
        raise CompVizError(
            f"METHOD.name and the configuration's `method` should be {name!r}, as the folder, got {method.name!r} and {own!r}."
        )
    if unknown := sorted(set(method.capabilities) - set(CAPABILITIES)):
        raise CompVizError(f"capabilities: expected some of {', '.join(CAPABILITIES)}, got {unknown[0]!r}.")
    own_fields = check_config_fields(method.config)
    check_presets(method, own_fields)
    check_limits(method, own_fields)


def check_config_fields(config: type[NetworkConfig]) -> dict[str, Field[Any]]:
    """The fields that a configuration adds, once each can be an option of the command."""
    if not is_dataclass(config) or "__dataclass_params__" not in vars(config):
        raise CompVizError(f"{config.__name__}: expected @dataclass(frozen=True) before the class; it is not there.")
    options = {*COMMAND, *(f.name for f in fields(Recipe))}
    own = {f.name: f for f in fields(config) if f.name not in {g.name for g in fields(NetworkConfig)}}
    for name, each in own.items():
        if name in options:
            raise CompVizError(
                f"{config.__name__}.{name}: `comp-viz train` has an option --{name.replace('_', '-')} already. Rename the field."
            )
        parts = each.default if isinstance(each.default, tuple) else (each.default,)
        if not all(isinstance(part, PLAIN) for part in parts):
            raise CompVizError(
                f"{config.__name__}.{name}: expected a default that is a number, a text, True, False or a tuple of these, "
                f"so that the field can be an option and be kept in config.json, got {each.default!r}."
            )
    return own


def check_presets(method: Method, own: Mapping[str, object]) -> None:
    """There is a preset `ours`, and presets change fields that the configuration has."""
    if "ours" not in method.presets or set(method.presets) - {"ours", "published"}:
        raise CompVizError(f"presets: expected 'ours', and 'published' if there is one, got {list(method.presets)}.")
    for name, preset in method.presets.items():
        if odd := sorted(set(preset.architecture) - set(own)):
            raise CompVizError(
                f"presets[{name!r}]: the configuration has no field {odd[0]!r}, only {', '.join(own) or 'those of every method'}."
            )


def check_limits(method: Method, own: Mapping[str, Field[Any]]) -> None:
    """The defaults are within the configuration's limits, and every number has some."""
    name = method.config.__name__
    with running(method.name, f"{name} with its defaults", "Let all fields have defaults that fit each other."):
        try:
            method.config(**TRIED)
        except CompVizError as error:
            raise CompVizError(f"{name}: its defaults are refused by its own __post_init__ ({error})") from None
    for field, each in own.items():
        if isinstance(each.default, bool) or not isinstance(each.default, int | float):
            continue
        whole = isinstance(each.default, int)
        for value in (TOO_LARGE, -1) if whole else (math.nan, math.inf):
            try:
                method.config(**TRIED | {field: value})
            except Exception:  # refused, if not in words
                continue
            helper = "self.check_whole" if whole else "self.check_share or self.check_weight"
            raise CompVizError(
                f"{name}.{field}: expected __post_init__ to refuse {value}, since a configuration may come with a checkpoint of "
                f"anybody; it was taken. Call super().__post_init__() and {helper}({field!r}) there."
            )
