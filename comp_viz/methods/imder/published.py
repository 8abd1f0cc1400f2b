"""Reads published parameters of IMDer's parts into ours; sizes follow from the shapes."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from comp_viz.methods.imder.refinement import Refinement
from comp_viz.methods.imder.score import Level, ScoreNetwork
from comp_viz.methods.imder.transformer import Transformer
from comp_viz.methods.published_parameters import copy_parameters

State = Mapping[str, Tensor]


def as_state(parameters: Mapping[str, Any], dtype: torch.dtype | None = None) -> dict[str, Tensor]:
    """Arrays as tensors."""
    return {name: torch.as_tensor(value).to(dtype) for name, value in parameters.items()}


def fill_transformer(model: Transformer, state: State, prefix: str = "") -> Transformer:
    """Give the first of the transformers side by side published weights."""
    with torch.no_grad():
        for number, layer in enumerate(model.layers):
            at = f"{prefix}layers.{number}."
            weight, bias = state[f"{at}self_attn.in_proj_weight"], state[f"{at}self_attn.in_proj_bias"]
            width = len(weight) // 3
            linears = {
                layer.query: (weight[:width], bias[:width]),
                layer.key_value: (weight[width:], bias[width:]),
                layer.out: (state[f"{at}self_attn.out_proj.weight"], state[f"{at}self_attn.out_proj.bias"]),
                layer.widen: (state[f"{at}fc1.weight"], state[f"{at}fc1.bias"]),
                layer.narrow: (state[f"{at}fc2.weight"], state[f"{at}fc2.bias"]),
            }
            for linear, (w, b) in linears.items():
                linear.weight[0].copy_(w.T)
                linear.bias[0, 0].copy_(b)
            norms = {"before_attention": "layer_norms.0", "before_net": "layer_norms.1"}
            copy_parameters(layer, state, norms, at)
    copy_parameters(model, state, {"norm": "layer_norm"}, prefix)
    return model


def load_transformer(parameters: Mapping[str, Any], heads: int) -> Transformer:
    """One transformer with published weights, in evaluation mode."""
    state = as_state(parameters)
    depth = sum(name.endswith("fc1.bias") for name in state)
    width = len(state["layer_norm.bias"])
    return fill_transformer(Transformer(1, width, heads, depth).to(state["layer_norm.bias"]), state).eval()


def load_score_network(parameters: Mapping[str, Any], heads: int) -> ScoreNetwork:
    """A score network with published weights, in evaluation mode, in single precision as published."""
    state = as_state(parameters, torch.float32)
    channels = [len(state[f"gnorm{level}.bias"]) for level in range(1, 5)]
    model = ScoreNetwork(state["conv1.weight"].shape[1], channels, len(state["embed.1.bias"]), heads)
    with torch.no_grad():
        model.get_buffer("frequencies").copy_(state["embed.0.W"])
    copy_parameters(model, state, {"embed": "embed.1"})
    for number, level in enumerate(model.down, start=1):
        fill_level(level, state, f"conv{number}", f"attention_{number}", number, f"gnorm{number}")
    for place, level in enumerate(model.up):
        number = 4 - place
        fill_level(level, state, f"tconv{number}", f"attention_t{number}", 5 + place, f"tgnorm{number}")
    return model.eval()


def fill_level(level: Level, state: State, convolution: str, attention: str, dense: int, norm: str) -> None:
    """One level of the U-Net."""
    names = {"convolve": convolution, "condition": f"{convolution}_cond", "time": f"dense{dense}.dense", "norm": norm}
    copy_parameters(level, state, names)
    fill_transformer(level.attention, state, f"{attention}.")


def load_refinement(parameters: Mapping[str, Any]) -> Refinement:
    """A refinement with published weights, in evaluation mode."""
    state = as_state(parameters)
    wide, width = state["0.weight"].shape[:2]
    blocks = sum(name.endswith("conv_du.0.bias") for name in state)
    assert wide == 2 * width
    model = Refinement(width, blocks, len(state["1.body.0.body.3.conv_du.0.bias"])).to(state["0.bias"])
    copy_parameters(model, state, {"enter": "0", "smooth": f"1.body.{blocks}", "leave": "2"})
    names = {"first": "0", "second": "2", "squeeze": "3.conv_du.0", "excite": "3.conv_du.2"}
    for number, block in enumerate(model.blocks):
        copy_parameters(block, state, names, f"1.body.{number}.body.")
    return model.eval()
