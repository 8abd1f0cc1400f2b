"""The network of MoMKE: modality experts that every modality goes through, mixed by a router for each utterance.

Symbols: `M` modalities and as many experts, `B` conversations, `S` and `N` utterances of one and of all, `d` hidden width.
Utterances are rows without padding, as in `comp_viz/network/rows.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.network.attention import ModalityAttention
from comp_viz.network.base import Network
from comp_viz.network.boundary import admit
from comp_viz.network.config import MOST_LAYERS, NetworkConfig
from comp_viz.network.layers import Dropout, Layers, Linear, ModalityLinear, ModalityMLP
from comp_viz.network.rows import Rows
from comp_viz.network.trace import Output, PerModality


@dataclass(frozen=True)
class MoMKEConfig(NetworkConfig):
    """Architecture of a MoMKE network."""

    method: ClassVar[str] = "momke"

    hidden: int = 128  # d; published: 256
    depth: int = 4  # attention layers of an expert
    heads: int = 2
    dropout: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("hidden", "heads")
        self.check_whole("depth", most=MOST_LAYERS)
        self.check_divides("heads", "hidden")
        self.check_share("dropout")


class MoMKE(Network):
    """Mixture of modality knowledge experts for any ordered list of at least two modalities."""

    config: MoMKEConfig

    def __init__(self, config: MoMKEConfig) -> None:
        super().__init__(config)
        M, d, drop = len(config.modalities), config.hidden, config.dropout
        self.input: Layers[Linear] = Layers(Linear(width, d) for width in config.dims)
        self.experts: Layers[ModalityAttention] = Layers(
            ModalityAttention(M, d, config.heads, drop) for _ in range(config.depth)
        )
        self.router = ModalityMLP(M, d, d, M, drop)
        self.modality_heads = ModalityLinear(M, d, config.outputs)
        self.fusion = Linear(M * d, M * d)
        self.fused_head = nn.Linear(M * d, config.outputs)
        self.dropout = Dropout(drop)

    def forward(self, features: Mapping[str, Any], observed: Any, valid: Any, *, trace: bool = False) -> Output:
        """Predict by the mixture of experts; the heads read each modality's own expert. It has no trace.

        `weights` say how much each modality's expert is used: its mean weight in the routers of the modalities that are
        observed in the utterance, of all where none is.
        """
        projected, rows = self.begin(features, observed, valid)
        mixed, alone, routes = self.mixture(projected, rows)
        heads = self.by_modality(rows.pad(self.modality_heads(alone)))
        return Output(
            rows.pad(self.fused_head(self.fused_features(mixed, rows))), heads, rows.pad(mean_route(routes, rows))
        )

    def begin(self, features: Mapping[str, Any], observed: Any, valid: Any) -> tuple[Tensor, Rows]:
        """Check a batch and bring every modality to the hidden width, `P^u [M, N, d]`."""
        admitted, rows = admit(self.config, features, observed, valid, like=self.fused_head.weight)
        utterances = (rows.utterances(x) for x in admitted)
        projected: Tensor = torch.stack([linear(x) for linear, x in zip(self.input, utterances, strict=True)])
        dropped: Tensor = self.dropout(projected)
        return dropped, rows

    def first_stage(self, projected: Tensor, rows: Rows) -> PerModality:
        """Each modality through its own expert and head: modality -> `[B, S, C]`."""
        return self.by_modality(rows.pad(self.modality_heads(self.alone(projected, rows))))

    def alone(self, projected: Tensor, rows: Rows) -> Tensor:
        """`E_u(P^u) [M, N, d]`, each modality through its own expert."""
        for layer in self.experts:
            projected, _ = layer(projected, rows)
        return projected

    def mixture(self, projected: Tensor, rows: Rows) -> tuple[Tensor, Tensor, Tensor]:
        """Every modality through all experts: the mixture `X^u [M, N, d]`, `E_u(P^u)`, and the router's weights `[M, N, M]`.

        In `[expert, modality, …]` all experts read all modalities at once, each modality under its own mask.
        """
        M = len(projected)
        x = projected.flatten(0, 1).expand(M, -1, -1)  # (expert, M·N, d)
        side_by_side = rows.by_mask()
        for layer in self.experts:
            x, _ = layer(x, side_by_side)
        x = x.unflatten(1, (M, -1))  # (expert, modality, N, d)
        routes = self.router(projected).softmax(-1)
        mixed = (x * routes.permute(2, 0, 1)[..., None]).sum(0)
        own = torch.arange(M, device=x.device)
        return mixed, x[own, own], routes

    def fused_features(self, mixed: Tensor, rows: Rows) -> Tensor:
        """`[N, M·d]`: all modalities side by side, zeros where one is missing, plus what a layer makes of all together."""
        together = (mixed * rows.keys[..., None]).transpose(0, 1).flatten(1)
        fused: Tensor = together + self.dropout(F.relu(self.fusion(together)))
        return fused

    def routing(self, features: Mapping[str, Any], observed: Any, valid: Any) -> Tensor:
        """The routers' weights `[B, S, M, M]`: for each modality, of the experts, sum 1."""
        projected, rows = self.begin(features, observed, valid)
        return rows.pad(self.router(projected).softmax(-1)).permute(1, 2, 0, 3)

    def by_modality(self, stacked: Tensor) -> PerModality:
        """Name the slices of a stacked tensor: `[M, …]` -> modality -> `[…]`."""
        return dict(zip(self.config.modalities, stacked, strict=True))


def mean_route(routes: Tensor, rows: Rows) -> Tensor:
    """Mean weight of each expert, `[N, M]`, over the modalities that are observed; over all where none is."""
    among = (rows.keys | ~rows.keys.any(0)).to(routes.dtype)  # (M, N)
    return (routes * (among / among.sum(0))[..., None]).sum(0)
