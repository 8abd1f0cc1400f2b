"""One direction of an LSTM or GRU along conversations, by what suits the machine; for the exporter it is one operator."""

import torch
from torch import Tensor, nn

from comp_viz.network.recurrent_steps import run_steps


@torch.library.custom_op("comp_viz::lstm", mutates_args=())
def lstm(x: Tensor, inner: Tensor, own: Tensor, inner_bias: Tensor, own_bias: Tensor) -> Tensor:
    """All outputs `[S, B, H]` of an LSTM on `x [S, B, D]`, by its weights in PyTorch's order; only a name for the exporter."""
    raise NotImplementedError("comp_viz::lstm stands in a graph that is exported; nothing runs it.")


@torch.library.custom_op("comp_viz::gru", mutates_args=())
def gru(x: Tensor, inner: Tensor, own: Tensor, inner_bias: Tensor, own_bias: Tensor) -> Tensor:
    """The same of a GRU."""
    raise NotImplementedError("comp_viz::gru stands in a graph that is exported; nothing runs it.")


@lstm.register_fake
@gru.register_fake
def output_like(x: Tensor, inner: Tensor, own: Tensor, inner_bias: Tensor, own_bias: Tensor) -> Tensor:
    """A tensor of the outputs' shape."""
    return x.new_empty(x.shape[0], x.shape[1], own.shape[1])


def run_cell(cell: nn.LSTM | nn.GRU, x: Tensor) -> Tensor:
    """All outputs `[S, B, H]` of a cell of one layer and direction on `x [S, B, D]`."""
    out: Tensor
    if torch.compiler.is_exporting():
        out = (lstm if isinstance(cell, nn.LSTM) else gru)(x, *cell.all_weights[0])
    elif x.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        out = run_steps(cell, x)
    else:
        out = cell(x)[0]
    return out
