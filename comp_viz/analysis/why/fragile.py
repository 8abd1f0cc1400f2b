"""Which utterances of a conversation are decided on thin ice: what a single loss does to each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.analysis.why.leave_one_out import Losses
from comp_viz.analysis.why.target import decided, decides, direction, explained_amount, margin
from comp_viz.data.conversation import Floats, Task


@dataclass(frozen=True)
class Fragility:
    """What single losses do to every decision of a conversation."""

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


def fragility(found: Losses) -> Fragility:
    """From the single losses of a conversation."""
    columns, ways = decided(found.task, found.whole), direction(found.task, found.whole)
    left = margin(found.task, found.after, columns, ways)  # (P, S)
    flips = ~decides(found.task, found.after, columns, ways)
    taken = np.zeros(len(left), dtype=bool)
    taken[found.players[found.observed]] = True  # losses of what is observed
    worst = np.where(taken[:, None], left, np.inf).argmin(0)
    first = np.array([np.argwhere(found.players == player)[0] for player in range(len(left))])
    S = len(columns)
    now = margin(found.task, found.whole, columns, ways)
    return Fragility(
        found.task, found.modalities, found.together, flips.sum(0), now, left[worst, np.arange(S)], first[worst]
    )


def fragile_table(found: Fragility, words: tuple[str, ...]) -> pd.DataFrame:
    """One row an utterance, the most fragile first."""
    order = found.order
    return pd.DataFrame(
        {
            "utterance": order + 1,
            "flipped by": found.flips[order],
            "margin": found.margin[order],
            "margin left": found.left[order],
            "worst loss": [f"{found.modalities[u]} of {s + 1}" for s, u in found.worst[order]],
            "words": [words[s] for s in order],
        }
    )


def describe_distance(found: Fragility) -> str:
    """How much of the distance from another decision the worst single loss takes, in a sentence."""
    now, left = (float(np.median(x)) for x in (found.margin, found.left))
    worst = (
        f"and {explained_amount(found.task, left)} after its worst single loss"
        if left >= 0
        else f"which its worst single loss passes by {explained_amount(found.task, -left)}"
    )
    return f"The typical decision is {explained_amount(found.task, now)} from another one, {worst} (medians)"


def describe_fragility(found: Fragility) -> str:
    """How many decisions hang on a single cell, in a sentence."""
    S, flipped = len(found.flips), int((found.flips > 0).sum())
    unit = "cell" if found.together == 1 else f"modality of {found.together} neighbouring utterances"
    said = f"{flipped} of {S} {'decisions hang' if flipped != 1 else 'decisions hangs'} on a single {unit}: its loss flips {'them' if flipped != 1 else 'it'}"
    if not flipped:
        closest = int(found.left.argmin())
        return (
            f"No decision of {S} is flipped by losing a single {unit}; closest is utterance {closest + 1}, with "
            f"{explained_amount(found.task, float(found.left[closest]))} left"
        )
    most = int(found.order[0])
    many = f"flipped by {found.flips[most]} different ones" if found.flips[most] > 1 else "flipped furthest"
    return f"{said}; utterance {most + 1} is the most fragile, {many}"
