"""Old and new in the prompts delivered to a block: how momentum blends them (eq. 9)."""

from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.live.change import Change, change
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.network.intervention import Intervention


@dataclass(frozen=True)
class Blend:
    """The prompts one modality receives from another, `P = λ·old + (1-λ)·new`, in every utterance.

    `old` is the prompt as it left the block before, `new` the fresh one. The share of the old part is its projection on
    the delivered prompt, `⟨λ·old, P⟩ / ⟨P, P⟩`; that of the new part is the rest, so that both add up to 1. A share below 0
    or above 1 says that the two parts point against each other.
    """

    receiver: str
    sender: str
    delivered: Floats  # [S, p]
    old: Floats  # [S], length of λ·old
    new: Floats  # [S], length of (1-λ)·new
    length: Floats  # [S], length of the delivered prompt
    cosine: Floats  # [S], between the two parts, -1 to 1; 0 where one has no length
    share: Floats  # [S], of the old part

    @property
    def overall(self) -> float:
        """Share of the old part over the whole conversation: projections summed before they are divided."""
        squares = self.length.astype(np.float64) ** 2
        return float((self.share * squares).sum() / max(squares.sum(), 1e-30))


def blends(inside: Inside, block: int, momentum: float) -> list[Blend]:
    """Every pair of receiver and sender in a block, counted from 0; from the second on, since the first has no old prompts."""
    found = []
    for receiver in inside.modalities if block and inside.renewed else ():
        for i, sender in enumerate(inside.senders(receiver)):
            old = momentum * inside.renewed[receiver][block - 1][:, i].astype(np.float64)
            new = (1 - momentum) * inside.prompts[sender][block].astype(np.float64)
            found.append(blend(receiver, sender, old, new))
    return found


def blend(receiver: str, sender: str, old: np.ndarray, new: np.ndarray) -> Blend:
    """The blend of two parts `[S, p]` that add up to the delivered prompt."""
    whole = old + new
    squares = (whole**2).sum(1)
    share = (old * whole).sum(1) / np.maximum(squares, 1e-30)
    lengths = np.linalg.norm(old, axis=1), np.linalg.norm(new, axis=1)
    cosine = (old * new).sum(1) / np.maximum(lengths[0] * lengths[1], 1e-30)
    parts = (whole, *lengths, np.sqrt(squares), cosine, share)
    return Blend(receiver, sender, *(part.astype(np.float32) for part in parts))


@dataclass(frozen=True)
class AtMomentum:
    """What another λ changes in a conversation's predictions, against the λ the network was trained with."""

    momentum: float
    change: Change  # `complete_accuracy` there is the accuracy at the trained λ

    @property
    def shift(self) -> float:
        """Mean absolute change of the fused prediction: in label units, or in the probability of the trained decision."""
        return float(np.abs(self.change.difference).mean())


def by_momentum(
    checkpoint: Checkpoint, conversation: Conversation, observed: Bools, momenta: tuple[float, ...]
) -> tuple[AtMomentum, ...]:
    """Run the model again with each λ."""
    trained = predict_conversation(checkpoint, conversation, observed)
    found = []
    for momentum in momenta:
        here = predict_conversation(checkpoint, conversation, observed, Intervention(momentum=momentum))
        found.append(AtMomentum(momentum, change(here, trained, conversation.labels)))
    return tuple(found)
