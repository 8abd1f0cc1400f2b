"""Reads the published parameters of GCNet and SDR-GNN into our networks; sizes follow from the shapes."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from comp_viz.methods.gcnet.config import GCNetConfig
from comp_viz.methods.gcnet.network import GCNet
from comp_viz.methods.gcnet.recurrence import Recurrence
from comp_viz.methods.published_parameters import copy_parameters
from comp_viz.methods.sdr_gnn.config import SDRGNNConfig
from comp_viz.methods.sdr_gnn.network import SDRGNN

MODALITIES = ("audio", "text", "video")
TEMPORAL = ("past", "now", "future")  # the rows of our relations
GRAPHS = {"temporal": "graph_net_temporal", "speaker": "graph_net_speaker"}

State = Mapping[str, Tensor]
Relations = Mapping[str, Mapping[str, int]]  # graph -> relation -> its row in the published weights


def load_gcnet(
    parameters: Mapping[str, Any],
    relations: Relations,
    dims: Sequence[int],
    windows: tuple[int, int],
    attention: bool = False,
) -> GCNet:
    """A GCNet with published weights, in evaluation mode, as published (it reads padding).

    `relations` says which row holds which relation: the published code numbers them as a Python set happens to be ordered.
    `windows` are past and future.
    """
    state = {name: torch.as_tensor(value) for name, value in parameters.items()}
    model = GCNet(GCNetConfig(**sizes(state, relations, dims, windows, "lstm"), attention=attention)).to(
        state["linear_rec.bias"]
    )
    fill(model, state, relations, "lstm")
    for name, prefix in GRAPHS.items():
        convolution = model.get_submodule(f"{name}.convolution.sum")
        copy_parameters(convolution, state, {"root.weight": f"{prefix}.conv2.lin_root.weight"})
        linear = f"{prefix}.conv2.lin_rel"
        copy_parameters(
            convolution, state, {"neighbour.weight": f"{linear}.weight", "neighbour.bias": f"{linear}.bias"}
        )
    return model.eval()


def load_sdr_gnn(
    parameters: Mapping[str, Any], relations: Relations, dims: Sequence[int], windows: tuple[int, int], heads: int
) -> SDRGNN:
    """An SDR-GNN with published weights, in evaluation mode, as published (temporal graph alone, attention over the batch)."""
    state = {name: torch.as_tensor(value) for name, value in parameters.items()}
    config = SDRGNNConfig(
        **sizes(state, relations, dims, windows, "gru"),
        speaker_graph=False,
        heads=heads,
        across_batch=True,
    )
    model = SDRGNN(config).to(state["linear_rec.bias"])
    fill(model, state, relations, "gru")
    prefix = GRAPHS["temporal"]
    copy_parameters(
        model.get_submodule("temporal.convolution.hyperedges"), state, {"bias": f"{prefix}.hypergraph.bias"}
    )
    gate = f"{prefix}.high_conv.gate"
    copy_parameters(model.get_submodule("temporal.convolution.high"), state, {"gate.weight": f"{gate}.weight"})
    copy_parameters(model.get_submodule("temporal.convolution.high"), state, {"gate.bias": f"{gate}.bias"})
    names = ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")
    copy_parameters(model.attention, state, {name: f"multihead_attn.{name}" for name in names})
    return model.eval()


def sizes(
    state: State, relations: Relations, dims: Sequence[int], windows: tuple[int, int], first: str
) -> dict[str, Any]:
    """What the shapes say of the configuration."""
    speakers = round(len(relations["speaker"]) ** 0.5)
    return {
        "modalities": MODALITIES,
        "dims": tuple(dims),
        "outputs": len(state["smax_fc.bias"]),
        "hidden": state[f"{first}.weight_hh_l0"].shape[1],
        "graph": state["graph_net_temporal.conv1.weight"].shape[2],
        "past": windows[0],
        "future": windows[1],
        "speakers": speakers,
        "run_padding": True,
    }


def fill(model: GCNet | SDRGNN, state: State, relations: Relations, first: str) -> None:
    """What both networks have."""
    fill_recurrence(model.recurrence, state, first)
    copy_parameters(model, state, {"head.weight": "smax_fc.weight", "head.bias": "smax_fc.bias"})
    copy_parameters(model, state, {"rebuild.weight": "linear_rec.weight", "rebuild.bias": "linear_rec.bias"})
    for graph, prefix in GRAPHS.items():
        branch = getattr(model, graph)
        if branch is None:
            continue
        rows = relations[graph]
        wanted = TEMPORAL if graph == "temporal" else tuple(sorted(rows))
        convolution = branch.convolution.relational
        with torch.no_grad():
            convolution.weight.copy_(state[f"{prefix}.conv1.weight"][[rows[name] for name in wanted]])
        copy_parameters(convolution, state, {"root": f"{prefix}.conv1.root", "bias": f"{prefix}.conv1.bias"})
        fill_recurrence(branch.recurrence, state, f"{prefix}.grufusion")
        copy_parameters(branch.linear, state, {name: f"{prefix}.linear.{name}" for name in ("weight", "bias")})
        if branch.attention is not None:
            names = {f"query.{name}": f"{prefix}.matchatt.transform.{name}" for name in ("weight", "bias")}
            copy_parameters(branch.attention, state, names)


def fill_recurrence(recurrence: Recurrence, state: State, prefix: str) -> None:
    """Weights of an LSTM or GRU of PyTorch."""
    parts = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    for layer in range(len(recurrence.onward)):
        for way, suffix in (("onward", ""), ("backward_", "_reverse")):
            names = {f"{way}.{layer}.{part}_l0": f"{prefix}.{part}_l{layer}{suffix}" for part in parts}
            copy_parameters(recurrence, state, names)
