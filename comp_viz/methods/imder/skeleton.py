"""What IMDer and DiCMoR share: projection, completion of what is missing, fusion by cross-modal transformers.

Both were made for the frames of one utterance and one answer. Here time runs over the utterances of a conversation, an
answer is given at each of them, and what is missing is missing utterance by utterance.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.methods.imder.refinement import Refinement
from comp_viz.methods.imder.transformer import Transformer
from comp_viz.network.base import Network
from comp_viz.network.boundary import admit, tensor
from comp_viz.network.config import MOST_LAYERS, NetworkConfig
from comp_viz.network.layers import Dropout, Layers
from comp_viz.network.trace import Output, PerModality


@dataclass(frozen=True)
class CompletingConfig(NetworkConfig):
    """What IMDer and DiCMoR have in common."""

    hidden: int = 32  # d, width of a projected modality
    heads: int = 8
    depth: int = 4  # layers of each transformer; published: 4 (CMU-MOSI)
    kernel: int = 3  # utterances that a projection reads
    blocks: int = 20  # of the refinement
    dropout: float = 0.1
    causal: bool = False  # published: nothing later is attended to, padding is
    frozen_projection: bool = False  # published: not trained once something is missing

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("hidden", "heads", most=10_000)
        self.check_whole("depth", "blocks", most=MOST_LAYERS)
        self.check_whole("kernel", most=99)
        self.check_divides("heads", "hidden")
        self.check_share("dropout")


class Fusion(nn.Module):
    """Each modality asks each other one, both answers side by side attend to themselves: `[M, B, S, d] -> [B, S, C]`."""

    def __init__(self, config: CompletingConfig) -> None:
        super().__init__()
        M, d, drop = len(config.modalities), config.hidden, config.dropout
        pairs = [(u, v) for u in range(M) for v in range(M) if v != u]
        self.queries, self.sources = [u for u, _ in pairs], [v for _, v in pairs]
        self.crosswise = Transformer(len(pairs), d, config.heads, config.depth, drop)
        self.memory = Transformer(M, (M - 1) * d, config.heads, config.depth, drop)
        width = M * (M - 1) * d
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.head = nn.Linear(width, config.outputs)
        self.dropout = Dropout(drop)
        self.published = config.causal

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """`there [B, S]` says where there is an utterance."""
        M = len(x)
        answers = self.crosswise(x[self.queries], there, x[self.sources], published=self.published)
        side_by_side = answers.unflatten(0, (M, M - 1)).movedim(1, -2).flatten(-2)  # [M, B, S, (M-1)·d]
        h = self.memory(side_by_side, there, published=self.published).movedim(0, -2).flatten(-2)
        out: Tensor = self.head(h + self.second(self.dropout(F.relu(self.first(h)))))
        return out


@dataclass(frozen=True)
class Projected:
    """A batch brought to one width, with what is there of it."""

    x: Tensor  # [M, B, S, d], of what is observed
    observed: Tensor  # [M, B, S] bool
    there: Tensor  # [B, S] bool, False in padding


class CompletingNetwork(Network, ABC):
    """Completes what is missing, then predicts from all modalities together."""

    config: CompletingConfig

    def __init__(self, config: CompletingConfig) -> None:
        super().__init__(config)
        self.projections: Layers[nn.Conv1d] = Layers(
            nn.Conv1d(width, config.hidden, config.kernel, padding="same", bias=False) for width in config.dims
        )
        self.refinements: Layers[Refinement] = Layers(
            Refinement(config.hidden, config.blocks) for _ in config.modalities
        )
        self.fusion = Fusion(config)

    def forward(
        self,
        features: Mapping[str, Any],
        observed: Any,
        valid: Any,
        *,
        trace: bool = False,
        complete: bool = True,
    ) -> Output:
        """As of every network; `reconstruction` is in the space of projections. Without `complete` nothing is filled in."""
        projected = self.project(features, observed, valid)
        return self.conclude(projected, self.rebuild(projected) if complete else None)

    def conclude(self, projected: Projected, rebuilt: Tensor | None) -> Output:
        """Predict from what is there and what was `rebuilt [M, B, S, d]` where it is not."""
        x = projected.x
        if rebuilt is not None:
            x = torch.where(projected.observed[..., None], x, rebuilt)
        x = x * projected.there[..., None]
        fused = self.fusion(x, projected.there) * projected.there[..., None]
        names = self.config.modalities
        return Output(fused, reconstruction=None if rebuilt is None else dict(zip(names, rebuilt, strict=True)))

    def project(self, features: Mapping[str, Any], observed: Any, valid: Any) -> Projected:
        """Check a batch and bring it to one width."""
        admitted, rows = admit(self.config, features, observed, valid, like=self.fusion.head.weight)
        x = [
            project(rows.pad(rows.utterances(part)).mT).mT
            for project, part in zip(self.projections, admitted, strict=True)
        ]
        there = tensor(valid, x[0].device).bool()
        keys = rows.pad(rows.keys[..., None].to(x[0].dtype))[..., 0] > 0
        return Projected(torch.stack(x), keys, there)

    def rebuilt_from(self, features: Mapping[str, Any], observed: Any, valid: Any) -> PerModality:
        """The projections of the features."""
        return dict(zip(self.config.modalities, self.project(features, observed, valid).x, strict=True))

    def rebuild(self, projected: Projected) -> Tensor:
        """Every modality as the others say it is, refined: `[M, B, S, d]`."""
        return self.refine(self.transfer(projected), projected.there)

    @abstractmethod
    def transfer(self, projected: Projected) -> Tensor:
        """Every modality from the others, without gradients: `[M, B, S, d]`."""

    def refine(self, x: Tensor, there: Tensor) -> Tensor:
        """`[M, B, S, d] -> [M, B, S, d]`."""
        places = there[:, None].to(x.dtype)
        parts = [refine(part.mT * places, places).mT for refine, part in zip(self.refinements, x, strict=True)]
        return torch.stack(parts)


def mean_of_others(x: Tensor, observed: Tensor) -> Tensor:
    """For every modality the mean of those others that are there: `x [M, …, d]`, `observed [M, …] -> [M, …, d]`."""
    weights = observed[..., None].to(x.dtype)
    total, count = (x * weights).sum(0), weights.sum(0)
    return (total - x * weights) / (count - weights).clamp(min=1)
