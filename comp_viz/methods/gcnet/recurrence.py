"""Recurrence along conversations in both directions, by PyTorch's fast kernel for whole batches."""

from typing import Literal

import torch
from torch import Tensor, nn

from comp_viz.network.layers import Dropout, Layers
from comp_viz.network.recurrent_cell import run_cell

Cell = Literal["lstm", "gru"]
CELLS: dict[Cell, type[nn.LSTM] | type[nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}


def mirror(valid: Tensor, run_padding: bool) -> Tensor:
    """Where each place of a batch stands when its conversation is read backwards, `[S, B]` of `valid [B, S]`.

    Padding stays at the end, so that nothing of it is read before an utterance. With `run_padding`, as published, whole
    columns are turned: the backward direction reads the padding first.
    """
    B, S = valid.shape
    lengths = torch.full((B,), S, device=valid.device) if run_padding else valid.sum(1)
    places = torch.arange(S, device=valid.device)[:, None]
    return torch.where(places < lengths, lengths - 1 - places, places)


class Recurrence(nn.Module):
    """Layers of LSTM or GRU cells in both directions, with dropout between them: `[S, B, inputs] -> [S, B, 2 hidden]`.

    PyTorch's own way around padding, packed sequences, takes three times as long. Here each direction runs over the padded
    batch, and the backward one gets every conversation turned within its own length.
    """

    def __init__(self, cell: Cell, inputs: int, hidden: int, dropout: float, depth: int = 2) -> None:
        super().__init__()
        widths = [inputs, *[2 * hidden] * (depth - 1)]
        self.onward: Layers[nn.LSTM | nn.GRU] = Layers(CELLS[cell](width, hidden) for width in widths)
        self.backward_: Layers[nn.LSTM | nn.GRU] = Layers(CELLS[cell](width, hidden) for width in widths)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, mirrored: Tensor) -> Tensor:
        """Run all layers; `mirrored [S, B]` comes from `mirror`."""
        for layer, (onward, backward) in enumerate(zip(self.onward, self.backward_, strict=True)):
            x = self.dropout(x) if layer else x
            x = torch.cat([run_cell(onward, x), turned(run_cell(backward, turned(x, mirrored)), mirrored)], dim=-1)
        return x


def turned(x: Tensor, mirrored: Tensor) -> Tensor:
    """`[S, B, D]` with every conversation read backwards."""
    B = x.shape[1]
    rows = (mirrored * B + torch.arange(B, device=x.device)).flatten()
    return x.flatten(0, 1).index_select(0, rows).view_as(x)
