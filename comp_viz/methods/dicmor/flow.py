"""Normalising flows, one for each modality, all of them in the same products; invertible in both directions."""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.network.layers import Layers, ModalityLinear

FlowKind = Literal["glow", "published"]
FLOWS: tuple[FlowKind, ...] = ("glow", "published")


class ZeroLinear(ModalityLinear):
    """Linear layers that start at zero, times `exp(3 scale)`."""

    def __init__(self, modalities: int, inputs: int, outputs: int) -> None:
        super().__init__(modalities, inputs, outputs)
        self.scale = nn.Parameter(torch.zeros(modalities, 1, outputs))
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """`[M, N, inputs] -> [M, N, outputs]`."""
        out: Tensor = super().forward(x) * torch.exp(3 * self.scale)
        return out


class Coupling(nn.Module):
    """Half of the channels, `a`, says how the others are shifted and scaled: `b <- (b + t(a)) s(a)`."""

    def __init__(self, modalities: int, width: int, hidden: int) -> None:
        super().__init__()
        self.kept = width // 2
        self.first = ModalityLinear(modalities, self.kept, hidden)
        self.second = ModalityLinear(modalities, hidden, hidden)
        self.last = ZeroLinear(modalities, hidden, 2 * (width - self.kept))

    def shift_and_scale(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """`t` and `s`, each `[M, N, width - half]`."""
        log_scale, shift = self.last(F.relu(self.second(F.relu(self.first(a))))).chunk(2, dim=-1)
        return shift, torch.sigmoid(log_scale + 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """`[M, N, width]` and the log-determinant of each row, `[M, N]`."""
        a, b = x[..., : self.kept], x[..., self.kept :]
        shift, scale = self.shift_and_scale(a)
        return torch.cat([a, (b + shift) * scale], dim=-1), scale.log().sum(-1)

    def inverse(self, z: Tensor) -> Tensor:
        """Back."""
        a, b = z[..., : self.kept], z[..., self.kept :]
        shift, scale = self.shift_and_scale(a)
        return torch.cat([a, b / scale - shift], dim=-1)


class Mixing(nn.Module):
    """Activation normalisation and an invertible product that mixes channels: what Glow does before each coupling."""

    def __init__(self, modalities: int, width: int) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(modalities, 1, width))
        self.log_scale = nn.Parameter(torch.zeros(modalities, 1, width))
        self.weight = nn.Parameter(torch.linalg.qr(torch.randn(modalities, width, width))[0])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """`[M, N, width]` and the log-determinant `[M, 1]`, the same for all rows."""
        determinant = self.log_scale.sum(-1) + torch.linalg.slogdet(self.weight)[1][:, None]
        return (x + self.shift) * self.log_scale.exp() @ self.weight, determinant

    def inverse(self, z: Tensor) -> Tensor:
        """Back."""
        x: Tensor = torch.linalg.solve(self.weight.mT, z.mT).mT
        return x * torch.exp(-self.log_scale) - self.shift


class Flows(nn.Module):
    """A flow for each modality, every utterance by itself: `[M, N, width] -> [M, N, width]`.

    Of a `published` one the step calls nothing but the coupling: the first half of the channels passes all steps as it is,
    and what is carried over from another modality is, in that half, the other modality.
    """

    def __init__(self, modalities: int, width: int, steps: int, kind: FlowKind, hidden: int = 64) -> None:
        super().__init__()
        self.couplings: Layers[Coupling] = Layers(Coupling(modalities, width, hidden) for _ in range(steps))
        self.mixings: Layers[Mixing] = Layers(Mixing(modalities, width) for _ in range(steps if kind == "glow" else 0))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What `x` is in the space that all modalities share, and the log-determinant of each row, `[M, N]`."""
        total = x.new_zeros(x.shape[:-1])
        for step, coupling in enumerate(self.couplings):
            if self.mixings:
                x, determinant = self.mixings[step](x)
                total = total + determinant
            x, determinant = coupling(x)
            total = total + determinant
        return x, total

    def inverse(self, z: Tensor) -> Tensor:
        """From the shared space to each modality."""
        couplings, mixings = list(self.couplings), list(self.mixings)
        for step in reversed(range(len(couplings))):
            z = couplings[step].inverse(z)
            if mixings:
                z = mixings[step].inverse(z)
        return z


class ClassPriors(nn.Module):
    """A Gaussian in the shared space for each of `K` classes, the same for all modalities."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(classes, width))
        self.log_deviation = nn.Parameter(torch.zeros(classes, width))

    def forward(self, z: Tensor, classes: Tensor) -> Tensor:
        """Log-likelihood `[M, N]` of `z [M, N, width]` given classes `[N]`."""
        mean, log_deviation = self.mean[classes], self.log_deviation[classes]
        squares = ((z - mean) * torch.exp(-log_deviation)).square()
        likelihood: Tensor = -0.5 * (squares + 2 * log_deviation + math.log(2 * math.pi)).sum(-1)
        return likelihood
