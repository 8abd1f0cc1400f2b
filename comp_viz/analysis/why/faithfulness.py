"""Whether an explanation is faithful: deletion and insertion in its order against random orders."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from comp_viz.analysis.prediction import FUSED, in_units
from comp_viz.analysis.why.attribution import Attribution
from comp_viz.analysis.why.coalitions import Coalitions
from comp_viz.analysis.why.contribution import contribution
from comp_viz.analysis.why.masking import FORWARD_UTTERANCES, Masked
from comp_viz.analysis.why.target import decided, explained_number
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Bools, Conversation, Floats

POINTS = 11  # of a curve, denser where little is taken away
RANDOM = 8  # random orders
SAME = 1e-6  # areas no further apart differ by rounding

PlayerValue = Callable[[Bools], Floats]  # which players are kept `[K, P]` -> the explained number `[K]`


@dataclass(frozen=True)
class Curves:
    """The explained number while players are taken away (deletion) or come back (insertion), most supporting first."""

    share: NDArray[np.float64]  # [points], of players taken away or brought back, 0 to 1
    deletion: Floats  # [points]
    insertion: Floats  # [points]
    random_deletion: Floats  # [orders, points]
    random_insertion: Floats  # [orders, points]
    way: int  # +1 or -1: which way the number speaks for the decision

    def gains(self) -> tuple[float, float]:
        """Area by which deletion runs below random orders and insertion above, towards the decision, in units of the number.

        Above 0 is better than random; the largest there could be is the change from everything to nothing.
        """
        random_down, random_up = self.area(self.random_deletion).mean(), self.area(self.random_insertion).mean()
        down, up = random_down - self.area(self.deletion), self.area(self.insertion) - random_up
        return float(self.way * down), float(self.way * up)

    def ahead(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The same for every random order by itself, `[orders]` each, without those with the same area.

        Of few players many random orders are the explanation's own, and are no evidence for or against it.
        """
        down = self.way * (self.area(self.random_deletion) - self.area(self.deletion))
        up = self.way * (self.area(self.insertion) - self.area(self.random_insertion))
        return down[np.abs(down) > SAME], up[np.abs(up) > SAME]

    def area(self, curve: Floats) -> NDArray[np.float64]:
        """Area under curves `[…, points]` over the share."""
        area: NDArray[np.float64] = np.trapezoid(curve.astype(np.float64), self.share, axis=-1)
        return area


def deletion_insertion(value: PlayerValue, support: NDArray[np.floating], way: int, seed: int = 0) -> Curves:
    """Take away and bring back `P` players in the order of their `support [P]` for the decision, and in random orders."""
    P = len(support)
    counts = np.unique(np.round(P * np.linspace(0, 1, POINTS) ** 2).astype(int))
    rng = np.random.default_rng(seed)
    best = np.argsort(-support, kind="stable")
    orders = np.stack([best, *(rng.permutation(P) for _ in range(RANDOM))])
    rank = orders.argsort(1)  # when each player's turn is
    removed = rank[:, None] < counts[:, None]  # (orders, points, P)
    down, up = value(np.stack([~removed, removed]).reshape(2 * len(orders) * len(counts), P)).reshape(
        2, *removed.shape[:2]
    )
    return Curves(counts / max(P, 1), down[0], up[0], down[1:], up[1:], way)


def of_cells(masked: Masked, target: int, column: int) -> tuple[PlayerValue, Bools]:
    """The explained number by which observed cells are kept; and where those cells are, `[S, M]`."""
    columns = np.full(len(masked.observed), column)

    def value(kept: Bools) -> Floats:
        shown = np.zeros((len(kept), *masked.observed.shape), dtype=bool)
        shown[:, masked.observed] = kept
        return explained_number(masked.fused(shown), columns)[:, target]

    return value, masked.observed


def of_utterances(masked: Masked, target: int, column: int) -> tuple[PlayerValue, np.ndarray]:
    """The explained number by which other utterances are kept; and which those are, those with anything observed."""
    columns = np.full(len(masked.observed), column)
    others = np.flatnonzero(masked.observed.any(1) & (np.arange(len(masked.observed)) != target))

    def value(kept: Bools) -> Floats:
        shown = np.repeat(masked.observed[None], len(kept), axis=0)
        shown[:, others] &= kept[:, :, None]
        return explained_number(masked.fused(shown), columns)[:, target]

    return value, others


