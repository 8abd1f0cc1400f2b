"""DiCMoR: what is missing is carried over from what is there through a space that all modalities share."""

import math

import torch
from torch import Tensor, nn

from comp_viz.methods.dicmor.config import DiCMoRConfig
from comp_viz.methods.dicmor.flow import ClassPriors, Flows
from comp_viz.methods.imder.skeleton import CompletingNetwork, Projected
from comp_viz.network.layers import ModalityLinear


class DiCMoR(CompletingNetwork):
    """A modality's flow leads to the shared space, another one's leads back."""

    config: DiCMoRConfig

    def __init__(self, config: DiCMoRConfig) -> None:
        super().__init__(config)
        M, d = len(config.modalities), config.hidden
        self.flows = Flows(M, d, config.flow_steps, config.flow, config.flow_hidden)
        self.priors = ClassPriors(config.priors, d)
        self.merge = ModalityLinear(M, (M - 1) * d, d) if M > 2 else nn.Identity()

    def transfer(self, projected: Projected) -> Tensor:
        """Every modality from the one that is there, or from all of those together, `[M, B, S, d]`."""
        carried, sources = self.carry(projected)
        count = sources.sum(0)[..., None]
        single = carried.sum(0)
        if len(carried) == 1:
            return single
        merged = self.merge(carried.movedim(0, -2).flatten(-2))
        return torch.where(count > 1, merged, single)

    @torch.no_grad()
    def carry(self, projected: Projected) -> tuple[Tensor, Tensor]:
        """Every modality from each of the others, `[M-1, M, B, S, d]`, zeros where that is missing, and whether it is there."""
        M, B, S, d = projected.x.shape
        shared, _ = self.flows(projected.x.reshape(M, B * S, d))
        turns = range(1, M)  # modality u from u + 1, from u + 2 …
        sources = torch.stack([projected.observed.roll(-turn, 0) for turn in turns])
        # One pass back for all sources: more rows, not more products.
        z = torch.cat([shared.roll(-turn, 0) for turn in turns], dim=1)
        back = self.flows.inverse(z).view(M, M - 1, B, S, d).transpose(0, 1)
        if self.config.flow == "glow":
            back = within_reach(back, projected)
        return back.masked_fill(~sources[..., None], 0), sources

    def likelihood_loss(self, projected: Projected, classes: Tensor, counted: Tensor) -> Tensor:
        """Negative log-likelihood in bits a channel of what is `counted [M, B, S]`, not below 0, summed over modalities.

        `classes [B, S]` are those of the labels.
        """
        M, B, S, d = projected.x.shape
        z, determinant = self.flows(projected.x.reshape(M, B * S, d))
        value = determinant + self.priors(z, classes.flatten())
        weights = counted.reshape(M, B * S).to(value.dtype)
        bits = -(value * weights).sum(1) / (math.log(2) * d * weights.sum(1).clamp(min=1))
        total: Tensor = bits.clamp(min=0).sum()
        return total


def within_reach(carried: Tensor, projected: Projected) -> Tensor:
    """What was carried over, `[M-1, M, B, S, d]`, held to the largest size of what is observed of its conversation.

    A flow is trained towards the shared space alone. On the way back it meets points of other modalities, which its mixing can
    throw out to any size: on Hazumi to 1e22 within twenty steps, and the loss with it.
    """
    there = projected.x.abs() * projected.observed[..., None]
    limit = there.amax((0, 2, 3))[:, None, None]  # [B, 1, 1]
    return carried.nan_to_num(0).clamp(-limit, limit)
