"""How utterances mix prototypes into prompts: how even the mix is, and how much of a prompt it decides (eq. 7, 8)."""

from dataclasses import dataclass

import numpy as np
import torch

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.stats.entropy import effective_number, entropy
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Floats


@dataclass(frozen=True)
class Mixing:
    """The assignments `S_l^u` of one modality in one block, `K` prototypes of `1 + bank` conversations with `c` each."""

    modality: str
    times_even: Floats  # [S, K], weights in multiples of the even share 1/K; the open conversation's own come first
    each: int  # c, prototypes of one conversation
    entropy: Floats  # [S], share of its maximum log K, 0 to 1
    effective: Floats  # [S], e to the entropy: as many prototypes mixed evenly would be as varied, 1 to K
    own: Floats  # [S], weight of the conversation's own prototypes together, 0 to 1
    varied: float  # share of the fresh prompts' variation along the conversation that comes from the mix of prototypes

    @property
    def prototypes(self) -> int:
        """K, prototypes attended to."""
        return int(self.times_even.shape[1])

    @property
    def by_conversation(self) -> Floats:
        """`[S, 1 + bank]`: weights of each conversation's prototypes together, in multiples of its even share."""
        mean: Floats = self.times_even.reshape(len(self.times_even), -1, self.each).mean(2)
        return mean


def mixing(checkpoint: Checkpoint, inside: Inside, block: int) -> dict[str, Mixing]:
    """How every modality mixes prototypes in a block, counted from 0; empty for a network without prompts."""
    if not inside.assignments:
        return {}
    features = from_features(checkpoint, inside, block)
    return {name: mixed(inside, name, block, features[name]) for name in inside.modalities}


def mixed(inside: Inside, name: str, block: int, from_features: Floats) -> Mixing:
    """How one modality mixes them; `from_features [S, p]` is the part of its prompts that owes nothing to prototypes."""
    weights = inside.assignments[name][block].astype(np.float64)
    prompts, each = inside.prompts[name][block], len(inside.prototypes[name])
    K = weights.shape[1]
    nats = entropy(weights)
    return Mixing(
        name,
        (weights * K).astype(np.float32),
        each,
        (nats / np.log(K) if K > 1 else np.ones_like(nats)).astype(np.float32),
        effective_number(weights).astype(np.float32),
        weights[:, :each].sum(1).astype(np.float32),
        variation_share(prompts - from_features, prompts),
    )


@torch.inference_mode()
def from_features(checkpoint: Checkpoint, inside: Inside, block: int) -> dict[str, Floats]:
    """The part `Linear(Z_l^u)` of each modality's fresh prompts, `[S, p]`; the rest is made of prototypes (eq. 8)."""
    model = checkpoint.model
    stacked = np.stack([inside.features[name][block] for name in inside.modalities])
    made = list(model.blocks)[block].from_features(torch.from_numpy(stacked).to(model.fusion.weight))
    return dict(zip(inside.modalities, made.float().cpu().numpy(), strict=True))


def variation_share(part: Floats, whole: Floats) -> float:
    """Share of the variance of `whole [S, p]` over utterances that goes with `part`: covariance over variance.

    The shares of parts that add up to the whole add up to 1. 0 where nothing varies.
    """
    centred = whole - whole.mean(0)
    variance = float((centred**2).sum())
    return float(((part - part.mean(0)) * centred).sum() / variance) if variance > 1e-12 else 0.0
