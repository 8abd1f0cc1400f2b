"""What is changed in a forward pass to see what a part is worth: nothing that training ever saw."""

from dataclasses import dataclass

import torch
from torch import Tensor

from comp_viz.errors import CompVizError
from comp_viz.network.config import ComPConfig


@dataclass(frozen=True)
class Intervention:
    """Changes of a trained network's forward pass; without any, the network as it was trained. Hashable.

    `momentum` stands in for λ (eq. 9). `without` names pairs (receiver, sender) of modalities: the receiver gets zeros
    for the prompts of that sender in every block, and with itself as the sender, zeros for its own features where they
    enter the first (eq. 3). `weights` stand in for the coordinator's, alike for all utterances, in modality order (eq. 13).
    """

    momentum: float | None = None  # 0 to 1
    without: frozenset[tuple[str, str]] = frozenset()
    weights: tuple[float, ...] | None = None  # 0 to 1 each, sum 1

    def check(self, config: ComPConfig) -> None:
        """Raise `CompVizError` unless this can be done to a network of that architecture."""
        if self.momentum is not None and not 0 <= self.momentum <= 1:
            raise CompVizError(f"momentum: expected a value from 0 to 1, got {self.momentum}.")
        unknown = {name for pair in self.without for name in pair} - set(config.modalities)
        if unknown:
            raise CompVizError(f"without: expected modalities of {config.modalities}, got {sorted(unknown)}.")
        if self.weights is None:
            return
        if len(self.weights) != len(config.modalities) or min(self.weights) < 0 or abs(sum(self.weights) - 1) > 1e-6:
            raise CompVizError(
                f"weights: expected {len(config.modalities)} numbers from 0 on that sum to 1, got {self.weights}."
            )

    def kept(self, config: ComPConfig, block: int) -> Tensor | None:
        """What enters a block, `[M, 1, d + (M-1)·p]` of ones and zeros for `[Z^u, P^{vu}, …]`; None where all of it does."""
        if not self.without:
            return None
        kept = torch.ones(len(config.modalities), 1, config.hidden + config.delivered)
        for receiver, sender in self.without:
            u, v = config.modalities.index(receiver), config.modalities.index(sender)
            first = config.hidden + (v - (v > u)) * config.prompt  # the others come in modality order
            if u != v:
                kept[u, :, first : first + config.prompt] = 0
            elif block == 0:
                kept[u, :, : config.hidden] = 0
        return kept


AS_TRAINED = Intervention()
