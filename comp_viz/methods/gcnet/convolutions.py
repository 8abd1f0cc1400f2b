"""Convolutions on the graph of neighbouring utterances."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.methods.gcnet.window import Window


class RelationalConvolution(nn.Module):
    """`W_0 x_i + b + Σ_r mean over the neighbours of relation r of W_r x_j`: `[B, S, inputs] -> [B, S, outputs]`."""

    def __init__(self, relations: int, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = (6 / (inputs + outputs)) ** 0.5
        self.weight = nn.Parameter(torch.empty(relations, inputs, outputs).uniform_(-bound, bound))
        self.root = nn.Parameter(torch.empty(inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def strengths(self, x: Tensor, window: Window, relations: Tensor) -> Tensor:
        """Length of what each neighbour adds to the sum below, `[B, S, K]`; an edge has one relation."""
        lengths = (x @ self.weight[:, None]).norm(
            dim=-1
        )  # [R, B, S], of the message an utterance sends by each relation
        total = x.new_zeros(relations.shape[1:])
        for length, edges in zip(lengths, relations, strict=True):
            total = total + window.neighbours(length[..., None])[..., 0] * mean_weights(edges, x)
        return total

    def forward(self, x: Tensor, window: Window, relations: Tensor) -> Tensor:
        """Convolve along edges of each relation, `relations [R, B, S, K]` bool."""
        R = len(relations)
        # One product for all relations, and narrow messages afterwards: a mean of products is the product of the mean.
        weights = torch.cat([self.root, *self.weight], dim=1)
        own, *messages = (x @ weights).chunk(R + 1, dim=-1)
        total = own + self.bias
        for message, edges in zip(messages, relations, strict=True):
            total = total + window.gather(message, mean_weights(edges, x))
        return total


class SumConvolution(nn.Module):
    """`A x_i + Σ_j B x_j + b` over all neighbours."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.root = nn.Linear(width, width, bias=False)
        self.neighbour = nn.Linear(width, width)

    def forward(self, x: Tensor, window: Window) -> Tensor:
        """`[B, S, width] -> [B, S, width]`."""
        summed = window.gather(x, window.edges.to(x.dtype))
        out: Tensor = self.root(x) + self.neighbour(summed)
        return out


class HyperedgeConvolution(nn.Module):
    """Mean over each window, then mean over the windows an utterance is in; only a bias is learned, as published."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor, window: Window) -> Tensor:
        """`[B, S, width] -> [B, S, width]`."""
        edges = window.gather(x, mean_weights(window.edges, x))
        back = window.turned
        return F.leaky_relu(back.gather(edges, mean_weights(back.edges, x)) + self.bias)


class HighFrequencyConvolution(nn.Module):
    """`Σ_j t_ij x_j / sqrt(deg_i deg_j)` with a gate `t_ij = tanh(w [x_i, x_j] + b)`, which may be negative."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Linear(2 * width, 1)

    def forward(self, x: Tensor, window: Window) -> Tensor:
        """`[B, S, width] -> [B, S, width]`."""
        mine, theirs = self.gate.weight.view(2, -1)
        gates = (x @ mine)[..., None] + window.neighbours((x @ theirs)[..., None])[..., 0] + self.gate.bias
        scale = window.turned.edges.sum(-1, keepdim=True).clamp(min=1).to(x.dtype).rsqrt()  # of edges that leave a node
        between = scale * window.neighbours(scale)[..., 0]
        return window.gather(x, gates.tanh() * between * window.edges)


def mean_weights(edges: Tensor, like: Tensor) -> Tensor:
    """Weights that make a sum over `edges [B, S, K]` a mean; zeros where there is no edge."""
    weights = edges.to(like.dtype)
    return weights / weights.sum(-1, keepdim=True).clamp(min=1)
