"""Builds our MoMKE from the parameters of the published network, which go by other names and lie side by side."""

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from comp_viz.errors import CompVizError
from comp_viz.methods.momke.network import MoMKE, MoMKEConfig
from comp_viz.methods.published_parameters import LONGEST, as_state
from comp_viz.wording import shortened

MODALITY_LETTERS = {"audio": "a", "text": "t", "video": "v"}


def momke_from_published(parameters: Mapping[str, Any], heads: int, max_length: int = LONGEST) -> MoMKE:
    """The network in evaluation mode, in the precision of the parameters; `heads` cannot be told from their shapes.

    `parameters` maps published names to arrays or tensors. Raises `CompVizError` when one is missing or does not fit.
    """
    weights = dict(as_state({name.removeprefix("module."): value for name, value in parameters.items()}))
    try:
        config = MoMKEConfig(
            tuple(MODALITY_LETTERS),
            tuple(weights[f"{letter}_in_proj.0.weight"].shape[1] for letter in MODALITY_LETTERS.values()),
            weights["nlp_head.weight"].shape[0],
            max_length,
            hidden=weights["proj1.weight"].shape[0] // len(MODALITY_LETTERS),
            depth=len({m.group(1) for name in weights if (m := re.match(r"block\.blocks\.(\d+)\.", name))}),
            heads=heads,
        )
        state = momke_state(weights, config.depth)
        model = MoMKE(config).to(weights["proj1.weight"].dtype)
        model.load_state_dict(state)
    except (KeyError, RuntimeError, IndexError) as error:
        raise CompVizError(
            f"These are not the parameters of the published three-modality MoMKE ({shortened(' '.join(str(error).split()), 300)})."
        ) from None
    return model.eval()


def momke_state(weights: Mapping[str, Tensor], depth: int) -> dict[str, Tensor]:
    """Our state from the published one; `*` in a published name stands for the modality's letter."""
    stacked: dict[str, tuple[str, ...]] = {"modality_heads": ("nlp_head_*",)}
    stacked |= {f"router.{layer}": (f"router_*.{layer}",) for layer in ("fc1", "fc2")}
    for k in range(depth):
        theirs = f"block.blocks.{k}.Transformer_*"
        stacked[f"experts.{k}.qkv"] = (f"{theirs}.q", f"{theirs}.k", f"{theirs}.v")
        stacked |= {f"experts.{k}.mlp.{layer}": (f"{theirs}.mlp.{layer}",) for layer in ("fc1", "fc2")}
    plain = {"fusion": "proj1", "fused_head": "nlp_head"}
    plain |= {f"input.{u}": f"{letter}_in_proj.0" for u, letter in enumerate(MODALITY_LETTERS.values())}
    state = {f"{ours}.{part}": weights[f"{name}.{part}"] for ours, name in plain.items() for part in ("weight", "bias")}
    for ours, names in stacked.items():
        rows = [[name.replace("*", letter) for name in names] for letter in MODALITY_LETTERS.values()]
        state[f"{ours}.weight"] = torch.stack(
            [torch.cat([weights[f"{name}.weight"] for name in row]).mT for row in rows]
        )
        state[f"{ours}.bias"] = torch.stack(
            [torch.cat([weights[f"{name}.bias"] for name in row])[None] for row in rows]
        )
    return state
