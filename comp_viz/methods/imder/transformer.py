"""The transformer of MulT: one or several side by side, of a sequence on itself or on another one."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.network.layers import Dropout, Layers, ModalityLinear


class Norm(nn.Module):
    """Layer normalisation with `G` sets of weights: `[G, …, d]`."""

    def __init__(self, groups: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(groups, width))
        self.bias = nn.Parameter(torch.zeros(groups, width))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last axis."""
        apart = (slice(None), *[None] * (x.dim() - 2))
        return F.layer_norm(x, x.shape[-1:]) * self.weight[apart] + self.bias[apart]


class TransformerLayer(nn.Module):
    """Attention and a feed-forward net four times as wide, each after a normalisation and added to what came in."""

    def __init__(self, groups: int, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query = ModalityLinear(groups, width, width)
        self.key_value = ModalityLinear(groups, width, 2 * width)
        self.out = ModalityLinear(groups, width, width)
        self.widen = ModalityLinear(groups, width, 4 * width)
        self.narrow = ModalityLinear(groups, 4 * width, width)
        self.before_attention, self.before_net = Norm(groups, width), Norm(groups, width)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, source: Tensor | None, mask: Tensor) -> Tensor:
        """`x [G, B, S, d]`, attending to itself or to `source`; `mask [B, 1, S or 1, S of the source]` is True where it may."""
        normed = self.before_attention(x)
        to = normed if source is None else self.before_attention(source)
        q, (k, v) = self.query(normed), self.key_value(to).chunk(2, dim=-1)
        attended = attend_side_by_side(q, k, v, self.heads, mask)
        x = x + self.dropout(self.out(attended))
        hidden = self.dropout(F.relu(self.widen(self.before_net(x))))
        out: Tensor = x + self.dropout(self.narrow(hidden))
        return out


def attend_side_by_side(q: Tensor, k: Tensor, v: Tensor, heads: int, mask: Tensor) -> Tensor:
    """Attention of `[G, B, S, d]`; `mask [B or G·B, 1, 1 or S, S of k]` is True where an utterance may be attended to.

    Groups and conversations become one axis: PyTorch's fused kernel takes four axes and no more. On a processor it is run
    in float32: in bfloat16 its gradient takes two to four times as long over a hundred utterances.
    """
    if q.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        with torch.autocast("cpu", enabled=False):
            return attend_side_by_side(q.float(), k.float(), v.float(), heads, mask)
    G, B = q.shape[:2]
    q, k, v = (part.flatten(0, 1).unflatten(-1, (heads, -1)).transpose(1, 2) for part in (q, k, v))  # [G·B, h, S, d/h]
    everywhere = mask if len(mask) == G * B else mask.repeat(G, 1, 1, 1)
    attended = F.scaled_dot_product_attention(q, k, v, attn_mask=everywhere)
    together: Tensor = attended.transpose(1, 2).flatten(2).unflatten(0, (G, B))
    return together


class Transformer(nn.Module):
    """Layers over sequences `[G, B, S, d]`, `G` transformers of the same shape side by side."""

    def __init__(self, groups: int, width: int, heads: int, depth: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers: Layers[TransformerLayer] = Layers(
            TransformerLayer(groups, width, heads, dropout) for _ in range(depth)
        )
        self.norm = Norm(groups, width)

    def forward(
        self,
        x: Tensor,
        there: Tensor,
        source: Tensor | None = None,
        source_there: Tensor | None = None,
        published: bool = False,
    ) -> Tensor:
        """`x` attends to itself, or to a `source` of any length; `there [B, S]` says where there is something.

        What is not there has no position and is not attended to. `published`: it is, and what comes later is not; between
        two lengths, what is later by more than their difference.
        """
        heard = there if source_there is None else source_there
        S, width = x.shape[-2:]
        other = S if source is None else source.shape[-2]
        positions = sinusoids(max(S, other), width).to(x)
        x = x * width**0.5 + positions[:S] * there[..., None]
        if source is not None:
            source = source * width**0.5 + positions[:other] * heard[..., None]
        if published:
            mask = torch.ones(len(heard), 1, S, other, dtype=torch.bool, device=x.device).tril(abs(S - other))
        else:
            mask = attendable(heard)
        for layer in self.layers:
            x = layer(x, source, mask)
        out: Tensor = self.norm(x)
        return out


def attendable(there: Tensor) -> Tensor:
    """Where each may attend to, `[B, 1, 1, S]` bool; everywhere where nothing is there, to keep the softmax finite."""
    return (there | ~there.any(1, keepdim=True))[:, None, None]


def sinusoids(length: int, width: int) -> Tensor:
    """Positions `[S, width]` as in fairseq: counted from 1, sines in the first half, cosines in the second."""
    half = width // 2
    rates = torch.exp(torch.arange(half, dtype=torch.float) * (-math.log(10000) / max(half - 1, 1)))
    angles = torch.arange(1, length + 1, dtype=torch.float)[:, None] * rates
    return F.pad(torch.cat([angles.sin(), angles.cos()], dim=-1), (0, width % 2))
