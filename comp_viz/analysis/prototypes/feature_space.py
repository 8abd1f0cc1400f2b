"""What happens to a conversation's utterances in feature space: prototypes, encoded, propagated and fused, in one picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.prototypes.embedding import MOST_POINTS, Embedding, Projection, embed_points
from comp_viz.data.conversation import Floats
from comp_viz.data.dataset import Ints

Stage = Literal["prototypes", "encoded", "propagated", "fused"]
ROUNDING = 1e-9  # squared distances no further apart than this part of the largest square are equal


@dataclass(frozen=True)
class Cloud:
    """The points of one stage: utterances, or a modality's own prototypes."""

    stage: Stage
    modality: str  # "" for the fused features, which belong to all
    numbers: Ints  # [N] of utterances or prototypes, counted from 0
    points: Floats  # [N, d], for the fused features [N, M·d]
    at: Floats  # [N, 2 or 3], where they are drawn; the same as `points` before that


@dataclass(frozen=True)
class FeatureSpace:
    """Clouds in one picture. `A`, `Z` and `Z̄` have width d and share one embedding; `F` has width M·d and its own."""

    clouds: tuple[Cloud, ...]
    shared: Embedding
    fused: Embedding
    common: float  # share of the squared displacement from Z to Z̄ that a common similarity transform explains, 0 to 1

    def of_stage(self, stage: Stage) -> list[Cloud]:
        """The clouds of a stage, in modality order."""
        return [cloud for cloud in self.clouds if cloud.stage == stage]


def feature_spaces(
    insides: Sequence[Inside], modalities: Sequence[str], method: Projection, dims: int, aligned: bool
) -> tuple[FeatureSpace, ...]:
    """Put some modalities of one or more forward passes of the same network into one picture each, all by one embedding.

    With `aligned`, a similarity transform first brings `Z̄` as a whole towards `Z`, for each modality the same in all
    passes: between the two lies a general linear map, which moves all utterances without changing their neighbours.
    UMAP and t-SNE take evenly spaced utterances where there would be more than `MOST_POINTS` points.
    """
    rows = drawn_rows(len(insides[0].observed), 2 * len(modalities) * len(insides), method)
    passes = [pass_clouds(inside, modalities, rows) for inside in insides]
    transforms = {name: fit_similarity(passes, name) for name in modalities}
    if aligned:
        passes = [[align_cloud(cloud, transforms) for cloud in each] for each in passes]
    flat = [cloud for each in passes for cloud in each]
    shared = embed_points(np.concatenate([c.points for c in flat if c.stage != "fused"]), method, dims)
    fused = embed_points(np.concatenate([c.points for c in flat if c.stage == "fused"]), method, dims)
    rest = {True: fused.coordinates, False: shared.coordinates}
    made = []
    for each in passes:
        placed = []
        for cloud in each:
            kind, n = cloud.stage == "fused", len(cloud.points)
            placed.append(replace(cloud, at=rest[kind][:n]))
            rest[kind] = rest[kind][n:]
        made.append(
            FeatureSpace(
                tuple(placed), shared, fused, float(np.mean([transform.explained for transform in transforms.values()]))
            )
        )
    return tuple(made)


