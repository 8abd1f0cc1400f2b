"""The graph that joins each utterance to its neighbours: who is heard from where, without a list of edges."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Window:
    """Every utterance hears the `before` utterances before it, itself and the `after` ones after it.

    The `K = before + 1 + after` neighbours of all utterances lie side by side on an axis of their own, so that a
    convolution is a weighted sum over it.
    """

    valid: Tensor  # [B, S] bool
    before: int
    after: int

    @cached_property
    def edges(self) -> Tensor:
        """`[B, S, K]` bool, whether there is a neighbour at this place, and an utterance to hear it."""
        heard = self.neighbours(self.valid[..., None])[..., 0]
        return heard & self.valid[..., None]

    @cached_property
    def offsets(self) -> Tensor:
        """`[K]`, by how many utterances each neighbour comes later."""
        return torch.arange(-self.before, self.after + 1, device=self.valid.device)

    @property
    def turned(self) -> "Window":
        """The same edges seen from the utterance that is heard."""
        return Window(self.valid, self.after, self.before)

    def neighbours(self, x: Tensor) -> Tensor:
        """What stands at the neighbours, zero beyond the ends: `[B, S, k] -> [B, S, K, k]`."""
        S = x.shape[1]
        padded = F.pad(x, (0, 0, self.before, self.after))
        return torch.stack([padded[:, k : k + S] for k in range(self.before + self.after + 1)], dim=2)

    def gather(self, x: Tensor, weights: Tensor) -> Tensor:
        """Weighted sum over the neighbours: `x [B, S, k]`, `weights [B, S, K] -> [B, S, k]`."""
        S = x.shape[1]
        padded = F.pad(x, (0, 0, self.before, self.after))
        total = padded[:, :S] * weights[..., :1]
        for k in range(1, self.before + self.after + 1):
            total = total + padded[:, k : k + S] * weights[..., k : k + 1]
        return total


def temporal_relations(window: Window) -> Tensor:
    """Edges by order in time, `[3, B, S, K]` bool: from earlier utterances, from itself, from later ones."""
    order = torch.stack([window.offsets < 0, window.offsets == 0, window.offsets > 0])
    return order[:, None, None] & window.edges


def speaker_relations(window: Window, speakers: Tensor, count: int) -> Tensor:
    """Edges by who is heard and who hears, `[count², B, S, K]` bool, of speakers by number `[B, S]`.

    In the order of (who hears, who is heard): of two speakers 00, 01, 10, 11.
    """
    heard = window.neighbours(speakers[..., None])[..., 0]
    pair = speakers[..., None] * count + heard
    wanted = torch.arange(count * count, device=pair.device)[:, None, None, None]
    return (pair == wanted) & window.edges
