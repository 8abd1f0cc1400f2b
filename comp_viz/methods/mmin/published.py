"""Reads published parameters of MMIN's parts into our network; sizes follow from the shapes."""

import re
from collections.abc import Mapping
from typing import Any

from torch import nn

from comp_viz.errors import CompVizError
from comp_viz.methods.mmin.config import MMINConfig
from comp_viz.methods.mmin.network import MMIN
from comp_viz.methods.published_parameters import LONGEST, State, as_state, copy_parameters

MODALITIES = ("audio", "text", "video")


def load_mmin(parameters: Mapping[str, Any], max_length: int = LONGEST) -> MMIN:
    """An MMIN with published weights, in evaluation mode.

    Raises `CompVizError` when a parameter is missing or does not fit.
    """
    state = as_state(parameters)
    blocks = sum(name.startswith("imagine/encoder_") and name.endswith(".0.weight") for name in state)
    layers = sum(name.startswith("imagine/encoder_0.") and name.endswith(".weight") for name in state)
    config = MMINConfig(
        MODALITIES,
        dims=tuple(state.shape(hidden_layers(state, f"encoder{u}/")[0], 2)[1] for u in range(3)),
        outputs=len(state["classify/fc_out.bias"]),
        max_length=max_length,
        embedding=len(state["encoder0/fc_out.bias"]),
        embeddings=tuple(len(state[f"encoder{u}/fc_out.bias"]) for u in range(3)),
        encoder_layers=tuple(len(state[name]) for name in hidden_layers(state, "encoder0/")),
        head_layers=tuple(len(state[name]) for name in hidden_layers(state, "classify/")),
        blocks=blocks,
        layers=tuple(len(state[f"imagine/encoder_0.{2 * layer}.bias"]) for layer in range(layers)),
        imagine_all=True,
    )
    model = MMIN(config).to(state["classify/fc_out.bias"])
    for u in range(3):
        for ours, published in ((model.encoders, "encoder"), (model.teacher.encoders, "teacher")):
            copy_perceptron(ours.modalities[u], state, f"{published}{u}/")
    copy_perceptron(model.head, state, "classify/")
    ways = range(layers)
    for way, published in ((model.imagination, "imagine/"), (model.cycle, "cycle/")):
        copy_parameters(way, state, {"transition.0": "transition.0", "transition.2": "transition.2"}, published)
        for block in range(blocks):
            names = {f"blocks.{block}.down.{i}": f"encoder_{block}.{2 * i}" for i in ways}
            names |= {f"blocks.{block}.up.{i}": f"decoder_{block}.{2 * i}" for i in ways}
            copy_parameters(way, state, names, published)
    return model.eval()


def hidden_layers(state: State, prefix: str) -> list[str]:
    """Names of a perceptron's hidden weights in order; every second or third has some, with dropout it is the third."""
    matches = [re.fullmatch(re.escape(prefix) + r"module\.(\d+)\.(weight|bias)", name) for name in state]
    places = sorted({int(match[1]) for match in matches if match})
    if not places or any(name.startswith(prefix) and name.endswith("running_mean") for name in state):
        raise CompVizError(
            f"{prefix}module: expected one or more linear layers, without normalisation of the batch, "
            f"got {', '.join(name for name in state if name.startswith(prefix)) or 'none'}."
        )
    return [f"{prefix}module.{place}.weight" for place in places]


def copy_perceptron(perceptron: nn.Module, state: State, prefix: str) -> None:
    """Give a perceptron of ours, whose linear layers are every third, published weights."""
    published = [name.removesuffix(".weight") for name in hidden_layers(state, prefix)]
    count = len([*perceptron.children()]) // 3
    if len(published) != count:
        raise CompVizError(f"{prefix}module: expected {count} linear layers as in encoder0, got {len(published)}.")
    published.append(f"{prefix}fc_out")
    copy_parameters(perceptron, state, {str(3 * place): name for place, name in enumerate(published)})
