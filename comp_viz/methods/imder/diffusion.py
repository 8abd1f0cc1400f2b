"""Noise that grows with time, the loss of a score network, and the way back from noise to a modality."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

SIGMA = 25.0
SOONEST, EARLIEST_SAMPLED = 1e-5, 1e-3  # times of the loss begin here, the sampler ends there

Score = Callable[[Tensor, Tensor, Tensor], Tensor]  # (x_t, t [B], condition_t) -> score


def deviation(t: Tensor) -> Tensor:
    """Standard deviation of the noise at time `t`, `sqrt((σ^2t - 1) / (2 ln σ))`."""
    return ((SIGMA ** (2 * t) - 1) / (2 * math.log(SIGMA))).sqrt()


def diffusion(t: Tensor) -> Tensor:
    """How fast noise grows, `σ^t`."""
    return torch.as_tensor(SIGMA**t)


def denoising_loss(
    score: Score, x: Tensor, condition: Tensor, t: Tensor, noise: Tensor, condition_noise: Tensor, counted: Tensor
) -> Tensor:
    """`Σ (s(x_t, t, condition_t) std + noise)²` over the `counted [B, 1, S]` places, mean over conversations.

    `x` and `condition [B, d, S]`, `t [B]`. As published `condition_noise` is the same `noise`, which no sampler has.
    """
    std = deviation(t)[:, None, None]
    predicted = score(x + noise * std, t, condition + condition_noise * std)
    return ((predicted * std + noise).square() * counted).sum((1, 2)).mean()


def sample(score: Score, condition: Tensor, noise: Tensor) -> Tensor:
    """Euler-Maruyama from time 1 back: a modality `[B, d, S]` of a condition of that shape.

    `noise [1 + 2 · steps, …]` holds standard normal numbers: the start, then for each step those of the condition and
    those of the step; it is broadcast over conversations. The last mean is returned, without its noise.
    """
    steps = (len(noise) - 1) // 2
    times = torch.linspace(1, EARLIEST_SAMPLED, steps, device=condition.device).to(condition.dtype)
    step = times[0] - times[1] if steps > 1 else times[0]
    t = condition.new_ones(len(condition))
    x = (noise[0] * deviation(t)[:, None, None]).expand_as(condition)
    mean = x
    for number, time in enumerate(times):
        at = t * time
        blurred = condition + noise[1 + 2 * number] * deviation(at)[:, None, None]
        g = diffusion(at)[:, None, None]
        mean = x + g.square() * score(x, at, blurred) * step
        x = mean + step.sqrt() * g * noise[2 + 2 * number]
    return mean
