"""Reads published parameters of MMIN's parts into our network; sizes follow from the shapes."""

from collections.abc import Mapping
from typing import Any

import torch

from comp_viz.methods.mmin.config import MMINConfig
from comp_viz.methods.mmin.network import MMIN
from comp_viz.methods.published_parameters import copy_parameters

MODALITIES = ("audio", "text", "video")
PERCEPTRON = {"0": "module.0", "3": "module.3", "6": "fc_out"}  # ours -> published


def load_mmin(parameters: Mapping[str, Any]) -> MMIN:
    """An MMIN with published weights, in evaluation mode."""
    state = {name: torch.as_tensor(value) for name, value in parameters.items()}
    blocks = sum(name.startswith("imagine/encoder_") and name.endswith(".0.weight") for name in state)
    layers = sum(name.startswith("imagine/encoder_0.") and name.endswith(".weight") for name in state)
    config = MMINConfig(
        MODALITIES,
        dims=tuple(state[f"encoder{u}/module.0.weight"].shape[1] for u in range(3)),
        outputs=len(state["classify/fc_out.bias"]),
        embedding=len(state["encoder0/fc_out.bias"]),
        blocks=blocks,
        layers=tuple(len(state[f"imagine/encoder_0.{2 * layer}.bias"]) for layer in range(layers)),
        imagine_all=True,
    )
    model = MMIN(config).to(state["classify/fc_out.bias"])
    for u in range(3):
        for ours, published in ((model.encoders, "encoder"), (model.teacher.encoders, "teacher")):
            copy_parameters(ours.modalities[u], state, PERCEPTRON, f"{published}{u}/")
    copy_parameters(model.head, state, PERCEPTRON, "classify/")
    ways = range(layers)
    for way, published in ((model.imagination, "imagine/"), (model.cycle, "cycle/")):
        copy_parameters(way, state, {"transition.0": "transition.0", "transition.2": "transition.2"}, published)
        for block in range(blocks):
            names = {f"blocks.{block}.down.{i}": f"encoder_{block}.{2 * i}" for i in ways}
            names |= {f"blocks.{block}.up.{i}": f"decoder_{block}.{2 * i}" for i in ways}
            copy_parameters(way, state, names, published)
    return model.eval()
