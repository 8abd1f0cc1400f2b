"""Which other utterances matter for a prediction: by taking them away, beside what attention rollout says."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.propagation.attention import rollout
from comp_viz.analysis.stats.ranks import rank_correlation
from comp_viz.analysis.why.leave_one_out import Losses
from comp_viz.analysis.why.target import decided, explained_amount, explained_number
from comp_viz.data.conversation import Floats, Task
from comp_viz.wording import decimal


@dataclass(frozen=True)
class Context:
    """How much every utterance matters for every other: rows are predictions, columns the utterances taken away."""

    task: Task
    modalities: tuple[str, ...]
    together: int  # utterances that were taken away at once
    effects: Floats  # [S, S], prediction less the one without; positive when the utterance raised the explained number
    rolled: Floats | None  # [M, S, S], attention rollout; None for a network without attention

    @property
    def sizes(self) -> Floats:
        """`[S, S]`, how far each prediction moves."""
        found: Floats = np.abs(self.effects)
        return found

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
        """Rank correlation over the other utterances of what matters and what rollout says, -1 to 1."""
        mean = self.mean_rollout
        if mean is None:
            return float("nan")
        others = np.arange(len(mean)) != target
        return rank_correlation(self.sizes[target, others], mean[target, others])

    @property
    def agreements(self) -> Floats:
        """`[S]`, the same for every utterance."""
        return np.array([self.agreement(s) for s in range(len(self.effects))], np.float32)


def context(found: Losses, inside: Inside) -> Context:
    """From losses of whole utterances (`losses(masked, modalities=False)`) and the inside of the same conversation."""
    columns = decided(found.task, found.whole)
    before = explained_number(found.whole, columns)
    effects = before - explained_number(found.after, columns)  # (P, S)
    maps = inside.attention
    rolled = np.stack([rollout(maps[u]) for u in found.modalities]) if maps else None
    return Context(
        found.task, found.modalities, found.together, effects[found.players[:, 0]].T.astype(np.float32), rolled
    )


def context_table(found: Context) -> pd.DataFrame:
    """One row for every prediction and utterance: effect of its loss, and rollout of every modality."""
    S = len(found.effects)
    target, other = (x.ravel() for x in np.indices((S, S)))
    table = {"prediction": target + 1, "utterance": other + 1, "effect of its loss": found.effects.ravel()}
    if found.rolled is not None:
        table |= {f"rollout {u}": x.ravel() for u, x in zip(found.modalities, found.rolled, strict=True)}
    return pd.DataFrame(table)


def describe(found: Context, target: int) -> str:
    """Which other utterance matters most for a prediction, and what rollout says, in a sentence."""
    S = len(found.effects)
    if S < 2:
        return "There is no other utterance"
    others = np.where(np.arange(S) == target, -1, found.sizes[target])
    top = int(others.argmax())
    if others[top] <= 0:
        return f"No other utterance moves the prediction for utterance {target + 1}"
    said = (
        f"Besides itself, utterance {top + 1} matters most for utterance {target + 1}: without it the prediction moves by "
        f"{explained_amount(found.task, float(others[top]))}"
    )
    if (mean := found.mean_rollout) is None:
        return said
    most = int(np.where(np.arange(S) == target, -1, mean[target]).argmax())
    same = "the same" if most == top else f"utterance {most + 1}"
    return f"{said}; attention rollout names {same} (rank correlation {decimal(found.agreement(target))})"


def describe_all(found: Context) -> str:
    """How far predictions depend on context, and whether attention tells, in a sentence."""
    own = found.own[~np.isnan(found.own)]
    if not len(own):
        return "No utterance moves any prediction"
    said = f"An utterance itself causes {own.mean():.0%} of what moves its prediction, all others the rest"
    agree = found.agreements[~np.isnan(found.agreements)]
    if not len(agree):
        return said
    return f"{said}; attention rollout ranks the others as taking them away does with correlation {agree.mean():.2f} on average"


def describe_influence(found: Context) -> str:
    """Which utterance matters most for all others, in a sentence."""
    S = len(found.effects)
    others = found.sizes * (1 - np.eye(S, dtype=np.float32))
    means = others.sum(0) / max(S - 1, 1)
    top = int(means.argmax())
    if not means[top]:
        return "No utterance moves the prediction for another one"
    return f"Utterance {top + 1} matters most for the others: it moves their predictions by {explained_amount(found.task, float(means[top]))} on average"
