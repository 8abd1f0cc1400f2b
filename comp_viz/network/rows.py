"""A batch without its padding: the utterances of all conversations as rows, one below the other."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Rows:
    """Where the `N` utterances of a batch stand, and what is observed of them.

    Everything the network computes by utterance is computed on rows `[M, N, …]`. The blank utterances that fill a
    conversation up to `max_length` (they are compressed and reconstructed as well) are all alike, so that each
    conversation has one row for all of its own, below the utterances: `[M, N + B, …]`.
    """

    shape: tuple[int, int]  # B, S of the batch that this came from
    index: Tensor  # [N], the place of each row in the batch's B·S
    lengths: list[int]  # utterances of each conversation
    keys: Tensor  # [M, N] bool, the observed utterances: those that attention goes to
    blank: Tensor  # [B, max_length], 1 where a conversation has no utterance

    @classmethod
    def of(cls, observed: Tensor, valid: Tensor, max_length: int) -> "Rows":
        """From `observed [B, S, M]` and `valid [B, S]`. Waits for the device once, to learn how many rows there are."""
        B, S = valid.shape
        index = valid.flatten().nonzero()[:, 0]
        keys = observed.flatten(0, 1)[index].T
        blank = observed.new_ones(B, max_length, dtype=torch.float32)
        blank[:, :S] -= valid.float()
        return cls((B, S), index, valid.sum(1).tolist(), keys, blank)

    def __len__(self) -> int:
        return len(self.index)

    def part(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The rows of the utterances and those of the blank ones, `[M, N + B, …] -> [M, N, …], [M, B, …]`."""
        utterances, blanks = x.split([len(self), len(self.lengths)], dim=1)
        return utterances, blanks

    def weights(self) -> Tensor:
        """How many utterances each of the `N + B` rows stands for, `[N + B]`."""
        return torch.cat([self.blank.new_ones(len(self)), self.blank.sum(1)])

    def pad(self, x: Tensor, fill: float = 0) -> Tensor:
        """Back to the batch's shape: `[…, N, k] -> […, B, S, k]`, `fill` where there is no utterance."""
        B, S = self.shape
        padded = x.new_full((*x.shape[:-2], B * S, x.shape[-1]), fill).index_copy(-2, self.index, x)
        return padded.unflatten(-2, (B, S))

    def pack(self, x: Tensor) -> Tensor:
        """From the batch's shape to rows: `[…, B, S, k] -> […, N, k]`."""
        return x.flatten(-3, -2).index_select(-2, self.index)

    def conversations(self, x: Tensor, dim: int) -> tuple[Tensor, ...]:
        """Rows conversation by conversation."""
        parts: Any = x.split(self.lengths, dim)  # type: ignore[no-untyped-call]
        return tuple(parts)

    def square(self, maps: list[Tensor]) -> Tensor:
        """Attention maps of the conversations, `[M, h, n, n]` each, in the batch's shape: `[M, B, h, S, S]`."""
        (B, S), (M, h) = self.shape, maps[0].shape[:2]
        padded = maps[0].new_zeros(B, M, h, S, S)
        for b, (one, index) in enumerate(zip(maps, self.conversations(self.index, 0), strict=True)):
            place = index - b * S
            padded[b][..., place[:, None], place] = one
        return padded.transpose(0, 1)
