"""What each modality contributes to a prediction: exact Shapley values over modalities, and how modalities relate."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from comp_viz.analysis.why.coalitions import FUSED, Coalitions
from comp_viz.analysis.why.shapley import interactions, shapley
from comp_viz.analysis.why.target import decided, direction, explained_amount, explained_number
from comp_viz.data.conversation import Bools, Floats, Task

DOMINANCE, COMPLEMENT, CONFLICT, NOTHING = "dominance", "complement", "conflict", "hardly any"
RELATIONS = (DOMINANCE, COMPLEMENT, CONFLICT, NOTHING)
SYNERGY, REDUNDANCY, INDEPENDENT = "synergy", "redundancy", "independent"
MOST_OF = 2 / 3  # share of all contributions from which one modality dominates
OPPOSED = 1 / 5  # share of all contributions from which the weaker side makes a conflict
JOINT = 1 / 10  # interaction as a share of all contributions from which it has a name
LITTLE = 0.02  # of a probability, or of the label range: contributions that together are less have no relation


@dataclass(frozen=True)
class Contribution:
    """Contributions of modalities to one predictor, for every utterance of one or more conversations.

    What is explained is the probability of the class decided for, or the score. Values sum over modalities to `whole - empty`.
    """

    task: Task
    predictor: str  # `fused` or the modality whose head it is
    modalities: tuple[str, ...]
    observed: Bools  # [S, M]
    empty: Floats  # [S], prediction with nothing observed in the conversation
    whole: Floats  # [S], as observed
    ways: Floats  # [S], +1 or -1: which way the number speaks for the decision
    values: Floats  # [M, S], Shapley values
    pairs: Floats  # [M, M, S], Shapley interaction indices, zeros on the diagonal
    weights: Floats  # [S, M], the coordinator's, as observed

    @property
    def toward(self) -> Floats:
        """`[M, S]`, contributions counted positive when they speak for the decision."""
        found: Floats = self.values * self.ways
        return found

    @property
    def shares(self) -> Floats:
        """`[M, S]`, size of each contribution as a share of all, sum 1; equal where there is none."""
        size = np.abs(self.values)
        total = size.sum(0)
        found: Floats = np.where(total > 0, size / np.maximum(total, np.finfo(np.float32).tiny), 1 / len(size))
        return found

    @property
    def relations(self) -> np.ndarray:
        """`[S]`, one of `RELATIONS` for every utterance."""
        size, total = np.abs(self.values), np.abs(self.values).sum(0)
        up, down = np.maximum(self.values, 0).sum(0), np.maximum(-self.values, 0).sum(0)
        little = LITTLE * (1.0 if self.task.classes else self.task.high - self.task.low)
        conditions = [total < little, np.minimum(up, down) >= OPPOSED * total, size.max(0) >= MOST_OF * total]
        return np.select(conditions, [NOTHING, CONFLICT, DOMINANCE], COMPLEMENT)

    @property
    def leaders(self) -> np.ndarray:
        """`[S]`, number of the modality that contributes most."""
        return np.asarray(np.abs(self.values).argmax(0))

    def pair_kinds(self, u: int, v: int) -> np.ndarray:
        """`[S]`: whether two modalities say more together than each by itself, less, or as much, towards the decision."""
        joint, total = self.pairs[u, v] * self.ways, np.abs(self.values).sum(0)
        return np.select([joint > JOINT * total, joint < -JOINT * total], [SYNERGY, REDUNDANCY], INDEPENDENT)


def contribution(found: Coalitions, predictor: str = FUSED) -> Contribution:
    """Exact Shapley values and interactions of one predictor, of what it decides with everything that is observed."""
    predictions = found.predictions[predictor]
    columns, ways = decided(found.task, predictions[-1]), direction(found.task, predictions[-1])
    values = explained_number(predictions, columns)
    phi, pairs = (x.astype(np.float32) for x in (shapley(values), interactions(values)))
    return Contribution(
        found.task, predictor, found.modalities, found.observed, values[0], values[-1], ways, phi, pairs, found.coordinator[-1]
    )  # fmt: skip


def joined_contributions(parts: list[Contribution]) -> Contribution:
    """Contributions of several conversations one after the other."""
    first = parts[0]
    arrays: dict[str, Floats] = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=-1)
        for name in ("empty", "whole", "ways", "values", "pairs")
    }
    observed, weights = (np.concatenate([getattr(part, name) for part in parts]) for name in ("observed", "weights"))
    return Contribution(
        first.task, first.predictor, first.modalities, observed=observed, weights=weights, **arrays
    )  # fmt: skip


def contribution_table(found: Contribution) -> pd.DataFrame:
    """One row for every utterance and modality: Shapley value, share, towards the decision, weight, relation."""
    M, S = found.values.shape
    u, s = (x.ravel() for x in np.indices((M, S)))
    return pd.DataFrame(
        {
            "utterance": s + 1,
            "modality": np.array(found.modalities)[u],
            "observed": found.observed[s, u],
            "contribution": found.values.ravel(),
            "towards the decision": found.toward.ravel(),
            "share": found.shares.ravel(),
            "coordinator weight": found.weights[s, u],
            "relation": found.relations[s],
            "nothing observed": found.empty[s],
            "as observed": found.whole[s],
        }
    )


def pair_table(found: Contribution) -> pd.DataFrame:
    """One row for every pair of modalities: mean interaction towards the decision, and how often it is what."""
    rows = []
    for u, v in combinations(range(len(found.modalities)), 2):
        kinds = found.pair_kinds(u, v)
        rows.append(
            {"first": found.modalities[u], "second": found.modalities[v], "interaction": float((found.pairs[u, v] * found.ways).mean())}
            | {kind: float((kinds == kind).mean()) for kind in (SYNERGY, REDUNDANCY, INDEPENDENT)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def relation_shares(found: Contribution) -> Mapping[str, float]:
    """How often utterances are dominated by each modality, complements, conflicts, or hardly moved by any; sum 1."""
    relations, leaders = found.relations, found.leaders
    dominated = {
        f"{DOMINANCE} of {name}": float(((relations == DOMINANCE) & (leaders == u)).mean())
        for u, name in enumerate(found.modalities)
    }
    return dominated | {name: float((relations == name).mean()) for name in (COMPLEMENT, CONFLICT, NOTHING)}


def describe(found: Contribution) -> str:
    """Who carries the decisions of a conversation, in a sentence."""
    means = np.abs(found.values).mean(1)
    top, S = int(means.argmax()), len(found.ways)
    total = float(means.sum())
    if total == 0:
        return "No modality moves any prediction"
    counts = {name: int((found.relations == name).sum()) for name in RELATIONS}
    said = ", ".join(f"{name} in {count}" for name, count in counts.items() if count)
    whose = "the fused prediction" if found.predictor == FUSED else f"{found.predictor}'s head"
    return (
        f"{found.modalities[top].capitalize()} moves {whose} most: {means[top] / total:.0%} of all contributions; "
        f"of {S} utterances {said}"
    )


def describe_along(found: Contribution) -> str:
    """Where modalities together move predictions furthest, and where they conflict most, in a sentence."""
    moved = found.whole - found.empty
    top = int(np.abs(moved).argmax())
    said = f"Together they move utterance {top + 1} furthest, by {explained_amount(found.task, float(moved[top]), signed=True)}"
    sides = [np.maximum(sign * found.values, 0).sum(0) for sign in (1, -1)]
    conflict = np.where(found.relations == CONFLICT, np.minimum(*sides), 0)
    if not conflict.any():
        return f"{said}; nowhere do they conflict"
    most = int(conflict.argmax())
    return f"{said}; they conflict most at utterance {most + 1}, {explained_amount(found.task, float(conflict[most]))} against the stronger side"


def describe_utterance(found: Contribution, s: int) -> str:
    """What makes one utterance's prediction, in a sentence."""
    parts = ", ".join(
        f"{name} {explained_amount(found.task, float(x), signed=True)}"
        for name, x in zip(found.modalities, found.values[:, s], strict=True)
    )
    relation = found.relations[s]
    who = f" of {found.modalities[found.leaders[s]]}" if relation == DOMINANCE else ""
    ends = [f"{x:.0%}" if found.task.classes else f"{x:.2f}" for x in (found.empty[s], found.whole[s])]
    return f"Utterance {s + 1}: {relation}{who}. From {ends[0]} with nothing observed to {ends[1]}: {parts}"


def describe_pairs(found: Contribution) -> str:
    """How pairs of modalities work together, in a sentence."""
    table = pair_table(found)
    strongest = table.iloc[int(table["interaction"].abs().to_numpy().argmax())]
    both = f"{strongest['first']} and {strongest['second']}"
    if strongest["interaction"] == 0:
        return "No pair of modalities interacts: contributions simply add"
    word = "more" if strongest["interaction"] > 0 else "less"
    size = explained_amount(found.task, abs(float(strongest["interaction"])))
    return (
        f"{both.capitalize()} say {word} together than each by itself, by {size} on average, the strongest interaction"
    )
