"""The score network: a U-Net along the conversation that tells noise from a modality, given another one."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.methods.imder.diffusion import deviation
from comp_viz.methods.imder.transformer import Transformer
from comp_viz.network.layers import Layers

FREQUENCIES = 30.0  # scale of the random Fourier features of time


class MaskedGroupNorm(nn.GroupNorm):
    """Normalisation of groups of channels over the places that are there."""

    def over(self, x: Tensor, there: Tensor) -> Tensor:
        """`x [B, channels, S]`, `there [B, 1, S]`."""
        grouped = x.unflatten(1, (self.num_groups, -1)) * there[:, None]
        count = (there.sum(-1, keepdim=True) * grouped.shape[2]).clamp(min=1)[:, None]
        mean = grouped.sum((2, 3), keepdim=True) / count
        centred = (grouped - mean) * there[:, None]
        variance = centred.square().sum((2, 3), keepdim=True) / count
        normed = (centred * (variance + self.eps).rsqrt()).flatten(1, 2)
        out: Tensor = normed * self.weight[:, None] + self.bias[:, None]
        return out


class Level(nn.Module):
    """One level: convolution, attention to the condition, time, normalisation, swish."""

    def __init__(
        self, convolve: nn.Module, condition: nn.Module, width: int, heads: int, embedding: int, groups: int, depth: int
    ):
        super().__init__()
        self.convolve, self.condition = convolve, condition
        self.attention = Transformer(1, width, heads, depth)
        self.time = nn.Linear(embedding, width) if groups else None
        self.norm = MaskedGroupNorm(math.gcd(groups, width), width) if groups else None

    def forward(
        self, x: Tensor, condition: Tensor | None, time: Tensor, there: Tensor, published: bool
    ) -> tuple[Tensor, Tensor | None]:
        """`x [B, channels, S]` and the condition, both brought to this level."""
        h = self.convolve(x)
        if condition is not None:
            condition = self.condition(condition) * there
            # As published, what is 0 in its first channel has no position, be it padding or not.
            filled = (h[:, 0] != 0, condition[:, 0] != 0) if published else (there[:, 0] > 0, None)
            h = h + self.attention(h.mT[None], filled[0], condition.mT[None], filled[1], published)[0].mT
        if self.time is None or self.norm is None:
            return h * there, condition
        h = h + self.time(time)[..., None]
        return F.silu(self.norm.over(h, there)) * there, condition


class ScoreNetwork(nn.Module):
    """`s(x_t, t | condition)` of `[B, width, S]`; `S` divisible by 8."""

    def __init__(self, width: int, channels: Sequence[int], embedding: int, heads: int, depth: int = 2) -> None:
        super().__init__()
        a, b, c, d = channels
        self.frequencies: Tensor
        self.register_buffer("frequencies", torch.randn(embedding // 2) * FREQUENCIES)
        self.embed = nn.Linear(embedding, embedding)

        def down(inputs: int, outputs: int, stride: int) -> Level:
            convolve, condition = (nn.Conv1d(inputs, outputs, 3, stride, 1, bias=False) for _ in range(2))
            own = condition if stride > 1 else nn.Identity()
            return Level(convolve, own, outputs, heads, embedding, 32 if stride > 1 else 4, depth)

        def up(inputs: int, skip: int, outputs: int) -> Level:
            convolve, condition = (
                nn.ConvTranspose1d(read, outputs, 3, 2, 1, output_padding=1, bias=False)
                for read in (inputs + skip, inputs)
            )
            return Level(convolve, condition, outputs, heads, embedding, 32, depth)

        self.down: Layers[Level] = Layers([down(width, a, 1), down(a, b, 2), down(b, c, 2), down(c, d, 2)])
        last = [nn.ConvTranspose1d(read, width, 3, 1, 1) for read in (2 * a, a)]
        self.up: Layers[Level] = Layers(
            [up(d, 0, c), up(c, c, b), up(b, b, a), Level(last[0], last[1], width, heads, embedding, 0, depth)]
        )

    def forward(self, x: Tensor, t: Tensor, condition: Tensor | None, there: Tensor, published: bool = False) -> Tensor:
        """The score `[B, width, S]` at times `t [B]`; `there [B, S]` bool says where there is an utterance."""
        # Weights may be doubles, or come from a file in another precision than what is asked.
        own = self.embed.weight.dtype
        x, t, condition = x.to(own), t.to(own), None if condition is None else condition.to(own)
        angles = t[:, None] * self.frequencies * (2 * math.pi)
        time = F.silu(self.embed(torch.cat([angles.sin(), angles.cos()], dim=-1)))
        masks = [there[:, None, :: 2**level].to(x.dtype) for level in range(4)]
        h, skips = x * masks[0], []
        for level, mask in zip(self.down, masks, strict=True):
            h, condition = level(h, condition, time, mask, published)
            skips.append(h)
        for number, (level, mask) in enumerate(zip(self.up, [*reversed(masks[:3]), masks[0]], strict=True)):
            entering = torch.cat([h, skips[3 - number]], dim=1) if number else h
            h, condition = level(entering, condition, time, mask, published)
        return h / deviation(t)[:, None, None]
