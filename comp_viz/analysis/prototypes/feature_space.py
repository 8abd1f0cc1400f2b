"""What happens to a conversation's utterances in feature space: prototypes, encoded, propagated and fused, in one picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.prototypes.embedding import MOST, Embedding, Method, embed
from comp_viz.data.conversation import Floats
from comp_viz.data.dataset import Ints

Stage = Literal["prototypes", "encoded", "propagated", "fused"]


@dataclass(frozen=True)
class Cloud:
    """The points of one stage: utterances, or a modality's own prototypes."""

    stage: Stage
    modality: str  # "" for the fused features, which belong to all
    numbers: Ints  # [N] of utterances or prototypes, counted from 0
    points: Floats  # [N, d], for the fused features [N, M·d]
    at: Floats  # [N, 2 or 3], where they are drawn; the same as `points` before that


@dataclass(frozen=True)
class Space:
    """Clouds in one picture. `A`, `Z` and `Z̄` have width d and share one embedding; `F` has width M·d and its own."""

    clouds: tuple[Cloud, ...]
    shared: Embedding
    fused: Embedding
    common: float  # share of the squared way from Z to Z̄ that all utterances go together, 0 to 1

    def of(self, stage: Stage) -> list[Cloud]:
        """The clouds of a stage, in modality order."""
        return [cloud for cloud in self.clouds if cloud.stage == stage]


def spaces(
    insides: Sequence[Inside], modalities: Sequence[str], method: Method, dims: int, aligned: bool
) -> tuple[Space, ...]:
    """Put some modalities of one or more forward passes of the same network into one picture each, all by one embedding.

    With `aligned`, `Z̄` is first turned, shifted and scaled as a whole towards `Z`, for each modality alike in all
    passes: between the two lies a general linear map, which moves all utterances without changing their neighbours.
    UMAP and t-SNE take evenly spaced utterances where there would be more than `MOST` points.
    """
    rows = drawn(len(insides[0].observed), 2 * len(modalities) * len(insides), method)
    passes = [clouds(inside, modalities, rows) for inside in insides]
    ways = [together(passes, name) for name in modalities]
    if aligned:
        passes = [[moved(cloud, dict(zip(modalities, ways, strict=True))) for cloud in each] for each in passes]
    flat = [cloud for each in passes for cloud in each]
    shared = embed(np.concatenate([c.points for c in flat if c.stage != "fused"]), method, dims)
    fused = embed(np.concatenate([c.points for c in flat if c.stage == "fused"]), method, dims)
    rest = {True: fused.coordinates, False: shared.coordinates}
    made = []
    for each in passes:
        placed = []
        for cloud in each:
            kind, n = cloud.stage == "fused", len(cloud.points)
            placed.append(replace(cloud, at=rest[kind][:n]))
            rest[kind] = rest[kind][n:]
        made.append(Space(tuple(placed), shared, fused, float(np.mean([way.common for way in ways]))))
    return tuple(made)


def drawn(utterances: int, clouds: int, method: Method) -> Ints:
    """Numbers of the utterances that are drawn, evenly spaced where not all are."""
    most = utterances if method == "PCA" else max(MOST // clouds, 2)
    return np.unique(np.linspace(0, utterances - 1, min(utterances, most)).astype(np.int64))


def clouds(inside: Inside, modalities: Sequence[str], rows: Ints) -> list[Cloud]:
    """The clouds of a forward pass, not yet drawn anywhere; no prototypes where the network has none."""

    def cloud(stage: Stage, name: str, points: Floats, numbers: Ints) -> Cloud:
        return Cloud(stage, name, numbers, points[numbers], points[numbers])

    found = []
    for name in modalities:
        if name in inside.prototypes:
            own = inside.prototypes[name]
            found.append(cloud("prototypes", name, own, np.arange(len(own))))
        found.append(cloud("encoded", name, inside.encoded[name], rows))
        found.append(cloud("propagated", name, inside.propagated[name], rows))
    return [*found, cloud("fused", "", inside.fused_features, rows)]


@dataclass(frozen=True)
class Way:
    """The turn, shift and scale that brings `Z̄` nearest to `Z` over all utterances (Procrustes)."""

    turn: Floats  # [d, d], orthogonal
    scale: float
    start: Floats  # [d], mean of Z̄
    end: Floats  # [d], mean of Z
    common: float  # share of the squared distance it removes

    def __call__(self, points: Floats) -> Floats:
        """Bring points `[N, d]` of the space of `Z̄` into that of `Z`."""
        brought: Floats = (self.scale * (points - self.start) @ self.turn + self.end).astype(np.float32)
        return brought


def together(passes: Sequence[Sequence[Cloud]], modality: str) -> Way:
    """What a modality's utterances of all passes do together on their way from `Z` to `Z̄`, undone."""
    flat = [cloud for each in passes for cloud in each if cloud.modality == modality]
    before = np.concatenate([c.points for c in flat if c.stage == "encoded"]).astype(np.float64)
    after = np.concatenate([c.points for c in flat if c.stage == "propagated"]).astype(np.float64)
    start, end = after.mean(0), before.mean(0)
    left, size, right = np.linalg.svd((after - start).T @ (before - end))
    spread = ((after - start) ** 2).sum()
    way = Way(left @ right, float(size.sum() / spread) if spread else 0.0, start, end, 0.0)
    whole = ((after - before) ** 2).sum()
    rest = ((way(after.astype(np.float32)) - before) ** 2).sum()
    return replace(way, common=float(1 - rest / whole) if whole else 1.0)


def moved(cloud: Cloud, ways: dict[str, Way]) -> Cloud:
    """The same cloud, brought to `Z` where it is `Z̄`."""
    return replace(cloud, points=ways[cloud.modality](cloud.points)) if cloud.stage == "propagated" else cloud


@dataclass(frozen=True)
class Agreement:
    """How well neighbours agree, in all dimensions and not only in a picture."""

    share: float  # of an utterance's nearest that have its label, mean over utterances, 0 to 1
    chance: float  # the same were neighbours drawn at random


def agreement(points: Floats, truth: Ints, neighbours: int = 5) -> Agreement | None:
    """How many of the 5 nearest labelled utterances share an utterance's label, by Euclidean distance.

    `points [N, d]`; `truth [N]` as `true_decisions` gives it, -1 unknown. None with fewer than three labels or one kind.
    """
    known = truth >= 0
    points, truth = points[known].astype(np.float64), truth[known]
    if len(truth) < 3 or len(set(truth.tolist())) < 2:
        return None
    squares = (points**2).sum(1)
    distances = squares[:, None] + squares - 2 * points @ points.T
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argsort(1, kind="stable")[:, : min(neighbours, len(truth) - 1)]
    counts = np.bincount(truth)[truth]
    return Agreement(float((truth[nearest] == truth[:, None]).mean()), float(((counts - 1) / (len(truth) - 1)).mean()))


def agreements(inside: Inside, modalities: Sequence[str], truth: Ints) -> dict[Stage, Agreement]:
    """How well neighbours agree before and after propagation, mean over the modalities, and fused. Empty where unknown."""
    points: dict[Stage, list[Floats]] = {
        "encoded": [inside.encoded[name] for name in modalities],
        "propagated": [inside.propagated[name] for name in modalities],
        "fused": [inside.fused_features],
    }
    found: dict[Stage, Agreement] = {}
    for stage, each in points.items():
        measured = [one for one in (agreement(x, truth) for x in each) if one]
        if measured:
            found[stage] = Agreement(float(np.mean([one.share for one in measured])), measured[0].chance)
    return found
