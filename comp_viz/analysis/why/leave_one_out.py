"""Every prediction of a conversation when one cell goes missing, from which occlusion, context and fragility follow."""

from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.why.masking import Masked
from comp_viz.data.conversation import Bools, Floats, Task

# Most single losses of a conversation, and most utterances in all their passes together; beyond that neighbouring utterances
# go missing together.
PASSES, UTTERANCES = 400, 100_000


def most_losses(utterances: int) -> int:
    """How many single losses of a conversation of that length are tried."""
    return max(1, min(PASSES, UTTERANCES // utterances))


@dataclass(frozen=True)
class Losses:
    """Predictions after each of `P` losses. A loss is one cell, or in long conversations one modality of some neighbours."""

    task: Task
    modalities: tuple[str, ...]
    observed: Bools  # [S, M]
    players: np.ndarray  # [S, M], the number of the loss that takes this cell away
    together: int  # utterances that go missing at once
    whole: Floats  # [S, C], as observed
    after: Floats  # [P, S, C]
    recorded: Bools  # [S], whether anything of an utterance was


def losses(masked: Masked, modalities: bool = True) -> Losses:
    """Take away every cell in turn, or without `modalities` every utterance with all of its cells."""
    S, M = masked.observed.shape
    kinds = M if modalities else 1
    together = -(-S // max(1, most_losses(S) // kinds))
    players = (np.arange(S) // together * kinds)[:, None] + (np.arange(M) if modalities else np.zeros(M, dtype=int))
    P = int(players.max()) + 1
    left = masked.observed & (players != np.arange(P)[:, None, None])
    removing = (left != masked.observed).any((1, 2))
    whole = masked.fused(masked.observed[None])
    after = np.repeat(whole, P, axis=0)
    after[removing] = masked.fused(left[removing])  # what takes nothing away changes nothing
    names = masked.checkpoint.config.modalities
    return Losses(masked.task, names, masked.observed, players, together, whole[0], after, masked.recorded)
