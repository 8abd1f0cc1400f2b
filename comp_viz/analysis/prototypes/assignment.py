"""How utterances draw on prototypes: entropy of the weights, and how much of the variance of prompts they explain (eq. 7, 8)."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.stats.entropy import effective_number, entropy
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Floats


@dataclass(frozen=True)
class Assignment:
    """The assignments `S_l^u` of one modality in one block, `K` prototypes of `1 + bank` conversations with `c` each."""

    modality: str
    relative: Floats  # [S, K], weights in multiples of the uniform weight 1/K; the open conversation's own come first
    per_conversation: int  # c, prototypes of one conversation
    entropy: Floats  # [S], normalised by log K, 0 to 1
    effective: Floats  # [S], effective number of prototypes: e to the entropy, 1 to K
    own: Floats  # [S], weight of the conversation's own prototypes together, 0 to 1
    explained: float  # share of the fresh prompts' variance along the conversation that prototypes explain; NaN without variance

    @property
    def prototypes(self) -> int:
        """K, prototypes attended to."""
        return int(self.relative.shape[1])

    @property
    def varies(self) -> bool:
        """Whether the prompts differ between utterances at all, so that there is a variance to explain."""
        return not math.isnan(self.explained)

    @property
    def by_conversation(self) -> Floats:
        """`[S, 1 + bank]`: weights of each conversation's prototypes together, in multiples of a uniform one."""
        mean: Floats = self.relative.reshape(len(self.relative), -1, self.per_conversation).mean(2)
        return mean


def measure_assignments(checkpoint: Checkpoint, inside: Inside, block: int) -> dict[str, Assignment]:
    """How every modality draws on prototypes in a block, counted from 0; empty for a network without prompts."""
    if not inside.assignments:
        return {}
    parts = feature_part(checkpoint, inside, block)
    return {name: modality_assignment(inside, name, block, parts[name]) for name in inside.modalities}


def modality_assignment(inside: Inside, name: str, block: int, from_features: Floats) -> Assignment:
    """How one modality does; `from_features [S, p]` is the part of its prompts that comes from its features alone."""
    weights = inside.assignments[name][block].astype(np.float64)
    prompts, c = inside.prompts[name][block], len(inside.prototypes[name])
    K = weights.shape[1]
    nats = entropy(weights)
    return Assignment(
        name,
        (weights * K).astype(np.float32),
        c,
        (nats / np.log(K) if K > 1 else np.ones_like(nats)).astype(np.float32),
        effective_number(weights).astype(np.float32),
        weights[:, :c].sum(1).astype(np.float32),
        explained_share(prompts - from_features, prompts),
    )


@torch.inference_mode()
def feature_part(checkpoint: Checkpoint, inside: Inside, block: int) -> dict[str, Floats]:
    """The part `Linear(Z_l^u)` of each modality's fresh prompts, `[S, p]`; the rest is made of prototypes (eq. 8)."""
    model = checkpoint.comp
    stacked = np.stack([inside.features[name][block] for name in inside.modalities])
    parts = list(model.blocks)[block].from_features(torch.from_numpy(stacked).to(model.fusion.weight))
    if model.config.prompts_from == "observed":
        parts = parts * torch.from_numpy(inside.observed.T[..., None].copy()).to(parts)
    return dict(zip(inside.modalities, parts.float().cpu().numpy(), strict=True))


def explained_share(part: Floats, whole: Floats) -> float:
    """Share of the variance of `whole [S, p]` over utterances that goes with `part`: covariance over variance.

    The shares of parts that add up to the whole add up to 1. NaN where nothing varies, as with one utterance.
    """
    centred = whole - whole.mean(0)
    variance = float((centred**2).sum())
    return float(((part - part.mean(0)) * centred).sum() / variance) if variance > 1e-12 else float("nan")
