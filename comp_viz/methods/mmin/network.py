"""MMIN: encoders, a cascade of residual autoencoders that imagines, a classifier on what they have in the middle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.methods.mmin.config import MMINConfig
from comp_viz.network.base import Network
from comp_viz.network.boundary import admit
from comp_viz.network.layers import Dropout, Layers, Linear
from comp_viz.network.rows import Rows
from comp_viz.network.trace import Output, PerModality


def perceptron(inputs: int, hidden: Sequence[int], outputs: int, dropout: float) -> nn.Sequential:
    """(Linear, relu, dropout) for each hidden width, then Linear."""
    layers: list[nn.Module] = []
    for before, width in pairwise((inputs, *hidden)):
        layers += [Linear(before, width), nn.ReLU(), Dropout(dropout)]
    return nn.Sequential(*layers, Linear((inputs, *hidden)[-1], outputs))


class Encoders(nn.Module):
    """Each modality's features to its embedding, side by side: `M` times `[N, D_u] -> [N, M·e]`."""

    def __init__(self, config: MMINConfig, dropout: float) -> None:
        super().__init__()
        self.modalities: Layers[nn.Sequential] = Layers(
            perceptron(D, config.encoding, e, dropout) for D, e in zip(config.dims, config.embedded, strict=True)
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Encode."""
        return torch.cat([encode(x) for encode, x in zip(self.modalities, features, strict=True)], dim=-1)


class Autoencoder(nn.Module):
    """One block: down to a latent and up again, `[N, width] -> ([N, latent], [N, width])`."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.down: Layers[Linear] = Layers(Linear(a, b) for a, b in pairwise(widths))
        self.up: Layers[Linear] = Layers(Linear(b, a) for a, b in reversed(list(pairwise(widths))))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Nothing is rectified at the latent and at the end."""
        latent = x
        for depth, layer in enumerate(self.down):
            latent = layer(F.leaky_relu(latent) if depth else latent)
        out = latent
        for depth, layer in enumerate(self.up):
            out = layer(F.relu(out) if depth else out)
        return latent, out


class Imagination(nn.Module):
    """A cascade of residual autoencoders: `[N, M·e] -> (imagined [N, M·e], latents [N, blocks · latent])`."""

    def __init__(self, config: MMINConfig) -> None:
        super().__init__()
        width = sum(config.embedded)
        self.blocks: Layers[Autoencoder] = Layers(Autoencoder((width, *config.layers)) for _ in range(config.blocks))
        self.transition = nn.Sequential(Linear(width, width), nn.ReLU(), Linear(width, width))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Every block reads what the one before read and gave, added."""
        latents = []
        for block in self.blocks:
            latent, out = block(x)
            latents.append(latent)
            x = x + out
        return self.transition(x), torch.cat(latents, dim=-1)


@dataclass(frozen=True)
class Imagined:
    """The way of a batch through the network, for `N` utterances."""

    read: Tensor  # [N, M·e], embeddings of what is there
    embedding: Tensor  # [N, M·e], as it is imagined
    logits: Tensor  # [B, S, C]
    rows: Rows


class Teacher(nn.Module):
    """Encoders and a head that learn from complete utterances; afterwards their embeddings are what is to be imagined."""

    def __init__(self, config: MMINConfig) -> None:
        super().__init__()
        self.encoders = Encoders(config, config.teacher_dropout)
        self.head = perceptron(sum(config.embedded), config.classifying, config.outputs, config.teacher_dropout)


class MMIN(Network):
    """Each utterance by itself: nothing is read of its conversation."""

    config: MMINConfig

    def __init__(self, config: MMINConfig) -> None:
        super().__init__(config)
        self.teacher = Teacher(config)
        self.encoders = Encoders(config, config.dropout)
        self.imagination = Imagination(config)
        self.cycle = Imagination(config)  # back from what was imagined, in training only
        self.head = perceptron(config.blocks * config.layers[-1], config.classifying, config.outputs, config.dropout)

    def forward(self, features: Mapping[str, Any], observed: Any, valid: Any, *, trace: bool = False) -> Output:
        """As of every network; `reconstruction` are imagined embeddings."""
        imagined = self.imagine(features, observed, valid)
        return Output(imagined.logits, reconstruction=self.by_modality(imagined.rows.pad(imagined.embedding)))

    def imagine(self, features: Mapping[str, Any], observed: Any, valid: Any) -> Imagined:
        """What is imagined of a batch, and the answer."""
        read, rows = self.embed(self.encoders, features, observed, valid)
        embedding, latents = self.imagination(read)
        return Imagined(read, embedding, rows.pad(self.head(latents)), rows)

    def teach(self, features: Mapping[str, Any], observed: Any, valid: Any) -> Output:
        """The teacher's predictions."""
        embedding, rows = self.embed(self.teacher.encoders, features, observed, valid)
        return Output(rows.pad(self.teacher.head(embedding)))

    def embed(self, encoders: Encoders, features: Mapping[str, Any], observed: Any, valid: Any) -> tuple[Tensor, Rows]:
        """Embeddings `[N, M·e]` of what is observed, and where the utterances stand."""
        admitted, rows = admit(self.config, features, observed, valid, like=next(self.parameters()))
        return encoders([rows.utterances(x) for x in admitted]), rows

    def rebuilt_from(self, features: Mapping[str, Any], observed: Any, valid: Any) -> PerModality:
        """The teacher's embeddings of the features."""
        embedding, rows = self.embed(self.teacher.encoders, features, observed, valid)
        return self.by_modality(rows.pad(embedding))

    def by_modality(self, side_by_side: Tensor) -> PerModality:
        """Embeddings `[…, M·e]` by modality."""
        parts = side_by_side.split(self.config.embedded, dim=-1)
        return dict(zip(self.config.modalities, parts, strict=True))
