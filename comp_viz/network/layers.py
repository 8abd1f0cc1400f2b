"""Layers that hold one set of weights per modality and apply all of them in one batched product."""

from collections.abc import Iterator
from typing import Generic, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.network.product import product

Layer = TypeVar("Layer", bound=nn.Module)


class Layers(nn.ModuleList, Generic[Layer]):
    """A list of modules whose kind is known to the type checker."""

    def __iter__(self) -> Iterator[Layer]:
        return cast("Iterator[Layer]", super().__iter__())


class Dropout(nn.Module):
    """Dropout by one random byte an element, eight elements a random number: a quarter of a training step less.

    The rate is held to steps of 1/256; the published 0.5 is exact.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.threshold = round(256 * rate)

    def forward(self, x: Tensor) -> Tensor:
        """Zero elements at random and scale up the rest, in training only."""
        if not self.training or not self.threshold:
            return x
        words = torch.empty(-(-x.numel() // 8), dtype=torch.int64, device=x.device).random_(-(2**63), None)
        random_bytes = words.view(torch.uint8)[: x.numel()].view(x.shape)
        kept = torch.ge(random_bytes, self.threshold, out=torch.empty_like(x))  # 1 or 0, in one pass
        return x * kept.mul_(256 / (256 - self.threshold))


class ModalityLinear(nn.Module):
    """`M` linear layers side by side: `[M, …, inputs] -> [M, …, outputs]`, modality `u` with its own weight and bias."""

    def __init__(self, modalities: int, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = inputs**-0.5  # the same uniform start as nn.Linear
        self.weight = nn.Parameter(torch.empty(modalities, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(modalities, 1, outputs).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """Apply every modality's layer to its own slice of `x`."""
        flat = product(x.flatten(1, -2), self.weight, self.bias)  # (M, everything else, outputs)
        return flat.view(*x.shape[:-1], -1)


class Linear(nn.Linear):
    """One linear layer for all rows `[N, inputs]`."""

    def forward(self, x: Tensor) -> Tensor:
        """`[N, inputs] -> [N, outputs]`."""
        return product(x[None], self.weight.mT[None], self.bias[None, None])[0]


class ModalityMLP(nn.Module):
    """`M` networks `MLP(i→j→k)` side by side: linear, exact GELU, dropout, linear, dropout."""

    def __init__(self, modalities: int, inputs: int, hidden: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.fc1 = ModalityLinear(modalities, inputs, hidden)
        self.fc2 = ModalityLinear(modalities, hidden, outputs)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """`[M, …, i] -> [M, …, k]`."""
        return self.second(self.fc1(x))

    def second(self, hidden: Tensor) -> Tensor:
        """Everything after the first linear layer, for callers that compute that layer themselves."""
        out: Tensor = self.dropout(self.fc2(self.dropout(F.gelu(hidden))))
        return out
