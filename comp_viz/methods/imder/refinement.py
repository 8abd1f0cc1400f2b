"""Refinement of a modality that was generated or transferred: residual blocks with attention to channels."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.network.layers import Layers


class ChannelBlock(nn.Module):
    """Two convolutions, each channel scaled by a gate that reads all channels' means over time, added to what came in."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv1d(width, width, 3, padding=1) for _ in range(2))
        self.squeeze = nn.Conv1d(width, reduction, 1)
        self.excite = nn.Conv1d(reduction, width, 1)

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """`x [B, width, S]`, `there [B, 1, S]` 1 where there is an utterance."""
        h = self.second(F.relu(self.first(x)) * there) * there
        mean = h.sum(-1, keepdim=True) / there.sum(-1, keepdim=True).clamp(min=1)
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(mean))))
        out: Tensor = h * gate + x
        return out


class Refinement(nn.Module):
    """`[B, d, S] -> [B, d, S]` through blocks of width `2 d`, where not another one is `wide`."""

    def __init__(self, width: int, blocks: int, reduction: int = 4, wide: int | None = None) -> None:
        super().__init__()
        wide = 2 * width if wide is None else wide
        self.enter = nn.Conv1d(width, wide, 1)
        self.blocks: Layers[ChannelBlock] = Layers(ChannelBlock(wide, reduction) for _ in range(blocks))
        self.smooth = nn.Conv1d(wide, wide, 3, padding=1)
        self.leave = nn.Conv1d(wide, width, 1)

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """Padding, where `there [B, 1, S]` is 0, takes no part."""
        entered = self.enter(x) * there
        h = entered
        for block in self.blocks:
            h = block(h, there)
        out: Tensor = self.leave(entered + self.smooth(h)) * there
        return out
