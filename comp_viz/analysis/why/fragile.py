"""How fragile the decisions of a conversation are: what the loss of a single cell does to each.

A decision hangs on a cell only where something else of the utterance is left without it, and where the distance from another
decision, before and after, is more than the prediction's own uncertainty. Else the loss leaves nothing to decide by, or the
decision was hardly one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.analysis.why.leave_one_out import Losses
from comp_viz.analysis.why.target import decided, decides, direction, margin
from comp_viz.data.conversation import Bools, Floats, Task


@dataclass(frozen=True)
class Fragility:
    """What single losses do to every decision of a conversation; NaN where nothing of an utterance was recorded."""

    task: Task
    modalities: tuple[str, ...]
    together: int  # utterances that one loss takes away
    flips: np.ndarray  # [S], how many single losses the decision hangs on
    crossed: np.ndarray  # [S], how many single losses change the decision at all, be it by next to nothing
    margin: Floats  # [S], distance from another decision as observed, 0 or more
    left: (
        Floats  # [S], the same after the worst single loss that leaves something of the utterance; NaN where none does
    )
    worst: np.ndarray  # [S, 2], that loss: utterance and modality, counted from 0
    uncertainty: Floats  # [S], of the margin: how far all other single losses move it together, as `jackknife` gives it

    @property
    def order(self) -> np.ndarray:
        """`[S]`, utterances from the most fragile on: most single losses that flip it, then least margin left."""
        return np.lexsort((self.left, -self.crossed, -self.flips))


def fragility(single: Losses) -> Fragility:
    """From the single losses of a conversation."""
    columns, ways = decided(single.task, single.whole), direction(single.task, single.whole)
    now, left = (
        margin(single.task, single.whole, columns, ways),
        margin(single.task, single.after, columns, ways),
    )  # (P, S)
    crossed = ~decides(single.task, single.after, columns, ways) & single.recorded
    possible = np.zeros(len(left), dtype=bool)
    possible[single.players[single.observed]] = True  # losses of what is observed
    spares = possible[:, None] & leaves_something(single)
    unsure = jackknife(now, left)  # (P, S)
    flips = crossed & spares & (now > unsure) & (-left > unsure)
    S = len(columns)
    worst = np.where(spares, left, np.inf).argmin(0)
    first = np.array([np.argwhere(single.players == player)[0] for player in range(len(left))])
    known = single.recorded & spares.any(0)
    return Fragility(
        single.task, single.modalities, single.together, flips.sum(0), crossed.sum(0),
        np.where(single.recorded, now, np.float32(np.nan)), np.where(known, left[worst, np.arange(S)], np.float32(np.nan)),
        first[worst], unsure[worst, np.arange(S)],
    )  # fmt: skip


def leaves_something(single: Losses) -> Bools:
    """Whether a loss leaves an utterance something that was observed of it, `[P, S]`; also where nothing was."""
    P, S = single.after.shape[:2]
    lost = np.zeros((P, S), dtype=int)
    np.add.at(lost, (single.players, np.arange(S)[:, None]), single.observed)
    had = single.observed.sum(1)
    remains: Bools = (lost < had) | (had == 0)
    return remains


def jackknife(now: Floats, left: Floats) -> Floats:
    """The uncertainty of each margin by which cells were observed, the one lost left out: `[P, S]`.

    The root of the sum of squared changes of all other single losses, from the margins `now [S]` and after each loss
    `left [P, S]` (the jackknife's standard error, its factor `(P - 1) / P` being about 1).
    """
    squares = (left - now) ** 2
    unsure: Floats = np.sqrt(np.maximum(squares.sum(0) - squares, 0)).astype(np.float32)
    return unsure


def fragile_table(fragile: Fragility, words: tuple[str, ...]) -> pd.DataFrame:
    """One row an utterance with a decision, the most fragile first."""
    order = fragile.order[~np.isnan(fragile.margin[fragile.order])]
    return pd.DataFrame(
        {
            "utterance": order + 1,
            "hangs on": fragile.flips[order],
            "changed by": fragile.crossed[order],
            "margin": fragile.margin[order],
            "margin left": fragile.left[order],
            "uncertainty": fragile.uncertainty[order],
            "worst loss": [f"{fragile.modalities[u]} of {s + 1}" for s, u in fragile.worst[order]],
            "words": [words[s] for s in order],
        }
    )
