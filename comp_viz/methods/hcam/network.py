"""After HCAM: no prompts, every modality reads the others at full width."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.methods.gcnet.recurrence import Recurrence, mirror
from comp_viz.methods.hcam.config import HCAMConfig
from comp_viz.methods.imder.transformer import attend_side_by_side
from comp_viz.network.attention import ModalityAttention
from comp_viz.network.base import Network
from comp_viz.network.boundary import admit, tensor
from comp_viz.network.layers import Dropout, Layers, Linear, ModalityLinear
from comp_viz.network.rows import Rows
from comp_viz.network.trace import Output, PerModality


class CoAttention(nn.Module):
    """Every modality as query on the keys and values of every other one: `[M, B, S, d] -> [M(M-1), B, S, d]`."""

    def __init__(self, modalities: int, width: int, heads: int) -> None:
        super().__init__()
        pairs = [(u, v) for u in range(modalities) for v in range(modalities) if v != u]
        self.queries, self.sources, self.heads = [u for u, _ in pairs], [v for _, v in pairs], heads
        self.query = ModalityLinear(len(pairs), width, width)
        self.key_value = ModalityLinear(len(pairs), width, 2 * width)

    def forward(self, x: Tensor, keys: Tensor) -> Tensor:
        """`keys [M, B, S]` bool are the utterances that may be read; zeros come from a modality without any."""
        q, (k, v) = self.query(x[self.queries]), self.key_value(x[self.sources]).chunk(2, dim=-1)
        readable = keys[self.sources]
        some = readable.any(-1)[..., None, None]  # [G, B, 1, 1]
        mask = (readable[:, :, None] | ~some)[:, :, None]  # everything where nothing is, to keep the softmax finite
        return attend_side_by_side(q, k, v, self.heads, mask.flatten(0, 1)) * some


class HCAM(Network):
    """Heads read what each modality is by itself, the fused prediction what they are together."""

    config: HCAMConfig

    def __init__(self, config: HCAMConfig) -> None:
        super().__init__(config)
        M, d, drop = len(config.modalities), config.hidden, config.dropout
        self.input: Layers[Linear] = Layers(Linear(width, d) for width in config.dims)
        self.recurrence: Layers[Recurrence] = Layers(Recurrence("gru", d, d // 2, 0, depth=1) for _ in range(M))
        self.attention = ModalityAttention(M, d, config.heads, drop)
        self.modality_heads = ModalityLinear(M, d, config.outputs)
        self.across = CoAttention(M, d, config.heads)
        self.fusion = nn.Linear(M * M * d, M * d)
        self.fused_head = nn.Linear(M * d, config.outputs)
        self.dropout = Dropout(drop)

    def forward(self, features: Mapping[str, Any], observed: Any, valid: Any, *, trace: bool = False) -> Output:
        """As of every network."""
        alone, rows = self.encode(features, observed, valid)
        return self.conclude(alone, rows)[0]

    def encode(self, features: Mapping[str, Any], observed: Any, valid: Any) -> tuple[Tensor, Rows]:
        """Each modality by itself, `[M, N, d]`."""
        admitted, rows = admit(self.config, features, observed, valid, like=self.fused_head.weight)
        mirrored = mirror(tensor(valid, self.device).bool(), run_padding=False)
        encoded = []
        for linear, recur, x in zip(self.input, self.recurrence, admitted, strict=True):
            entering = rows.pad(self.dropout(linear(rows.utterances(x))))
            encoded.append(rows.pack(recur(entering.transpose(0, 1), mirrored).transpose(0, 1)))
        return self.attention(torch.stack(encoded), rows)[0], rows

    def conclude(self, alone: Tensor, rows: Rows) -> tuple[Output, Tensor]:
        """Predictions, and the fused features `[N, M·d]` they come from."""
        across = rows.pack(self.across(rows.pad(alone), rows.pad(rows.keys[..., None].to(alone.dtype))[..., 0] > 0))
        together = torch.cat([alone, across]).transpose(0, 1).flatten(1)  # (N, M·M·d)
        h = F.relu(self.fusion(self.dropout(together)))
        fused = self.fused_head(self.dropout(h))
        return Output(rows.pad(fused), self.by_modality(alone, rows)), h

    def by_modality(self, alone: Tensor, rows: Rows) -> PerModality:
        """The heads' predictions of `[M, N, d]`."""
        return dict(zip(self.config.modalities, rows.pad(self.modality_heads(alone)), strict=True))
