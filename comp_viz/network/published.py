"""Reads weights saved by users of the published code: its parameter names -> our `ComP`."""

import re
import warnings
from collections import Counter
from collections.abc import Mapping
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from comp_viz.errors import CompVizError
from comp_viz.network.config import ComPConfig
from comp_viz.network.float_types import FLOAT_TYPES, value_problem
from comp_viz.network.model import ComP

LETTERS = {"audio": "a", "text": "t", "video": "v"}
PUBLISHED_BLOCKS = 2  # the published network has exactly these two
# Parts of the published network that only its training, or nothing at all, uses.
WRAPPED = re.compile(r"(?:^|(?<=\.))(?:_orig_mod|module)\.")  # what torch.compile and DataParallel put into names
PUBLISHED_NAME = re.compile(
    r"(|.*?\.)(?:[atv]_in_proj|(?:shared_enc|private_enc|dec|nlp_head)_[atv]|prop_(?:former|proj|proj_rev)_[atv]_[12]|block[12]\.blocks"
    r"|router|proj1|nlp_head)\..*"
)
UNUSED = re.compile(r"(private_enc|dec)_[atv]\.|prop_proj_rev_[atv]_2\.|prop_former_[atv]_2\.proj_n\.")


def load_published(parameters: Mapping[str, Any], heads: int, momentum: float, dropout: float = 0.5) -> ComP:
    """Build a `ComP` in evaluation mode from the published network's parameters.

    `parameters` maps published names to arrays or tensors; a prefix that wrappers put before all of them is taken off. Widths,
    depth, classes and `max_length` follow from their shapes; `heads` (h) and `momentum` (λ) do not and must be given. The model
    computes in the widest precision among the parameters. Raises `CompVizError` when a parameter is missing or does not fit;
    warns of names that are unknown, such as buffers of whole numbers.
    """
    source = Source({name: to_tensor(name, value) for name, value in without_prefix(parameters).items()})
    config = published_config(source, heads, momentum, dropout)
    state = convert(source, config)
    unknown = sorted(name for name in set(source.tensors) - source.used if not UNUSED.match(name))
    if unknown:
        warnings.warn(
            f"load_published: left {len(unknown)} unknown parameters aside: {', '.join(unknown[:5])}", stacklevel=2
        )
    model = ComP(config).to(source.widest)
    expected = model.state_dict()
    for name, tensor in state.items():
        if tensor.shape != expected[name].shape:
            raise CompVizError(
                f"The published parameters behind {name!r} have shape {list(tensor.shape)}, "
                f"expected {list(expected[name].shape)} from the other shapes. Is this a state_dict of the published ComP?"
            )
    model.load_state_dict(state | {"bank": expected["bank"]})
    return model.eval()


def without_prefix(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters without what Lightning, DataParallel, `torch.compile` or a class around the model put before their names.

    Where several models are in it, each under a name of its own, the one with most published names is taken.
    """
    bare = {WRAPPED.sub("", name): value for name, value in parameters.items()}
    if len(bare) < len(parameters):
        twice = next(
            name for name in parameters if WRAPPED.sub("", name) != name and WRAPPED.sub("", name) in parameters
        )
        raise CompVizError(
            f"Parameter {twice!r} is there twice, also as {WRAPPED.sub('', twice)!r}. Save one model alone."
        )
    prefixes = Counter(match[1] for name in bare if (match := PUBLISHED_NAME.fullmatch(name)))
    prefix = max(prefixes, key=lambda each: prefixes[each], default="")
    return {name.removeprefix(prefix): value for name, value in bare.items()}


def to_tensor(name: str, value: Any) -> Tensor:
    """Take an array as a tensor."""
    try:
        return torch.as_tensor(value).detach()
    except (TypeError, ValueError, RuntimeError):
        raise CompVizError(f"Parameter {name!r}: expected an array or tensor, got {type(value).__name__}.") from None


class Source:
    """Published parameters with a memory of which were used."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.tensors = tensors
        self.used: set[str] = set()
        floats = (tensor.dtype for tensor in tensors.values() if tensor.dtype in FLOAT_TYPES)
        self.widest = reduce(torch.promote_types, floats, torch.float32)  # what everything is computed in

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.tensors:
            raise CompVizError(
                f"Parameter {name!r} is missing. Expected the state_dict of the published three-modality ComP network, "
                f"got {what_it_is(self.tensors)}."
            )
        self.used.add(name)
        tensor = self.tensors[name]
        tensor = tensor.to(self.widest) if tensor.dtype in FLOAT_TYPES else tensor
        if problem := value_problem(tensor):
            raise CompVizError(f"Parameter {name!r} {problem}. The file is damaged or its training diverged.")
        kind, dims = ("matrix", 2) if name.endswith("weight") else ("vector", 1)
        if tensor.dim() != dims or not tensor.numel():
            raise CompVizError(f"Parameter {name!r} has shape {list(tensor.shape)}, expected a {kind}.")
        return tensor


def what_it_is(tensors: Mapping[str, Tensor]) -> str:
    """Parameters that are none of the published network, in a few words."""
    if "mean.audio" in tensors or "model.bank" in tensors or "bank" in tensors:
        return "the weights of a checkpoint of ComP Viz, which needs no converting: give its folder where a checkpoint is asked for"
    count, first = len(tensors), ", ".join(repr(name[:60]) for name in list(tensors)[:3])
    return f"{count} parameters" + (f" ({first} …)" if first else "")


def published_config(source: Source, heads: int, momentum: float, dropout: float) -> ComPConfig:
    """Read the architecture off the shapes."""
    prototypes, max_length = source["prop_former_a_1.proj_n.fc1.weight"].shape
    layers = [re.match(r"block(\d+)\.blocks\.(\d+)\.", name) for name in source.tensors]
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
