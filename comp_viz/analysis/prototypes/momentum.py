"""Momentum: the old and the new part of the prompts delivered to a block (eq. 9), and what another λ changes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.live.change import Change, change
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.network.intervention import Intervention


@dataclass(frozen=True)
class PromptMomentum:
    """The prompts one modality receives from another, `P = λ·old + (1-λ)·new`, in every utterance.

    `old` is the prompt as it left the block before, `new` the fresh one. The share of the old part is its projection on
    the delivered prompt, `⟨λ·old, P⟩ / ⟨P, P⟩`; that of the new part is the rest, so that both add up to 1. A share below 0
    or above 1 means that the two parts point against each other.
    """

    receiver: str
    sender: str
    delivered: Floats  # [S, p]
    old: Floats  # [S], norm of λ·old
    new: Floats  # [S], norm of (1-λ)·new
    norm: Floats  # [S], norm of the delivered prompt
    cosine: Floats  # [S], between the two parts, -1 to 1; 0 where one is zero
    share: Floats  # [S], of the old part

    @property
    def overall(self) -> float:
        """Share of the old part over the whole conversation: projections summed before they are divided."""
        squares = self.norm.astype(np.float64) ** 2
        return float((self.share * squares).sum() / max(squares.sum(), 1e-30))


def prompt_momentum(inside: Inside, block: int, momentum: float) -> list[PromptMomentum]:
    """Every pair of receiver and sender in a block, counted from 0; from the second on, since the first has no old prompts."""
    pairs = []
    for receiver in inside.modalities if block and inside.renewed else ():
        for i, sender in enumerate(inside.senders(receiver)):
            old = momentum * inside.renewed[receiver][block - 1][:, i].astype(np.float64)
            new = (1 - momentum) * inside.prompts[sender][block].astype(np.float64)
            pairs.append(split_prompt(receiver, sender, old, new))
    return pairs


def split_prompt(receiver: str, sender: str, old: np.ndarray, new: np.ndarray) -> PromptMomentum:
    """Two parts `[S, p]` that add up to the delivered prompt."""
    whole = old + new
    squares = (whole**2).sum(1)
    share = (old * whole).sum(1) / np.maximum(squares, 1e-30)
    norms = np.linalg.norm(old, axis=1), np.linalg.norm(new, axis=1)
    cosine = (old * new).sum(1) / np.maximum(norms[0] * norms[1], 1e-30)
    parts = (whole, *norms, np.sqrt(squares), cosine, share)
    return PromptMomentum(receiver, sender, *(part.astype(np.float32) for part in parts))


def prompt_stages(inside: Inside, receiver: str, s: int) -> list[tuple[str, str, np.ndarray]]:
    """(sender, stage, prompt `[p]`) from the first block to the last, sender by sender."""
    prompts = []
    for i, sender in enumerate(inside.senders(receiver)):
        blocks = len(inside.delivered[receiver])
        for l in range(blocks):
            if l:
                prompts.append((sender, f"fresh, block {l + 1}", inside.prompts[sender][l][s]))
            prompts.append((sender, f"delivered, block {l + 1}", inside.delivered[receiver][l][s, i]))
            if l < blocks - 1:
                prompts.append((sender, f"renewed by block {l + 1}", inside.renewed[receiver][l][s, i]))
    return prompts


def largest_entry(insides: Sequence[Inside], receiver: str, s: int) -> float:
    """The largest entry among the prompts of one utterance, so that both sides of a comparison share colours."""
    return max(float(np.abs(prompt).max()) for inside in insides for _, _, prompt in prompt_stages(inside, receiver, s))


@dataclass(frozen=True)
class MomentumChange:
    """What another λ changes in a conversation's predictions, against the λ the network was trained with."""

    momentum: float
    change: Change  # `complete_accuracy` there is the accuracy at the trained λ

    @property
    def mean_change(self) -> float:
        """Mean absolute change of the fused prediction: in label units, or in the probability of the trained decision."""
        return float(np.abs(self.change.difference).mean())


def momentum_changes(
    checkpoint: Checkpoint, conversation: Conversation, observed: Bools, momenta: tuple[float, ...]
) -> tuple[MomentumChange, ...]:
    """Run the model again with each λ."""
    trained = predict_conversation(checkpoint, conversation, observed)
    changes = []
    for momentum in momenta:
        here = predict_conversation(checkpoint, conversation, observed, Intervention(momentum=momentum))
        changes.append(MomentumChange(momentum, change(here, trained, conversation.labels, conversation.recorded)))
    return tuple(changes)