def of_features(
    checkpoint: Checkpoint, conversation: Conversation, observed: Bools, target: int, column: int
) -> tuple[PlayerValue, tuple[str, ...]]:
    """The explained number by which features of the target utterance keep their value, the others at their training mean.

    Also the modalities whose features are the players, one after the other: those that are observed.
    """
    model, shown = checkpoint.model, observed & conversation.observed
    batch = Batch.of([conversation], checkpoint.standardise).to(model.device)
    names = tuple(u for i, u in enumerate(checkpoint.config.modalities) if shown[target, i])
    ends = np.cumsum([0, *(conversation.features[u].shape[1] for u in names)])
    together = max(1, FORWARD_UTTERANCES // len(shown))

    @torch.inference_mode()
    def value(kept: Bools) -> Floats:
        numbers = []
        for part in torch.from_numpy(kept).split(together):
            K = len(part)
            features = {u: x.expand(K, -1, -1).clone() for u, x in batch.features.items()}
            for i, u in enumerate(names):
                features[u][:, target] *= part[:, ends[i] : ends[i + 1]].to(features[u])
            there = torch.from_numpy(shown).expand(K, -1, -1)
            out = model(features, there, batch.valid.expand(K, -1))
            numbers.append(in_units(checkpoint.card.task, out.fused[:, target])[:, column])
        return np.concatenate(numbers)

    return value, names


def cell_curves(masked: Masked, attribution: Attribution, way: int, seed: int = 0) -> Curves:
    """Curves of cells in the order an attribution gives them."""
    value, where = of_cells(masked, attribution.target, attribution.column)
    return deletion_insertion(value, way * attribution.cells[where], way, seed)


def feature_curves(
    checkpoint: Checkpoint,
    conversation: Conversation,
    observed: Bools,
    attribution: Attribution,
    way: int,
    seed: int = 0,
) -> Curves | None:
    """Curves of the target's own features; None where the method has none or nothing of the target is observed."""
    value, names = of_features(checkpoint, conversation, observed, attribution.target, attribution.column)
    if attribution.features is None or not names:
        return None
    support = np.concatenate([attribution.features[u][attribution.target] for u in names])
    return deletion_insertion(value, way * support, way, seed)


def utterance_curves(masked: Masked, support: Floats, target: int, column: int, way: int, seed: int = 0) -> Curves:
    """Curves of the other utterances in the order of their `support [S]` for the decision."""
    value, others = of_utterances(masked, target, column)
    return deletion_insertion(value, support[others], way, seed)


def modality_curves(in_coalitions: Coalitions, predictor: str = FUSED) -> Curves:
    """Curves of whole modalities in the order of their Shapley values, beside all `M!` fixed orders.

    The mean over the conversation of the explained number, a score counted from neutral towards the decision; no further
    pass is needed.
    """
    shapley = contribution(in_coalitions, predictor)
    predictions = in_coalitions.predictions[predictor]
    nothing = 0.0 if in_coalitions.task.classes else in_coalitions.task.neutral
    values = (
        explained_number(predictions, decided(in_coalitions.task, predictions[-1])) - nothing
    ) * shapley.ways  # (2^M, S)
    M, S = shapley.values.shape
    best = np.argsort(-shapley.toward, axis=0, kind="stable").T  # (S, M)
    fixed = [np.tile(order, (S, 1)) for order in permutations(range(M))]

    def walk(order: np.ndarray, removing: bool) -> Floats:
        bits = np.cumsum(np.concatenate([np.zeros((S, 1), int), 1 << order], axis=1), axis=1)  # (S, M + 1)
        numbers = (2**M - 1) - bits if removing else bits
        return np.asarray(values[numbers, np.arange(S)[:, None]].mean(0), np.float32)

    down, up = (np.stack([walk(order, removing) for order in (best, *fixed)]) for removing in (True, False))
    return Curves(np.arange(M + 1) / M, down[0], up[0], down[1:], up[1:], 1)


def curve_table(curves: Curves) -> pd.DataFrame:
    """One row for every point of every curve."""
    rows = [("deletion", "explanation", curves.deletion), ("insertion", "explanation", curves.insertion)]
    for name, random in (("deletion", curves.random_deletion), ("insertion", curves.random_insertion)):
        rows += [(name, f"random {i + 1}", curve) for i, curve in enumerate(random)]
    return pd.concat(
        [pd.DataFrame({"curve": c, "order": o, "share": curves.share, "prediction": y}) for c, o, y in rows],
        ignore_index=True,
    )
