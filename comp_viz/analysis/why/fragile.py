"""How fragile the decisions of a conversation are: what the loss of a single cell does to each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.analysis.why.leave_one_out import Losses
from comp_viz.analysis.why.target import decided, decides, direction, margin
from comp_viz.data.conversation import Floats, Task


@dataclass(frozen=True)
class Fragility:
    """What single losses do to every decision of a conversation; NaN where nothing of an utterance was recorded."""

    task: Task
    modalities: tuple[str, ...]
    together: int  # utterances that one loss takes away
    flips: np.ndarray  # [S], how many single losses flip the decision
    margin: Floats  # [S], distance from another decision as observed, 0 or more
    left: Floats  # [S], the same after the worst single loss; below 0 it flips
    worst: np.ndarray  # [S, 2], the worst loss: utterance and modality, counted from 0

    @property
    def order(self) -> np.ndarray:
        """`[S]`, utterances from the most fragile on: most single losses that flip it, then least margin left."""
        return np.lexsort((self.left, -self.flips))


def fragility(single: Losses) -> Fragility:
    """From the single losses of a conversation."""
    columns, ways = decided(single.task, single.whole), direction(single.task, single.whole)
    left = margin(single.task, single.after, columns, ways)  # (P, S)
    flips = ~decides(single.task, single.after, columns, ways) & single.recorded
    possible = np.zeros(len(left), dtype=bool)
    possible[single.players[single.observed]] = True  # losses of what is observed
    worst = np.where(possible[:, None], left, np.inf).argmin(0)
    first = np.array([np.argwhere(single.players == player)[0] for player in range(len(left))])
    S = len(columns)
    now = margin(single.task, single.whole, columns, ways)
    now, left = (np.where(single.recorded, x, np.float32(np.nan)) for x in (now, left[worst, np.arange(S)]))
    return Fragility(single.task, single.modalities, single.together, flips.sum(0), now, left, first[worst])


def fragile_table(fragile: Fragility, words: tuple[str, ...]) -> pd.DataFrame:
    """One row an utterance with a decision, the most fragile first."""
    order = fragile.order[~np.isnan(fragile.margin[fragile.order])]
    return pd.DataFrame(
        {
            "utterance": order + 1,
            "flipped by": fragile.flips[order],
            "margin": fragile.margin[order],
            "margin left": fragile.left[order],
            "worst loss": [f"{fragile.modalities[u]} of {s + 1}" for s, u in fragile.worst[order]],
            "words": [words[s] for s in order],
        }
    )
