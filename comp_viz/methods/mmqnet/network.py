"""After MMQ-Net: three sets of learned queries read the modalities of an utterance."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.methods.mmqnet.config import MMQNetConfig
from comp_viz.network.attention import ModalityAttention
from comp_viz.network.base import Network
from comp_viz.network.boundary import admit
from comp_viz.network.layers import Dropout, Layers, Linear
from comp_viz.network.trace import Output


class QueryReader(nn.Module):
    """Learned queries that attend to the tokens of each utterance by itself."""

    def __init__(self, queries: int, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.queries = nn.Parameter(torch.randn(queries, width) * width**-0.5)
        self.query = nn.Linear(width, width)
        self.key_value = Linear(width, 2 * width)

    def forward(self, tokens: Tensor, hidden: Tensor | None = None) -> Tensor:
        """What the `Q` queries read of `tokens [N, T, d]`, `[N, Q, d]`; each but those `hidden [Q, T]` from it."""
        N, T, d = tokens.shape
        keys, values = self.key_value(tokens.flatten(0, 1)).view(N, T, 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        query = self.query(self.queries).view(-1, self.heads, d // self.heads).transpose(0, 1)  # (h, Q, d/h)
        scores = query @ keys.mT * (d // self.heads) ** -0.5  # (N, h, Q, T)
        if hidden is not None:
            scores = scores.masked_fill(hidden, float("-inf"))
        gathered: Tensor = (scores.softmax(-1) @ values).transpose(1, 2).flatten(2)
        return gathered


class MMQNet(Network):
    """Modality queries rebuild, category queries predict, interference queries are kept apart from these."""

    config: MMQNetConfig

    def __init__(self, config: MMQNetConfig) -> None:
        super().__init__(config)
        M, d = len(config.modalities), config.hidden
        self.input: Layers[Linear] = Layers(Linear(width, d) for width in config.dims)
        self.context = ModalityAttention(M, d, config.heads, config.dropout)
        self.modality_queries = QueryReader(M * config.queries, d, config.heads)
        self.category_queries = QueryReader(config.outputs, d, config.heads)
        self.interference_queries = QueryReader(config.interference, d, config.heads)
        self.rebuild: Layers[Linear] = Layers(Linear(d, width) for width in config.dims)
        self.head = nn.Linear(d, 1)  # of each category, the same for all
        self.dropout = Dropout(config.dropout)
        # A modality is rebuilt from the others alone: its own token would be copied.
        own = torch.eye(M, dtype=torch.bool).repeat_interleave(config.queries, dim=0)
        self.register_buffer("own", own, persistent=False)

    own: Tensor

    def forward(self, features: Mapping[str, Any], observed: Any, valid: Any, *, trace: bool = False) -> Output:
        """As of every network."""
        return self.examine(features, observed, valid)[0]

    def examine(self, features: Mapping[str, Any], observed: Any, valid: Any) -> tuple[Output, Tensor]:
        """The output, and how alike categories and interference read: their mean squared cosine."""
        admitted, rows = admit(self.config, features, observed, valid, like=self.head.weight)
        M = len(self.config.modalities)
        projected = torch.stack(
            [self.dropout(layer(rows.utterances(x))) for layer, x in zip(self.input, admitted, strict=True)]
        )
        tokens = self.context(projected, rows)[0].transpose(0, 1)  # (N, M, d), each with its conversation in view
        rebuilt = self.modality_queries(tokens, self.own).unflatten(1, (M, -1)).mean(2)
        completed = torch.where(rows.keys.T[..., None], tokens, rebuilt)
        emotion = self.category_queries(completed)  # (N, C, d)
        fused = self.head(self.dropout(F.gelu(emotion)))[..., 0]
        features_again = [layer(x) for layer, x in zip(self.rebuild, rebuilt.unbind(1), strict=True)]
        reconstruction = dict(zip(self.config.modalities, map(rows.pad, features_again), strict=True))
        alike = F.normalize(emotion, dim=-1) @ F.normalize(self.interference_queries(completed), dim=-1).mT
        return Output(rows.pad(fused), reconstruction=reconstruction), alike.square().mean()
