"""Two further tests of an explanation: does it survive a little noise, and does it depend on what the network learned?"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from comp_viz.analysis.stats.ranks import rank_correlation
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation, Floats

NOISE = 0.1  # standard deviations of the training features
REPETITIONS = 3

Explain = Callable[[Checkpoint, Conversation], Floats]  # -> cells [S, M]


@dataclass(frozen=True)
class Sanity:
    """Rank correlations, -1 to 1, of the size of cells with those of the explanation, one for every repetition."""

    noise: tuple[float, ...]  # under noisy features: should stay near 1
    random: tuple[float, ...]  # by networks with random weights: should be near 0
    change: float  # under noise, mean length of the change as a share of the explanation's length


def sanity(
    explain: Explain, checkpoint: Checkpoint, conversation: Conversation, observed: Bools, seed: int = 0
) -> Sanity:
    """Explain again with noise of `NOISE` deviations on observed features, and with the weights of untrained networks."""
    shown = observed & conversation.observed
    cells = explain(checkpoint, conversation)
    rng = np.random.default_rng(seed)
    noisy = [explain(checkpoint, noisy_conversation(checkpoint, conversation, rng)) for _ in range(REPETITIONS)]
    random = [explain(untrained(checkpoint, seed + i), conversation) for i in range(REPETITIONS)]

    def agreement(other: Floats) -> float:
        return rank_correlation(np.abs(cells[shown]), np.abs(other[shown]))

    length = max(float(np.linalg.norm(cells)), float(np.finfo(np.float32).tiny))
    change = float(np.mean([np.linalg.norm(other - cells) for other in noisy])) / length
    return Sanity(tuple(map(agreement, noisy)), tuple(map(agreement, random)), change)


def noisy_conversation(checkpoint: Checkpoint, conversation: Conversation, rng: np.random.Generator) -> Conversation:
    """The conversation with Gaussian noise on its observed features."""
    features = {
        name: x + NOISE * checkpoint.standardise.std[name] * rng.standard_normal(x.shape).astype(np.float32)
        for name, x in conversation.features.items()
    }
    there = {name: conversation.observed[:, [u]] for u, name in enumerate(features)}
    return replace(conversation, features={name: (x * there[name]).astype(np.float32) for name, x in features.items()})


def untrained(checkpoint: Checkpoint, seed: int) -> Checkpoint:
    """The same architecture with weights as before training, and no bank."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = checkpoint.method.build(checkpoint.config).eval().requires_grad_(False)
    return replace(checkpoint, model=model.to(checkpoint.device))