def drawn_rows(utterances: int, clouds: int, method: Projection) -> Ints:
    """Numbers of the utterances that are drawn, evenly spaced where not all are."""
    most = utterances if method == "PCA" else max(MOST_POINTS // clouds, 2)
    return np.unique(np.linspace(0, utterances - 1, min(utterances, most)).astype(np.int64))


def pass_clouds(inside: Inside, modalities: Sequence[str], rows: Ints) -> list[Cloud]:
    """The clouds of a forward pass, not yet drawn anywhere; no prototypes where the network has none."""

    def cloud(stage: Stage, name: str, points: Floats, numbers: Ints) -> Cloud:
        return Cloud(stage, name, numbers, points[numbers], points[numbers])

    clouds = []
    for name in modalities:
        if name in inside.prototypes:
            own = inside.prototypes[name]
            clouds.append(cloud("prototypes", name, own, np.arange(len(own))))
        clouds.append(cloud("encoded", name, inside.encoded[name], rows))
        clouds.append(cloud("propagated", name, inside.propagated[name], rows))
    return [*clouds, cloud("fused", "", inside.fused_features, rows)]


@dataclass(frozen=True)
class SimilarityTransform:
    """The rotation, translation and scaling that brings `Z̄` nearest to `Z` over all utterances (Procrustes)."""

    rotation: Floats  # [d, d], orthogonal
    scale: float
    source: Floats  # [d], mean of Z̄
    target: Floats  # [d], mean of Z
    explained: float  # share of the squared displacement it removes

    def __call__(self, points: Floats) -> Floats:
        """Bring points `[N, d]` of the space of `Z̄` into that of `Z`."""
        brought: Floats = (self.scale * (points - self.source) @ self.rotation + self.target).astype(np.float32)
        return brought


def fit_similarity(passes: Sequence[Sequence[Cloud]], modality: str) -> SimilarityTransform:
    """The transform that undoes what the displacements from `Z` to `Z̄` of a modality's utterances of all passes share."""
    flat = [cloud for each in passes for cloud in each if cloud.modality == modality]
    before = np.concatenate([c.points for c in flat if c.stage == "encoded"]).astype(np.float64)
    after = np.concatenate([c.points for c in flat if c.stage == "propagated"]).astype(np.float64)
    source, target = after.mean(0), before.mean(0)
    left, size, right = np.linalg.svd((after - source).T @ (before - target))
    spread = ((after - source) ** 2).sum()
    transform = SimilarityTransform(left @ right, float(size.sum() / spread) if spread else 0.0, source, target, 0.0)
    whole = ((after - before) ** 2).sum()
    rest = ((transform(after.astype(np.float32)) - before) ** 2).sum()
    return replace(transform, explained=float(1 - rest / whole) if whole else 1.0)


def align_cloud(cloud: Cloud, transforms: dict[str, SimilarityTransform]) -> Cloud:
    """The same cloud, brought to `Z` where it is `Z̄`."""
    return replace(cloud, points=transforms[cloud.modality](cloud.points)) if cloud.stage == "propagated" else cloud


@dataclass(frozen=True)
class NeighbourAgreement:
    """How often neighbours have the same label, in all dimensions and not only in a picture."""

    share: float  # of an utterance's nearest that have its label, mean over utterances, 0 to 1
    chance: float  # the same for neighbours at random


def neighbour_agreement(points: Floats, truth: Ints, neighbours: int = 5) -> NeighbourAgreement | None:
    """How many of the 5 nearest labelled utterances share an utterance's label, by Euclidean distance.

    Of utterances that are equally near, as the missing ones of a modality are to one another, each counts for a part of the
    places left, so that their order means nothing. `points [N, d]`; `truth [N]` as `true_decisions` gives it, -1 unknown.
    None with fewer than three labels or one kind.
    """
    known = truth >= 0
    points, truth = points[known].astype(np.float64), truth[known]
    if len(truth) < 3 or len(set(truth.tolist())) < 2:
        return None
    squares = (points**2).sum(1)
    distances = squares[:, None] + squares - 2 * points @ points.T
    np.fill_diagonal(distances, np.inf)
    counts = np.bincount(truth)[truth]
    weights = nearest_weights(distances, min(neighbours, len(truth) - 1), ROUNDING * float(squares.max()))
    return NeighbourAgreement(
        float((weights * (truth == truth[:, None])).sum(1).mean()), float(((counts - 1) / (len(truth) - 1)).mean())
    )


def nearest_weights(distances: NDArray[np.float64], neighbours: int, equal: float) -> NDArray[np.float64]:
    """The part that each point has in the nearest `neighbours` of every point, `[N, N]` with rows that add up to 1.

    Points that are equally near, to within `equal`, share the places that nearer ones leave.
    """
    last = np.partition(distances, neighbours - 1, axis=1)[:, neighbours - 1, None]
    nearer, level = distances < last - equal, np.abs(distances - last) <= equal
    shared = (neighbours - nearer.sum(1, keepdims=True)) / level.sum(1, keepdims=True)
    weights: NDArray[np.float64] = (nearer + level * shared) / neighbours
    return weights


def agreement_by_stage(inside: Inside, modalities: Sequence[str], truth: Ints) -> dict[Stage, NeighbourAgreement]:
    """How well neighbours agree before and after propagation, mean over the modalities, and fused. Empty where unknown."""
    points: dict[Stage, list[Floats]] = {
        "encoded": [inside.encoded[name] for name in modalities],
        "propagated": [inside.propagated[name] for name in modalities],
        "fused": [inside.fused_features],
    }
    by_stage: dict[Stage, NeighbourAgreement] = {}
    for stage, each in points.items():
        measured = [one for one in (neighbour_agreement(x, truth) for x in each) if one]
        if measured:
            by_stage[stage] = NeighbourAgreement(float(np.mean([one.share for one in measured])), measured[0].chance)
    return by_stage
