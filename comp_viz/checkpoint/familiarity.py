"""How unlike what a checkpoint learned from an utterance's features are, for each modality."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from comp_viz.data.batch import Standardiser
from comp_viz.data.conversation import Bools, Floats
from comp_viz.errors import CompVizError

DIRECTIONS = 20  # principal directions of the training features that are told apart
PREFIX = "familiarity"  # of its tensors in a checkpoint's file


@dataclass(frozen=True)
class Surroundings:
    """Where the training features of one modality lie, standardised."""

    directions: Floats  # [K, D] principal directions, unit vectors
    spread: Floats  # [K] deviation along each
    rest: float  # mean square of what they leave
    quantiles: Floats  # [Q] distances of utterances that were held out from training, from the nearest to the farthest

    @classmethod
    def of(cls, training: Floats, held_out: Floats) -> Self:
        """Those of standardised features `[N, D]`; both without missing rows."""
        count = min(DIRECTIONS, *training.shape)
        values, vectors = np.linalg.eigh(np.cov(training, rowvar=False))
        order = np.argsort(values)[::-1][:count]
        directions = vectors[:, order].T.astype(np.float32)
        left = training - training @ directions.T @ directions
        spread = np.sqrt(np.maximum(values[order], 1e-6)).astype(np.float32)
        bare = cls(directions, spread, float(max(1e-6, np.square(left).sum(1).mean())), np.zeros(0, np.float32))
        quantiles = np.quantile(bare.distances(held_out), np.linspace(0, 1, 201)).astype(np.float32)
        return cls(bare.directions, bare.spread, bare.rest, quantiles)

    def distances(self, features: Floats) -> Floats:
        """Mahalanobis' along the directions and the length of what they leave, each about 1 on average, `[N]`."""
        along = features @ self.directions.T
        left = np.square(features - along @ self.directions).sum(1) / self.rest
        return np.asarray(np.sqrt((np.square(along / self.spread).mean(1) + left) / 2))

    def unlike(self, features: Floats) -> Floats:
        """Share of the held-out utterances that are nearer to the training features, `[N]`, 0 to 1."""
        shares = np.interp(self.distances(features), self.quantiles, np.linspace(0, 1, len(self.quantiles)))
        return shares.astype(np.float32)


Familiarity = Mapping[str, Surroundings]  # by modality


def unlike_training(
    familiarity: Familiarity, standardise: Standardiser, features: Mapping[str, Floats], observed: Bools
) -> Floats:
    """Share of held-out utterances that are nearer to what was learned from, `[S, M]`; NaN where nothing is observed."""
    shares = np.full(observed.shape, np.nan, np.float32)
    for u, (name, values) in enumerate(features.items()):
        there = observed[:, u]
        if name in familiarity and there.any():
            shares[there, u] = familiarity[name].unlike(standardise(name, values[there]))
    return shares


def familiarity_tensors(familiarity: Familiarity) -> dict[str, Tensor]:
    """As tensors of a checkpoint's file."""
    return {
        f"{PREFIX}.{name}.{what}": torch.as_tensor(getattr(one, what), dtype=torch.float32).reshape(shape)
        for name, one in familiarity.items()
        for what, shape in (
            ("directions", one.directions.shape),
            ("spread", (-1,)),
            ("rest", (1,)),
            ("quantiles", (-1,)),
        )
    }


def read_familiarity(tensors: Mapping[str, Tensor], widths: Mapping[str, int]) -> dict[str, Surroundings]:
    """From a checkpoint's tensors; empty where it has none. Raises `CompVizError` when they do not fit its features."""
    familiarity = {}
    for name, width in widths.items():
        parts = {what: tensors.get(f"{PREFIX}.{name}.{what}") for what in ("directions", "spread", "rest", "quantiles")}
        stored = {what: tensor.float().numpy() for what, tensor in parts.items() if tensor is not None}
        if not stored:
            continue
        fits = (
            len(stored) == len(parts)
            and stored["directions"].shape == (len(stored["spread"]), width)
            and stored["rest"].shape == (1,)
            and stored["quantiles"].ndim == 1
            and len(stored["quantiles"]) > 1
            and all(np.isfinite(x).all() for x in stored.values())
            and (stored["spread"] > 0).all()
            and (stored["rest"] > 0).all()
        )
        if not fits:
            raise CompVizError(
                f"The checkpoint's tensors '{PREFIX}.{name}.…' should tell where {width} features lie: directions, spread, rest and "
                "quantiles of finite numbers. The file is damaged or not ours."
            )
        familiarity[name] = Surroundings(
            stored["directions"], stored["spread"], float(stored["rest"][0]), stored["quantiles"]
        )
    return familiarity
