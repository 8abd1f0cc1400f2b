"""Points of many dimensions drawn in two or three: PCA, t-SNE or UMAP, each with a measure of what the picture keeps."""

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from comp_viz.data.conversation import Floats

Projection = Literal["PCA", "UMAP", "t-SNE"]
PROJECTIONS: tuple[Projection, ...] = ("PCA", "UMAP", "t-SNE")
FEWEST_POINTS = 10  # different points that UMAP and t-SNE need to mean anything; fewer are drawn by PCA
MOST_POINTS = 800  # points UMAP and t-SNE place in the time a visitor waits
NEIGHBOURS, PERPLEXITY, EMBEDDING_SEED = 15, 30, 66


@dataclass(frozen=True)
class Embedding:
    """Where points are drawn, and how far the picture can be trusted.

    `kept` is for PCA the share of the variance that is drawn; else the trustworthiness, 1 where the nearest in the
    picture are also near in all dimensions, about 0.5 where they are near by chance. Equal points count once for it.
    """

    method: Projection  # the one used: PCA where there were too few points for another
    coordinates: Floats  # [N, 2 or 3]
    kept: float  # 0 to 1


def embed_points(points: Floats, method: Projection, dims: int) -> Embedding:
    """Draw `points [N, d]` in 2 or 3 dimensions. The same points always come out the same: by fixed seeds and one thread.

    Sums over several threads differ in their last digit, and t-SNE makes another picture of that.

    UMAP and t-SNE would draw equal points apart, as a cloud that is none: they are given one of each, and all are drawn there.
    """
    with threadpool_limits(1):
        return embed_on_one_thread(points, method, dims)


def embed_on_one_thread(points: Floats, method: Projection, dims: int) -> Embedding:
    """See `embed_points`."""
    if method == "PCA":
        return pca(points, dims)
    _, first, which = np.unique(points.round(5), axis=0, return_index=True, return_inverse=True)
    if len(first) < FEWEST_POINTS:
        return pca(points, dims)
    different = points[first]
    coordinates = by_umap(different, dims) if method == "UMAP" else by_tsne(different, dims)
    placed = coordinates.astype(np.float32)[which.reshape(-1)]
    return Embedding(method, placed, trustworthiness_of(different, coordinates))


def pca(points: Floats, dims: int) -> Embedding:
    """The directions of largest variance, each turned so that its largest loading is positive."""
    centred = points.astype(np.float64) - points.mean(0, dtype=np.float64)
    left, size, directions = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(directions).argmax(1)
    turned = left * size * np.sign(directions[np.arange(len(directions)), largest] + 1e-30)
    coordinates = np.zeros((len(points), dims), np.float32)
    there = min(dims, len(size))
    coordinates[:, :there] = turned[:, :there]
    whole = (size**2).sum()
    return Embedding("PCA", coordinates, float((size[:dims] ** 2).sum() / whole) if whole else 1.0)


def by_tsne(points: Floats, dims: int) -> Floats:
    """t-SNE from the first directions of PCA; neighbourhoods of at most a third of the points."""
    from sklearn.manifold import TSNE  # a second to import, and few visitors ask for it

    perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
    made: Floats = TSNE(
        dims, perplexity=perplexity, init="pca", random_state=EMBEDDING_SEED, max_iter=500
    ).fit_transform(points)
    return made


def by_umap(points: Floats, dims: int) -> Floats:
    """UMAP, its neighbours found here: its own search would have to be compiled, which takes longer than everything else."""
    neighbours = min(NEIGHBOURS, len(points) - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that given neighbours rule out placing new points later
        made: Floats = compiled_umap().UMAP(
            n_components=dims, n_neighbors=neighbours, random_state=EMBEDDING_SEED, n_jobs=1,
            precomputed_knn=nearest_neighbours(points, neighbours),
        ).fit_transform(points)  # fmt: skip
    return made


def nearest_neighbours(points: Floats, neighbours: int) -> tuple[np.ndarray, Floats, None]:
    """Numbers and distances of the nearest points, `[N, neighbours]` each, a point itself first; and no search index."""
    from sklearn.metrics import pairwise_distances

    distances = pairwise_distances(points.astype(np.float64)).astype(np.float32)
    np.fill_diagonal(distances, -1)  # ahead of its copies
    order = distances.argsort(1, kind="stable")[:, :neighbours]
    near = np.take_along_axis(distances, order, 1)
    return order.astype(np.int32), np.maximum(near, 0), None


def compiled_umap() -> Any:
    """The module umap. What it compiles on first use is kept on disk, so that only a machine's first time is slow."""
    import numba

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a part of it nobody asks for would need TensorFlow
        settings = vars(numba.config)
        settings["DISABLE_JIT"] = True  # the search for neighbours is not used, and would take 20 s to compile
        import pynndescent  # noqa: F401

        settings["DISABLE_JIT"] = False
        import umap
    from umap import layouts, umap_

    for function in (
        umap_.smooth_knn_dist, umap_.compute_membership_strengths, layouts._nb_optimize_layout_euclidean_single_epoch,
    ):  # fmt: skip
        if not function.signatures:
            function.targetoptions["parallel"] = False  # takes twice as long to compile, for 800 points at most
            try:
                function.enable_caching()
            except RuntimeError:  # no folder to write to: it is compiled anew in every process
                return umap
    return umap


def compile_to_disk() -> None:
    """Have everything that UMAP compiles kept on disk; for a process of its own."""
    by_umap(np.random.default_rng(EMBEDDING_SEED).standard_normal((2 * NEIGHBOURS, 4)).astype(np.float32), 2)


def compiled_on_disk() -> bool:
    """Whether the last of what UMAP compiles lies beside it; read without importing it, which takes seconds."""
    package = find_spec("umap")
    return bool(package and any(Path(str(package.origin)).parent.glob("__pycache__/layouts.*single_epoch*.nbi")))


def trustworthiness_of(points: Floats, coordinates: Floats) -> float:
    """Trustworthiness of a picture (Venna and Kaski 2001), over the 5 nearest of every point."""
    from sklearn.manifold import trustworthiness

    return float(trustworthiness(points, coordinates, n_neighbors=min(5, (len(points) - 1) // 2)))
