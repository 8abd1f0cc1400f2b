"""Who attends to whom: the maps of one modality, their mean, their rollout, and how evenly they spread."""

from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.stats.entropy import normalised_entropy
from comp_viz.data.conversation import Bools, Floats

ROLLOUT, MEAN = "rollout", "mean of all layers and heads"
EVEN = 0.95  # entropy as a share of its maximum from which attention is called almost even


@dataclass(frozen=True)
class Attention:
    """One map of one modality; rows are queries and sum to 1, or to 0 where the modality has nothing observed."""

    modality: str
    name: str  # one of `map_names`
    weights: Floats  # [S, S]
    keys: Bools  # [S], the utterances attention goes to: those observed
    reachable: Bools  # [S, S], where weight can lie: at keys, and in a rollout also at the query itself

    @property
    def even(self) -> float:
        """The weight of every key if attention were even."""
        return 1 / max(int(self.keys.sum()), 1)

    @property
    def evenness(self) -> Floats:
        """`[S]`, entropy of each query's weights as a share of the greatest possible; NaN with less than two to choose from."""
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
    return [ROLLOUT, MEAN, *(f"{layer}, {head}" for layer in layers for head in ("all heads", *head_names(h)))]


def head_names(heads: int) -> list[str]:
    """What the heads are called."""
    return [f"head {i + 1}" for i in range(heads)]


def attention(inside: Inside, modality: str, name: str) -> Attention:
    """The map called `name`, one of `map_names(inside)`; another name, as of a deeper network, gives the mean."""
    maps, keys = inside.attention[modality], inside.observed[:, inside.modalities.index(modality)]
    S = len(keys)
    reachable = np.broadcast_to(keys, (S, S))
    if name == ROLLOUT:
        return Attention(modality, name, rollout(maps), keys, reachable | np.eye(S, dtype=bool))
    n, m, h = maps.shape[:3]
    by_head = maps.reshape(n * m, h, S, S)
    named = {MEAN: maps.mean((0, 1, 2))}
    if name in map_names(inside)[2:]:
        layer, head = divmod(map_names(inside).index(name) - 2, h + 1)
        named[name] = by_head[layer].mean(0) if head == 0 else by_head[layer, head - 1]
    else:
        name = MEAN
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


def evenness_by_head(inside: Inside) -> dict[str, Floats]:
    """Modality -> `[n, m, h]`, mean over queries of the evenness of every map; NaN with less than two keys."""
    keys = dict(zip(inside.modalities, inside.observed.sum(0).tolist(), strict=True))
    return {u: normalised_entropy(maps, keys[u]).mean(-1) for u, maps in inside.attention.items()}


def describe(found: Attention) -> str:
    """A map in a sentence."""
    who, K = found.modality.capitalize(), int(found.keys.sum())
    if not K:
        return f"{who} is missing everywhere: there is no utterance to attend to"
    if K == 1:
        return f"Only utterance {int(found.keys.argmax()) + 1} has {found.modality}: all attention goes there"
    spread, most = float(found.evenness.mean()), int(found.received.argmax())
    favourite = f"utterance {most + 1} receives most, {found.received[most] / found.even:.1f} times the even share"
    if spread >= EVEN:
        return f"{who} attends almost evenly, with {spread:.0%} of the greatest entropy; {favourite}"
    return f"{who} attends selectively, with {spread:.0%} of the greatest entropy; {favourite}"


def describe_row(found: Attention, query: int) -> str:
    """What one utterance attends to, in a sentence."""
    row = found.weights[query]
    if not found.keys.any():
        return f"Utterance {query + 1} has nothing to attend to in {found.modality}"
    most = int(row.argmax())
    whom = "itself" if most == query else f"utterance {most + 1}"
    return (
        f"In {found.modality}, utterance {query + 1} attends most to {whom}: {row[most]:.1%} of its weight, "
        f"{row[most] / found.even:.1f} times the even share"
    )


def describe_evenness(found: dict[str, Floats]) -> str:
    """How evenly the heads of each modality attend on average, in a sentence."""
    means = [f"{u} {x.mean():.0%}" for u, x in found.items() if not np.isnan(x).any()]
    return f"Entropy of attention as a share of the greatest, mean of all heads: {', '.join(means) or 'none'}"


def describe_heads(found: dict[str, Floats]) -> str:
    """Which heads choose most, in a sentence."""
    least = {u: x for u, x in found.items() if not np.isnan(x).all()}
    if not least:
        return "No modality has two observed utterances to choose between"
    u = min(least, key=lambda name: np.nanmin(least[name]))
    l, k, head = np.unravel_index(np.nanargmin(least[u]), least[u].shape)
    values = np.concatenate([x.ravel() for x in least.values()])
    if values.min() >= EVEN:
        return f"All {len(values)} heads attend almost evenly, with at least {values.min():.0%} of the greatest entropy"
    return (
        f"{int((values >= EVEN).sum())} of {len(values)} heads attend almost evenly; {u}'s block {l + 1}, layer {k + 1}, "
        f"head {head + 1} chooses most, with {least[u][l, k, head]:.0%} of the greatest entropy"
    )
