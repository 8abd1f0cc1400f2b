"""Who attends to whom: the maps of one modality, their mean, their rollout, and how evenly they spread (normalised entropy)."""

from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.stats.entropy import normalised_entropy
from comp_viz.data.conversation import Bools, Floats

ROLLOUT_MAP, MEAN_MAP = "rollout", "mean of all layers and heads"


@dataclass(frozen=True)
class Attention:
    """One map of one modality; rows are queries and sum to 1, or to 0 where the modality has nothing observed."""

    modality: str
    name: str  # one of `map_names`
    weights: Floats  # [S, S]
    keys: Bools  # [S], the utterances attention goes to: those observed
    reachable: Bools  # [S, S], where weight can lie: at keys, and in a rollout also at the query itself

    @property
    def uniform_weight(self) -> float:
        """The weight of every key if attention were uniform: 1 over the number of keys."""
        return 1 / max(int(self.keys.sum()), 1)

    @property
    def entropy(self) -> Floats:
        """`[S]`, normalised entropy of each query's weights, 0 to 1; NaN with less than two keys to choose from."""
        return normalised_entropy(self.weights, self.reachable.sum(1))

    @property
    def received(self) -> Floats:
        """`[S]`, mean weight of every utterance as a key, over all queries."""
        mean: Floats = self.weights.mean(0)
        return mean

    @property
    def to_others(self) -> float:
        """The largest weight that goes to another utterance than the query."""
        return float(np.where(np.eye(len(self.keys), dtype=bool), 0, self.weights).max())


def map_names(inside: Inside) -> list[str]:
    """Every map there is: rollout, the mean, and for each block and layer all heads and each; none without propagation."""
    if not inside.attention:
        return []
    n, m, h = next(iter(inside.attention.values())).shape[:3]
    layers = [f"block {l + 1}, layer {k + 1}" for l in range(n) for k in range(m)]
    return [ROLLOUT_MAP, MEAN_MAP, *(f"{layer}, {head}" for layer in layers for head in ("all heads", *head_names(h)))]


def head_names(heads: int) -> list[str]:
    """What the heads are called."""
    return [f"head {i + 1}" for i in range(heads)]


def attention(inside: Inside, modality: str, name: str) -> Attention:
    """The map called `name`, one of `map_names(inside)`; another name, as of a deeper network, gives the mean."""
    maps, keys = inside.attention[modality], inside.observed[:, inside.modalities.index(modality)]
    S = len(keys)
    reachable = np.broadcast_to(keys, (S, S))
    if name == ROLLOUT_MAP:
        return Attention(modality, name, rollout(maps), keys, reachable | np.eye(S, dtype=bool))
    n, m, h = maps.shape[:3]
    by_head = maps.reshape(n * m, h, S, S)
    named = {MEAN_MAP: maps.mean((0, 1, 2))}
    if name in map_names(inside)[2:]:
        layer, head = divmod(map_names(inside).index(name) - 2, h + 1)
        named[name] = by_head[layer].mean(0) if head == 0 else by_head[layer, head - 1]
    else:
        name = MEAN_MAP
    return Attention(modality, name, named[name], keys, reachable)


def rollout(maps: Floats) -> Floats:
    """Attention rollout (Abnar and Zuidema, 2020) of `[n, m, h, S, S]`: `[S, S]`, rows sum to 1.

    The mean over heads, half of it replaced by the identity for the residual connection, multiplied through all layers
    and blocks. Where a modality has nothing observed only the residual connection remains.
    """
    S = maps.shape[-1]
    rolled = np.eye(S, dtype=np.float32)
    for layer in maps.mean(2).reshape(-1, S, S):
        mixed = layer + np.eye(S, dtype=np.float32)
        rolled = mixed / mixed.sum(1, keepdims=True) @ rolled
    return rolled


def entropy_by_head(inside: Inside) -> dict[str, Floats]:
    """Modality -> `[n, m, h]`, normalised entropy of every map, mean over queries; NaN with less than two keys."""
    keys = dict(zip(inside.modalities, inside.observed.sum(0).tolist(), strict=True))
    return {u: normalised_entropy(maps, keys[u]).mean(-1) for u, maps in inside.attention.items()}
