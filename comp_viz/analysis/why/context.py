"""Which other utterances matter for a prediction: by taking them away, beside attention rollout."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.propagation.attention import rollout
from comp_viz.analysis.stats.ranks import rank_correlation
from comp_viz.analysis.why.leave_one_out import Losses
from comp_viz.analysis.why.target import decided, explained_number
from comp_viz.data.conversation import Floats, Task


@dataclass(frozen=True)
class Context:
    """How much every utterance matters for every other: rows are predictions, columns the utterances taken away."""

    task: Task
    modalities: tuple[str, ...]
    together: int  # utterances that were taken away at once
    # [S, S], prediction less the one without; positive when the utterance raised the explained number; 0 where nothing of an
    # utterance was recorded, which has no prediction
    effects: Floats
    rolled: Floats | None  # [M, S, S], attention rollout; None for a network without attention

    @property
    def sizes(self) -> Floats:
        """`[S, S]`, how far each prediction moves."""
        sizes: Floats = np.abs(self.effects)
        return sizes

    @property
    def mean_rollout(self) -> Floats | None:
        """`[S, S]`, rollout averaged over modalities."""
        return None if self.rolled is None else self.rolled.mean(0)

    @property
    def own(self) -> Floats:
        """`[S]`, share of all movement of a prediction that its own utterance causes; NaN where nothing moves it."""
        total = self.sizes.sum(1)
        return np.where(total > 0, np.diag(self.sizes) / np.maximum(total, np.finfo(np.float32).tiny), np.nan)

    def agreement(self, target: int) -> float:
        """Rank correlation over the other utterances of effect and rollout, -1 to 1."""
        mean = self.mean_rollout
        if mean is None:
            return float("nan")
        others = np.arange(len(mean)) != target
        return rank_correlation(self.sizes[target, others], mean[target, others])

    def largest_other(self, target: int) -> int | None:
        """The other utterance with the largest effect on a prediction; None where none has any."""
        others = np.where(np.arange(len(self.effects)) == target, -1, self.sizes[target])
        return int(others.argmax()) if others.max() > 0 else None

    @property
    def influences(self) -> Floats:
        """`[S]`, the mean effect of every utterance on the predictions for all others."""
        S = len(self.effects)
        means: Floats = (self.sizes * (1 - np.eye(S, dtype=np.float32))).sum(0) / max(S - 1, 1)
        return means

    @property
    def agreements(self) -> Floats:
        """`[S]`, the same for every utterance."""
        return np.array([self.agreement(s) for s in range(len(self.effects))], np.float32)


def context(single: Losses, inside: Inside | None) -> Context:
    """From losses of whole utterances (`losses(masked, modalities=False)`) and the inside, None of a method without a trace."""
    columns = decided(single.task, single.whole)
    before = explained_number(single.whole, columns)
    effects = np.where(single.recorded, before - explained_number(single.after, columns), 0)  # (P, S)
    maps = inside.attention if inside else {}
    rolled = np.stack([rollout(maps[u]) for u in single.modalities]) if maps else None
    return Context(
        single.task, single.modalities, single.together, effects[single.players[:, 0]].T.astype(np.float32), rolled
    )


def context_table(context: Context) -> pd.DataFrame:
    """One row for every prediction and utterance: effect of its loss, and rollout of every modality."""
    S = len(context.effects)
    target, other = (x.ravel() for x in np.indices((S, S)))
    table = {"prediction": target + 1, "utterance": other + 1, "effect of its loss": context.effects.ravel()}
    if context.rolled is not None:
        table |= {f"rollout {u}": x.ravel() for u, x in zip(context.modalities, context.rolled, strict=True)}
    return pd.DataFrame(table)
