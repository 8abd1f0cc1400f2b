"""What each modality contributes to a prediction: exact Shapley values over modalities, and how modalities relate."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from comp_viz.analysis.prediction import FUSED
from comp_viz.analysis.why.coalitions import Coalitions
from comp_viz.analysis.why.shapley import interactions, shapley
from comp_viz.analysis.why.target import decided, direction, explained_number
from comp_viz.data.conversation import Bools, Floats, Task

DOMINANCE, COMPLEMENT, CONFLICT, NEGLIGIBLE = "dominance", "complement", "conflict", "negligible"
RELATIONS = (DOMINANCE, COMPLEMENT, CONFLICT, NEGLIGIBLE)
SYNERGY, REDUNDANCY, INDEPENDENT = "synergy", "redundancy", "independent"
MOST_OF = 2 / 3  # share of all contributions from which one modality dominates
OPPOSED = 1 / 5  # share of all contributions from which the weaker side makes a conflict
JOINT = 1 / 10  # interaction as a share of all contributions from which it has a name
LITTLE = 0.02  # of a probability, or of the label range: contributions that together are less have no relation


@dataclass(frozen=True)
class Contribution:
    """Contributions of modalities to one predictor, for every utterance of one or more conversations.

    What is explained is the probability of the class decided for, or the score. Values sum over modalities to `whole - empty`.
    An utterance of which nothing was recorded has no prediction, so nothing contributes to it.
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
    weights: Floats  # [S, M], of the modalities, as observed; [S, 0] of a method without
    recorded: Bools  # [S], whether anything of an utterance was

    @property
    def weighted(self) -> bool:
        """Whether the modalities have weights."""
        return bool(self.weights.shape[1] > 0)

    @property
    def toward(self) -> Floats:
        """`[M, S]`, contributions counted positive when they speak for the decision."""
        toward: Floats = self.values * self.ways
        return toward

    @property
    def shares(self) -> Floats:
        """`[M, S]`, size of each contribution as a share of all, sum 1; equal where there is none."""
        size = np.abs(self.values)
        total = size.sum(0)
        shares: Floats = np.where(total > 0, size / np.maximum(total, np.finfo(np.float32).tiny), 1 / len(size))
        return shares

    @property
    def relations(self) -> np.ndarray:
        """`[S]`, one of `RELATIONS` for every utterance."""
        size, total = np.abs(self.values), np.abs(self.values).sum(0)
        up, down = np.maximum(self.values, 0).sum(0), np.maximum(-self.values, 0).sum(0)
        little = LITTLE * (1.0 if self.task.classes else self.task.high - self.task.low)
        conditions = [total < little, np.minimum(up, down) >= OPPOSED * total, size.max(0) >= MOST_OF * total]
        return np.select(conditions, [NEGLIGIBLE, CONFLICT, DOMINANCE], COMPLEMENT)

    @property
    def relation_counts(self) -> Mapping[str, int]:
        """How many utterances have each of `RELATIONS`, without those that do not occur."""
        relations = self.relations
        return {name: count for name in RELATIONS if (count := int(((relations == name) & self.recorded).sum()))}

    @property
    def opposed(self) -> Floats:
        """`[S]`, the sum of the weaker side's contributions in conflicts, 0 elsewhere."""
        sides = [np.maximum(sign * self.values, 0).sum(0) for sign in (1, -1)]
        opposed: Floats = np.where(self.relations == CONFLICT, np.minimum(*sides), 0).astype(np.float32)
        return opposed

    @property
    def leaders(self) -> np.ndarray:
        """`[S]`, number of the modality that contributes most."""
        return np.asarray(np.abs(self.values).argmax(0))

    def pair_kinds(self, u: int, v: int) -> np.ndarray:
        """`[S]`: whether two modalities contribute more together than alone, less, or as much, towards the decision."""
        joint, total = self.pairs[u, v] * self.ways, np.abs(self.values).sum(0)
        return np.select([joint > JOINT * total, joint < -JOINT * total], [SYNERGY, REDUNDANCY], INDEPENDENT)


def contribution(in_coalitions: Coalitions, predictor: str = FUSED) -> Contribution:
    """Exact Shapley values and interactions of one predictor, of what it decides with everything that is observed."""
    predictions = in_coalitions.predictions[predictor]
    columns, ways = decided(in_coalitions.task, predictions[-1]), direction(in_coalitions.task, predictions[-1])
    values = explained_number(predictions, columns)
    recorded = in_coalitions.recorded
    phi, pairs = (np.where(recorded, x, 0).astype(np.float32) for x in (shapley(values), interactions(values)))
    whole = np.where(recorded, values[-1], values[0])
    return Contribution(
        in_coalitions.task, predictor, in_coalitions.modalities, in_coalitions.observed, values[0], whole, ways, phi, pairs,
        in_coalitions.coordinator[-1], recorded,
    )  # fmt: skip


def joined_contributions(parts: list[Contribution]) -> Contribution:
    """Contributions of several conversations one after the other."""
    first = parts[0]
    arrays: dict[str, Floats] = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=-1)
        for name in ("empty", "whole", "ways", "values", "pairs")
    }
    return Contribution(
        first.task, first.predictor, first.modalities,
        observed=np.concatenate([part.observed for part in parts]),
        weights=np.concatenate([part.weights for part in parts]),
        recorded=np.concatenate([part.recorded for part in parts]),
        **arrays,
    )  # fmt: skip


def contribution_table(contributions: Contribution) -> pd.DataFrame:
    """One row for every predicted utterance and modality: Shapley value, share, towards the decision, weight, relation."""
    M, S = contributions.values.shape
    u, s = (x.ravel() for x in np.indices((M, S)))
    return pd.DataFrame(
        {
            "utterance": s + 1,
            "modality": np.array(contributions.modalities)[u],
            "observed": contributions.observed[s, u],
            "contribution": contributions.values.ravel(),
            "towards the decision": contributions.toward.ravel(),
            "share": contributions.shares.ravel(),
            **({"coordinator weight": contributions.weights[s, u]} if contributions.weighted else {}),
            "relation": contributions.relations[s],
            "nothing observed": contributions.empty[s],
            "as observed": contributions.whole[s],
        }
    )[contributions.recorded[s]].reset_index(drop=True)


def pair_table(contributions: Contribution) -> pd.DataFrame:
    """One row for every pair of modalities: mean interaction towards the decision, and the share of utterances of each kind."""
    rows = []
    for u, v in combinations(range(len(contributions.modalities)), 2):
        kinds = contributions.pair_kinds(u, v)
        rows.append(
            {"first": contributions.modalities[u], "second": contributions.modalities[v], "interaction": float((contributions.pairs[u, v] * contributions.ways).mean())}
            | {kind: float((kinds == kind).mean()) for kind in (SYNERGY, REDUNDANCY, INDEPENDENT)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def relation_shares(contributions: Contribution) -> Mapping[str, float]:
    """How often utterances are dominated by each modality, complements, conflicts, or hardly moved by any; sum 1."""
    counted = contributions.recorded if contributions.recorded.any() else slice(None)
    relations, leaders = contributions.relations[counted], contributions.leaders[counted]
    dominated = {
        f"{DOMINANCE} of {name}": float(((relations == DOMINANCE) & (leaders == u)).mean())
        for u, name in enumerate(contributions.modalities)
    }
    return dominated | {name: float((relations == name).mean()) for name in (COMPLEMENT, CONFLICT, NEGLIGIBLE)}
