"""Reads published parameters by name and copies them into networks of our own."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

LONGEST = 10_000  # utterances of a conversation that published weights are read for; published there is no limit


class State(dict[str, Tensor]):
    """Published parameters by name; asking for one that is not there, or not of the shape asked for, raises `CompVizError`."""

    def __missing__(self, name: str) -> Tensor:
        some = shortened(", ".join(self), 200) or "none"
        raise CompVizError(f"{name}: expected a parameter of this name, as the published network has it, got {some}.")

    def shape(self, name: str, axes: int) -> tuple[int, ...]:
        """The shape of one that has so many axes."""
        shape = tuple(self[name].shape)
        if len(shape) != axes:
            raise CompVizError(f"{name}: expected {axes} {'axis' if axes == 1 else 'axes'}, got shape {list(shape)}.")
        return shape

    def fitting(self, name: str, shape: Sequence[int]) -> Tensor:
        """One in a shape of ours, which may have axes of length 1 more or fewer."""
        value = self[name]
        if [n for n in value.shape if n != 1] != [n for n in shape if n != 1]:
            raise CompVizError(
                f"{name}: expected shape {list(shape)} by the sizes of the other parameters, got {list(value.shape)}."
            )
        return value.reshape(tuple(shape))


def as_state(parameters: Mapping[str, Any]) -> State:
    """Arrays as tensors; those in half precision are only stored so, and computed with in single."""
    state = State()
    for name, value in parameters.items():
        try:
            tensor = torch.as_tensor(value)
        except (TypeError, ValueError, RuntimeError):
            raise CompVizError(f"{name}: expected an array of numbers, got {shortened(repr(value), 60)}.") from None
        state[name] = tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor
    return state


def copy_parameters(module: nn.Module, state: State, names: Mapping[str, str], prefix: str = "") -> None:
    """Copy what layers have, `names` of layers or parameters: ours -> published, the latter after `prefix`."""
    own = dict(module.named_parameters())
    with torch.no_grad():
        for ours, published in names.items():
            for name, parameter in own.items():
                if name == ours or name.startswith(f"{ours}."):
                    parameter.copy_(state.fitting(f"{prefix}{published}{name.removeprefix(ours)}", parameter.shape))
