"""A batch without its padding: the utterances of all conversations as rows, one below the other."""

from dataclasses import dataclass

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
        """From `observed [B, S, M]` on any device and `valid [B, S]` in memory: no device is asked how many rows there are."""
        B, S = valid.shape
        if torch.compiler.is_exporting():  # a graph for any number of utterances cannot depend on where padding is
            absent = torch.arange(max_length, device=observed.device) >= S
            keys = observed.flatten(0, 1).T.contiguous()
            return RowsWithoutPadding((B, S), torch.arange(B * S), [], keys, absent.float().expand(B, -1))
        index = valid.flatten().nonzero()[:, 0].to(observed.device, non_blocking=True)
        blank = torch.ones(B, max_length)
        blank[:, :S] -= valid.float()
        keys = observed.flatten(0, 1).index_select(0, index).T
        return cls((B, S), index, valid.sum(1).tolist(), keys, blank.to(observed.device, non_blocking=True))

    def __len__(self) -> int:
        return len(self.index)

    def part(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The rows of the utterances and those of the blank ones, `[M, N + B, …] -> [M, N, …], [M, B, …]`."""
        utterances, blanks = x.split([len(self), len(self.lengths)], dim=1)
        return utterances, blanks

    def by_mask(self) -> "Rows":
        """Rows of a batch in which every conversation stands once for each modality, with that modality's mask for all."""
        (B, S), M = self.shape, len(self.keys)
        starts = torch.arange(M, device=self.index.device)[:, None] * (B * S)
        index, keys = (starts + self.index).flatten(), self.keys.flatten().expand(M, -1).contiguous()
        return type(self)((M * B, S), index, self.lengths * M, keys, self.blank.repeat(M, 1))

    def utterances(self, x: Tensor) -> Tensor:
        """Those of the utterances alone, of one modality: `[N + B, …] -> [N, …]`."""
        return x[: len(self)]

    def average(self, values: Tensor) -> Tensor:
        """Mean of `[N + B]` values over all `B · max_length` places: a blank row counts once for every place."""
        weights = torch.cat([self.blank.new_ones(len(self)), self.blank.sum(1)]).to(values.dtype)
        mean: Tensor = (values * weights).sum() / self.blank.numel()
        return mean

    def pad(self, x: Tensor, fill: float = 0) -> Tensor:
        """Back to the batch's shape: `[…, N, k] -> […, B, S, k]`, `fill` where there is no utterance."""
        B, S = self.shape
        if len(self) < B * S:
            x = x.new_full((*x.shape[:-2], B * S, x.shape[-1]), fill).index_copy(-2, self.index, x)
        shaped: Tensor = x.unflatten(-2, (B, S))
        return shaped

    def pack(self, x: Tensor) -> Tensor:
        """From the batch's shape to rows: `[…, B, S, k] -> […, N, k]`."""
        flat = x.flatten(-3, -2)
        return flat if len(self) == flat.shape[-2] else flat.index_select(-2, self.index)

    def conversations(self, x: Tensor, dim: int) -> tuple[Tensor, ...]:
        """The rows along `dim`, conversation by conversation."""
        parts: tuple[Tensor, ...] = x.split(self.lengths, dim)
        return parts


class RowsWithoutPadding(Rows):
    """Rows of conversations that all have `S` utterances: nothing in them depends on a number but that of conversations.

    So is a network traced for export (`comp_viz/export`): `S` stays open.
    """

    def part(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """As of every `Rows`."""
        return x[:, : -self.shape[0]], x[:, -self.shape[0] :]

    def by_mask(self) -> "Rows":
        """Rows of a batch in which every conversation stands once for each modality, with that modality's mask for all."""
        (B, S), M = self.shape, len(self.keys)
        starts = torch.arange(M, device=self.index.device)[:, None] * (B * S)
        index, keys = (starts + self.index).flatten(), self.keys.flatten().expand(M, -1).contiguous()
        return type(self)((M * B, S), index, self.lengths * M, keys, self.blank.repeat(M, 1))

    def utterances(self, x: Tensor) -> Tensor:
        """As of every `Rows`."""
        return x[: -self.shape[0]]

    def pad(self, x: Tensor, fill: float = 0) -> Tensor:
        """As of every `Rows`; there is nothing to fill."""
        shaped: Tensor = x.unflatten(-2, self.shape)
        return shaped

    def pack(self, x: Tensor) -> Tensor:
        """As of every `Rows`."""
        return x.flatten(-3, -2)
