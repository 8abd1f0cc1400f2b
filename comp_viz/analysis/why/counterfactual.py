"""The smallest change of what is observed that makes the model decide otherwise: cells lost, or cells returned."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.analysis.why.leave_one_out import Losses, most_losses
from comp_viz.analysis.why.masking import Masked
from comp_viz.analysis.why.smallest_set import SufficientSet, smallest_set
from comp_viz.analysis.why.target import decided, decides, direction, margin
from comp_viz.data.conversation import Bools, Floats, Task

LOSS, RETURN = "loss", "return"


@dataclass(frozen=True)
class Counterfactual:
    """Cells whose loss flips a decision, or whose return restores that for the complete recording."""

    task: Task
    kind: str  # `loss` or `return`
    target: int
    modalities: tuple[str, ...]
    observed: Bools  # [S, M], before
    cells: tuple[tuple[int, int], ...]  # (utterance, modality), counted from 0; empty where there is no such set
    proof: str  # `smallest` or `irreducible`, "" without cells
    searched: int  # cells it was looked for among, those nearest to the target
    possible: int  # cells that could be changed
    before: Floats  # [C], prediction as observed
    after: Floats  # [C], prediction with the change; with everything searched changed where there is no such set
    needed: bool  # False where there is nothing to restore

    @property
    def empties(self) -> bool:
        """Whether the change leaves nothing of the utterance that there was."""
        return bool(self.observed[self.target].any() and not self.changed[self.target].any())

    @property
    def crossing(self) -> tuple[float, float]:
        """The distance from another decision before, and how far beyond it the prediction is after."""
        ends = np.stack([self.before, self.after])[:, None]
        columns, ways = decided(self.task, ends[0]), direction(self.task, ends[0])
        before, after = (float(margin(self.task, end, columns, ways)[0]) for end in ends)
        return before, -after

    @property
    def changed(self) -> Bools:
        """`[S, M]`, the pattern after the change."""
        pattern = self.observed.copy()
        for s, u in self.cells:
            pattern[s, u] = self.kind == RETURN
        return pattern


def nearest(cells: Bools, target: int) -> np.ndarray:
    """The marked cells `[S, M]` nearest to an utterance, as many as single losses are tried, as rows (utterance, modality)."""
    places = np.argwhere(cells)
    keep = np.argsort(np.abs(places[:, 0] - target), kind="stable")[: most_losses(len(cells))]
    kept: np.ndarray = places[np.sort(keep)]
    return kept


def smallest_loss(masked: Masked, single: Losses, target: int) -> Counterfactual:
    """The smallest set of observed cells whose loss makes utterance `target`'s decision another one.

    `single` are the single losses of the same conversation, which save trying them again.
    """
    places = nearest(masked.observed, target)
    columns, ways = decided(masked.task, single.whole), direction(masked.task, single.whole)

    def judged(values: Floats) -> tuple[Bools, Floats]:
        flipped = ~decides(masked.task, values, columns, ways)[:, target]
        return flipped, margin(masked.task, values, columns, ways)[:, target]

    singles = judged(single.after[single.players[places[:, 0], places[:, 1]]]) if single.together == 1 else None

    def goal(sets: Bools) -> tuple[Bools, Floats]:
        return judged(masked.fused(toggled(masked.observed, places, sets)))

    best = smallest_set(goal, len(places), singles)
    return counterfactual_of(masked, LOSS, target, places, best, masked.observed, True)


def smallest_return(masked: Masked, observed: Bools, target: int) -> Counterfactual:
    """The smallest set of missing cells whose return restores the decision for the complete recording.

    `masked` has everything in the recording, `observed [S, M]` is the pattern that takes some of it away.
    """
    both = masked.fused(np.stack([masked.observed, observed & masked.observed]))
    columns, ways = decided(masked.task, both[0]), direction(masked.task, both[0])
    missing = masked.observed & ~observed
    places = nearest(missing, target)
    if decides(masked.task, both[1], columns, ways)[target]:
        return counterfactual_of(masked, RETURN, target, places[:0], None, observed & masked.observed, False)

    def goal(sets: Bools) -> tuple[Bools, Floats]:
        values = masked.fused(toggled(observed & masked.observed, places, sets))
        restored = decides(masked.task, values, columns, ways)[:, target]
        return restored, -margin(masked.task, values, columns, ways)[:, target]

    best = smallest_set(goal, len(places))
    return counterfactual_of(masked, RETURN, target, places, best, observed & masked.observed, True)


def toggled(observed: Bools, places: np.ndarray, sets: Bools) -> Bools:
    """Patterns `[K, S, M]` in which the cells at `places [P, 2]` that are in each set `[K, P]` are turned over."""
    shown = np.repeat(observed[None], len(sets), axis=0)
    shown[:, places[:, 0], places[:, 1]] ^= sets
    return shown


def counterfactual_of(
    masked: Masked,
    kind: str,
    target: int,
    places: np.ndarray,
    best: SufficientSet | None,
    observed: Bools,
    needed: bool,
) -> Counterfactual:
    """The set with the predictions before and after."""
    chosen = np.full(len(places), best is None)  # without a set, what all cells together come to
    cells: tuple[tuple[int, int], ...] = ()
    if best:
        chosen[list(best.players)] = True
        cells = tuple((int(s), int(u)) for s, u in places[chosen])
    before, after = masked.fused(np.stack([observed, toggled(observed, places, chosen[None])[0]]))[:, target]
    possible = int((observed if kind == LOSS else masked.observed & ~observed).sum())
    return Counterfactual(
        masked.task, kind, target, masked.checkpoint.config.modalities, observed, cells, best.proof if best else "",
        len(places), possible, before, after, needed,
    )  # fmt: skip


def counterfactual_table(counterfactual: Counterfactual) -> pd.DataFrame:
    """One row for every cell of the set."""
    rows = [
        {
            "utterance": s + 1,
            "modality": counterfactual.modalities[u],
            "change": counterfactual.kind,
            "proof": counterfactual.proof,
        }
        for s, u in counterfactual.cells
    ]
    return pd.DataFrame(rows, columns=["utterance", "modality", "change", "proof"])
