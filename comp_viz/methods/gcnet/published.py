"""Reads the published parameters of GCNet and SDR-GNN into our networks; sizes follow from the shapes."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from comp_viz.errors import CompVizError
from comp_viz.methods.gcnet.config import WIDEST_WINDOW, GCNetConfig
from comp_viz.methods.gcnet.network import GCNet
from comp_viz.methods.gcnet.recurrence import Recurrence
from comp_viz.methods.published_parameters import LONGEST, State, as_state, copy_parameters
from comp_viz.methods.sdr_gnn.config import SDRGNNConfig
from comp_viz.methods.sdr_gnn.network import SDRGNN

MODALITIES = ("audio", "text", "video")
TEMPORAL = ("past", "now", "future")  # the rows of our relations
GRAPHS = {"temporal": "graph_net_temporal", "speaker": "graph_net_speaker"}

Relations = Mapping[str, Mapping[str, int]]  # graph -> relation -> its row in the published weights


def load_gcnet(
    parameters: Mapping[str, Any],
    relations: Relations,
    dims: Sequence[int],
    windows: tuple[int, int],
    attention: bool = False,
    max_length: int = LONGEST,
) -> GCNet:
    """A GCNet with published weights, in evaluation mode, as published (it reads padding).

    `relations` says which row holds which relation: the published code numbers them as a Python set happens to be ordered.
    `windows` are past and future, -1 for the whole conversation. Raises `CompVizError` when a parameter is missing or
    does not fit.
    """
    state = as_state(parameters)
    config = GCNetConfig(**sizes(state, relations, dims, windows, "lstm", max_length), attention=attention)
    model = GCNet(config).to(state["linear_rec.bias"])
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
    parameters: Mapping[str, Any],
    relations: Relations,
    dims: Sequence[int],
    windows: tuple[int, int],
    heads: int,
    attention: bool = False,
    max_length: int = LONGEST,
) -> SDRGNN:
    """An SDR-GNN with published weights, in evaluation mode, as published (temporal graph alone, rebuilding over the batch).

    `heads` are those of the attention that rebuilds, `attention` is that over time; the rest is as for `load_gcnet`.
    """
    state = as_state(parameters)
    config = SDRGNNConfig(
        **sizes(state, relations, dims, windows, "gru", max_length),
        attention=attention,
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
    state: State, relations: Relations, dims: Sequence[int], windows: tuple[int, int], first: str, max_length: int
) -> dict[str, Any]:
    """What the shapes say of the configuration.

    A window of the whole conversation is our widest one, over conversations that are no longer than that.
    """
    width = state.shape(f"{first}.weight_ih_l0", 2)[1]
    if sum(dims) != width:
        raise CompVizError(f"dims: expected widths of audio, text and video that sum to {width}, got {list(dims)}.")
    speakers = max(1, round(len(relations.get("speaker", ())) ** 0.5))
    check_relations(state, relations, speakers)
    if -1 in windows:
        windows = (windows[0] if windows[0] >= 0 else WIDEST_WINDOW, windows[1] if windows[1] >= 0 else WIDEST_WINDOW)
        max_length = min(max_length, WIDEST_WINDOW + 1)
    return {
        "modalities": MODALITIES,
        "dims": tuple(dims),
        "outputs": len(state["smax_fc.bias"]),
        "max_length": max_length,
        "hidden": state.shape(f"{first}.weight_hh_l0", 2)[1],
        "graph": state.shape("graph_net_temporal.conv1.weight", 3)[2],
        "past": windows[0],
        "future": windows[1],
        "speakers": speakers,
        "run_padding": True,
    }


def check_relations(state: State, relations: Relations, speakers: int) -> None:
    """Raise `CompVizError` unless every relation of both graphs has a row of its own in the published weights."""
    pairs = [f"{hears}{heard}" for hears in range(speakers) for heard in range(speakers)]
    for graph, wanted in (("temporal", [*TEMPORAL]), ("speaker", pairs)):
        rows, count = relations.get(graph, {}), state.shape(f"{GRAPHS[graph]}.conv1.weight", 3)[0]
        if set(rows) != set(wanted) or sorted(rows.values()) != list(range(count)):
            raise CompVizError(
                f"relations of the {graph} graph: expected {', '.join(wanted)} at rows 0 to {count - 1} of the weights, "
                f"got {dict(rows)}."
            )


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
            weight = state.fitting(f"{prefix}.conv1.weight", convolution.weight.shape)
            convolution.weight.copy_(weight[[rows[name] for name in wanted]])
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
