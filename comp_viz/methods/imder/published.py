"""Reads published parameters of IMDer's parts into ours; sizes follow from the shapes."""

import re
from collections.abc import Mapping
from typing import Any

import torch

from comp_viz.errors import CompVizError
from comp_viz.methods.imder.refinement import Refinement
from comp_viz.methods.imder.score import Level, ScoreNetwork
from comp_viz.methods.imder.transformer import Transformer
from comp_viz.methods.published_parameters import State, as_state, copy_parameters


def fill_transformer(model: Transformer, state: State, prefix: str = "") -> Transformer:
    """Give the first of the transformers side by side published weights."""
    with torch.no_grad():
        for number, layer in enumerate(model.layers):
            at = f"{prefix}layers.{number}."
            width = layer.query.weight.shape[1]
            weight = state.fitting(f"{at}self_attn.in_proj_weight", (3 * width, width))
            bias = state.fitting(f"{at}self_attn.in_proj_bias", (3 * width,))
            layer.query.weight[0].copy_(weight[:width].T)
            layer.key_value.weight[0].copy_(weight[width:].T)
            layer.query.bias[0, 0].copy_(bias[:width])
            layer.key_value.bias[0, 0].copy_(bias[width:])
            for linear, name in ((layer.out, "self_attn.out_proj"), (layer.widen, "fc1"), (layer.narrow, "fc2")):
                linear.weight[0].copy_(state.fitting(f"{at}{name}.weight", linear.weight[0].mT.shape).T)
                linear.bias[0, 0].copy_(state.fitting(f"{at}{name}.bias", linear.bias.shape[2:]))
            norms = {"before_attention": "layer_norms.0", "before_net": "layer_norms.1"}
            copy_parameters(layer, state, norms, at)
    copy_parameters(model, state, {"norm": "layer_norm"}, prefix)
    return model


def load_transformer(parameters: Mapping[str, Any], heads: int) -> Transformer:
    """One transformer with published weights, in evaluation mode."""
    state = as_state(parameters)
    depth = layers_of(state)
    width = len(state["layer_norm.bias"])
    check_heads(heads, width)
    return fill_transformer(Transformer(1, width, heads, depth).to(state["layer_norm.bias"]), state).eval()


def layers_of(state: State, prefix: str = "") -> int:
    """How many layers a transformer has."""
    matches = [re.match(re.escape(prefix) + r"layers\.(\d+)\.", name) for name in state]
    return 1 + max((int(match[1]) for match in matches if match), default=-1)


def check_heads(heads: int, *widths: int) -> None:
    """Raise `CompVizError` unless heads, which no shape tells, divide all widths."""
    if heads < 1 or any(width % heads for width in widths):
        raise CompVizError(f"heads: expected a divisor of the widths {', '.join(map(str, widths))}, got {heads}.")


def load_score_network(parameters: Mapping[str, Any], heads: int) -> ScoreNetwork:
    """A score network with published weights, in evaluation mode, in the precision of the weights."""
    state = as_state(parameters)
    channels = [len(state[f"gnorm{level}.bias"]) for level in range(1, 5)]
    width, embedding = state.shape("conv1.weight", 3)[1], len(state["embed.1.bias"])
    check_heads(heads, width, *channels)
    model = ScoreNetwork(width, channels, embedding, heads, layers_of(state, "attention_1.")).to(state["conv1.weight"])
    with torch.no_grad():
        model.get_buffer("frequencies").copy_(state.fitting("embed.0.W", (embedding // 2,)))
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
    wide, width, _ = state.shape("0.weight", 3)
    blocks = sum(name.endswith("conv_du.0.bias") for name in state)
    model = Refinement(width, blocks, len(state["1.body.0.body.3.conv_du.0.bias"]), wide).to(state["0.bias"])
    copy_parameters(model, state, {"enter": "0", "smooth": f"1.body.{blocks}", "leave": "2"})
    names = {"first": "0", "second": "2", "squeeze": "3.conv_du.0", "excite": "3.conv_du.2"}
    for number, block in enumerate(model.blocks):
        copy_parameters(block, state, names, f"1.body.{number}.body.")
    return model.eval()
