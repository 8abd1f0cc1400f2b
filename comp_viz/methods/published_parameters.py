"""Copies published parameters into networks of our own, by names."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def copy_parameters(module: nn.Module, state: Mapping[str, Tensor], names: Mapping[str, str], prefix: str = "") -> None:
    """Copy what layers have, `names` of layers or parameters: ours -> published, the latter after `prefix`.

    Published tensors may have axes of length 1 that ours lack.
    """
    with torch.no_grad():
        for ours, published in names.items():
            own = dict(module.named_parameters())
            for name, parameter in own.items():
                if name == ours or name.startswith(f"{ours}."):
                    parameter.copy_(state[f"{prefix}{published}{name.removeprefix(ours)}"].view_as(parameter))
