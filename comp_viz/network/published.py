"""Reads weights saved by users of the published code: its parameter names -> our `ComP`."""

import re
import warnings
from collections.abc import Mapping
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from comp_viz.errors import CompVizError
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP

LETTERS = {"audio": "a", "text": "t", "video": "v"}
PUBLISHED_BLOCKS = 2  # the published network has exactly these two
# Parts of the published network that only its training, or nothing at all, uses.
UNUSED = re.compile(r"(private_enc|dec)_[atv]\.|prop_proj_rev_[atv]_2\.|prop_former_[atv]_2\.proj_n\.")


def load_published(parameters: Mapping[str, Any], heads: int, momentum: float, dropout: float = 0.5) -> ComP:
    """Build a `ComP` in evaluation mode from the published network's parameters.

    `parameters` maps published names to arrays or tensors. Widths, depth, classes and `max_length` follow from their
    shapes; `heads` (h) and `momentum` (λ) do not and must be given. The model computes in the widest precision among the
    parameters. Raises `CompVizError` when a parameter is missing or does not fit; warns of names that are unknown.
    """
    tensors = {name.removeprefix("module."): to_tensor(name, value) for name, value in parameters.items()}
    widest = reduce(torch.promote_types, (tensor.dtype for tensor in tensors.values()), torch.float32)
    tensors = {name: tensor.to(widest) for name, tensor in tensors.items()}
    config = published_config(tensors, heads, momentum, dropout)
    source = Source(tensors)
    state = convert(source, config)
    unknown = sorted(name for name in set(tensors) - source.used if not UNUSED.match(name))
    if unknown:
        warnings.warn(
            f"load_published: left {len(unknown)} unknown parameters aside: {', '.join(unknown[:5])}", stacklevel=2
        )
    model = ComP(config).to(widest)
    expected = model.state_dict()
    for name, tensor in state.items():
        if tensor.shape != expected[name].shape:
            raise CompVizError(
                f"The published parameters behind {name!r} have shape {list(tensor.shape)}, "
                f"expected {list(expected[name].shape)} from the other shapes. Is this a state_dict of the published ComP?"
            )
    model.load_state_dict(state | {"bank": expected["bank"]})
    return model.eval()


def to_tensor(name: str, value: Any) -> Tensor:
    """Take an array or tensor as a finite tensor of at least single precision."""
    try:
        tensor = torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        raise CompVizError(f"Parameter {name!r}: expected an array or tensor, got {type(value).__name__}.") from None
    if not tensor.is_floating_point():
        raise CompVizError(f"Parameter {name!r}: expected floating-point numbers, got {tensor.dtype}.")
    if not tensor.isfinite().all():
        raise CompVizError(
            f"Parameter {name!r} holds NaN or infinite numbers; the file is damaged or its training diverged."
        )
    return tensor.detach().to(torch.promote_types(tensor.dtype, torch.float32))


class Source:
    """Published parameters with a memory of which were used."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.tensors = tensors
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.tensors:
            raise CompVizError(
                f"Parameter {name!r} is missing. Expected the state_dict of the published three-modality ComP network, "
                f"got {len(self.tensors)} parameters."
            )
        self.used.add(name)
        tensor = self.tensors[name]
        kind, dims = ("matrix", 2) if name.endswith("weight") else ("vector", 1)
        if tensor.dim() != dims or not tensor.numel():
            raise CompVizError(f"Parameter {name!r} has shape {list(tensor.shape)}, expected a {kind}.")
        return tensor


def published_config(tensors: Mapping[str, Tensor], heads: int, momentum: float, dropout: float) -> ComPConfig:
    """Read the architecture off the shapes."""
    source = Source(tensors)
    prototypes, max_length = source["prop_former_a_1.proj_n.fc1.weight"].shape
    layers = [re.match(r"block(\d+)\.blocks\.(\d+)\.", name) for name in tensors]
    depth = len({match.groups() for match in layers if match})
    return ComPConfig(
        modalities=tuple(LETTERS),
        dims=tuple(source[f"{u}_in_proj.0.weight"].shape[1] for u in LETTERS.values()),
        outputs=source["nlp_head.weight"].shape[0],
        max_length=max_length,
        hidden=source["a_in_proj.0.weight"].shape[0],
        prompt=source["prop_former_a_1.proj_prompt.weight"].shape[0],
        prototypes=prototypes,
        blocks=PUBLISHED_BLOCKS,
        depth=depth,
        heads=heads,
        momentum=momentum,
        dropout=dropout,
    )


def convert(source: Source, config: ComPConfig) -> dict[str, Tensor]:
    """Our state dict from the published one; `*` in a published name stands for the modality's letter."""
    state: dict[str, Tensor] = {}

    def stack(ours: str, *published: str) -> None:
        """Join the modalities' layers, transposed to `[M, in, out]`; several published layers side by side."""
        rows = [[name.replace("*", letter) for name in published] for letter in LETTERS.values()]
        weights = [torch.cat([source[f"{name}.weight"] for name in names]).mT for names in rows]
        biases = [torch.cat([source[f"{name}.bias"] for name in names])[None] for names in rows]
        if len({weight.shape for weight in weights}) > 1 or len({bias.shape for bias in biases}) > 1:
            shapes = {name: list(source[f"{name}.weight"].shape) for names in rows for name in names}
            raise CompVizError(f"The modalities' parameters for {ours!r} differ in shape: {shapes}.")
        state[f"{ours}.weight"], state[f"{ours}.bias"] = torch.stack(weights), torch.stack(biases)

    def mlp(ours: str, published: str) -> None:
        stack(f"{ours}.fc1", f"{published}.fc1")
        stack(f"{ours}.fc2", f"{published}.fc2")

    def plain(ours: str, published: str) -> None:
        state[f"{ours}.weight"], state[f"{ours}.bias"] = source[f"{published}.weight"], source[f"{published}.bias"]

    for i, letter in enumerate(LETTERS.values()):
        plain(f"input.{i}", f"{letter}_in_proj.0")
    mlp("encoder", "shared_enc_*")
    mlp("compressor", "prop_former_*_1.proj_n")
    for l in range(1, PUBLISHED_BLOCKS + 1):
        block = f"blocks.{l - 1}"
        mlp(f"{block}.from_prototypes", f"prop_former_*_{l}.proj_d")
        stack(f"{block}.from_features", f"prop_former_*_{l}.proj_prompt")
        stack(f"{block}.inject", f"prop_proj_*_{l}")
        for k in range(config.depth // PUBLISHED_BLOCKS):
            layer = f"block{l}.blocks.{k}.Transformer_*"
            stack(f"{block}.layers.{k}.qkv", f"{layer}.q", f"{layer}.k", f"{layer}.v")
            mlp(f"{block}.layers.{k}.mlp", f"{layer}.mlp")
        if l < PUBLISHED_BLOCKS:
            mlp(f"{block}.expand", f"prop_proj_rev_*_{l}")
    stack("modality_heads", "nlp_head_*")
    plain("coordinator.0", "router.fc1")
    plain("coordinator.3", "router.fc2")
    plain("fusion", "proj1")
    plain("fused_head", "nlp_head")
    return state
