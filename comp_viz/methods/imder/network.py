"""IMDer: a score network for each modality generates it from noise, given the modalities that are there."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from comp_viz.methods.imder.config import IMDerConfig
from comp_viz.methods.imder.diffusion import SOONEST, Score, denoising_loss, sample
from comp_viz.methods.imder.score import ScoreNetwork
from comp_viz.methods.imder.skeleton import CompletingNetwork, Projected, mean_of_others
from comp_viz.network.layers import Layers
from comp_viz.network.trace import PerModality

MULTIPLE = 8  # the score network halves the length three times


class IMDer(CompletingNetwork):
    """All conversations of a batch are generated together, each from the same noise whatever it shares the batch with."""

    config: IMDerConfig

    def __init__(self, config: IMDerConfig) -> None:
        super().__init__(config)
        self.scores: Layers[ScoreNetwork] = Layers(
            ScoreNetwork(config.hidden, config.channels, config.time_width, config.heads) for _ in config.modalities
        )

    @torch.no_grad()
    def transfer(self, projected: Projected, seed: int | None = None) -> Tensor:
        """A sample of every modality, `[M, B, S, d]`; of other noise with another `seed`."""
        condition = mean_of_others(projected.x, projected.observed)
        if not projected.there.is_cuda and bool((projected.observed | ~projected.there).all()):
            return condition  # nothing is missing, nothing is used of it
        conditions, there = lengthen(condition, projected.there)
        noise = self.noise(conditions, self.config.sampler_seed if seed is None else seed)
        generated = [
            sample(self.scored(score, there), of, own)
            for score, of, own in zip(self.scores, conditions, noise, strict=True)
        ]
        return torch.stack(generated)[..., : condition.shape[2]].mT

    @torch.no_grad()
    def draw_sample(self, features: Mapping[str, Any], observed: Any, valid: Any, seed: int) -> PerModality:
        """As of every network: the same condition, other noise."""
        projected = self.project(features, observed, valid)
        refined = self.refine(self.transfer(projected, seed), projected.there)
        return dict(zip(self.config.modalities, refined, strict=True))

    def scored(self, score: ScoreNetwork, there: Tensor) -> Score:
        """A score network on conversations of which `there [B, S]` says where there is an utterance."""

        def one(x: Tensor, t: Tensor, condition: Tensor) -> Tensor:
            out: Tensor = score(x, t, condition, there, self.config.causal)
            return out

        return one

    def noise(self, conditions: Tensor, seed: int) -> Tensor:
        """Standard normal numbers `[M, 1 + 2 · steps, 1 or B, d, S]`: in training fresh ones for every conversation."""
        M, B, d, S = conditions.shape
        count = 1 + 2 * self.config.sampler_steps
        if self.training:
            return torch.randn(M, count, B, d, S, device=conditions.device, dtype=conditions.dtype)
        longest = -(-self.config.max_length // MULTIPLE) * MULTIPLE
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randn(M, count, 1, d, longest, generator=generator)[..., :S]
        return drawn.to(conditions)

    def denoising(self, projected: Projected, truth: Tensor, counted: Tensor) -> Tensor:
        """Loss of the score networks on `truth [M, B, S, d]`, at the `counted [M, B, S]` entries.

        Mean over entries and channels, summed over modalities; published: summed over channels and time.
        """
        conditions, there = lengthen(mean_of_others(projected.x, projected.observed), projected.there)
        targets, _ = lengthen(truth, projected.there)
        counts, _ = lengthen(counted[..., None].to(truth.dtype), projected.there)
        B = conditions.shape[1]
        total = truth.new_zeros(())
        for score, x, condition, count in zip(self.scores, targets, conditions, counts, strict=True):
            t = torch.rand(B, device=x.device, dtype=x.dtype) * (1 - SOONEST) + SOONEST
            noise = torch.randn_like(x)
            blur = noise if self.config.shared_noise else torch.randn_like(x)
            loss = denoising_loss(self.scored(score, there), x, condition, t, noise, blur, count)
            total = total + loss * B / (count.sum() * x.shape[1]).clamp(min=1)
        return total


def lengthen(x: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    """`[M, B, S, d] -> [M, B, d, S']` and `there [B, S']`, with `S'` the next multiple the score network can halve."""
    more = -x.shape[2] % MULTIPLE
    return F.pad(x.mT, (0, more)), F.pad(there, (0, more))
