"""Contributions of modalities over a whole split: to predictions, and to the accuracy itself."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from comp_viz.analysis.prediction import FUSED, true_decisions
from comp_viz.analysis.why.coalitions import Coalitions
from comp_viz.analysis.why.contribution import Contribution, contribution, joined_contributions, relation_shares
from comp_viz.analysis.why.shapley import shapley
from comp_viz.analysis.why.weight_agreement import weight_agreement
from comp_viz.data.conversation import Floats


def contributions_over(in_coalitions: Sequence[Coalitions], predictor: str = FUSED) -> Contribution:
    """Contributions to one predictor, of all conversations one after the other."""
    return joined_contributions([contribution(one, predictor) for one in in_coalitions])


def accuracies(in_coalitions: Sequence[Coalitions], labels: Sequence[Floats], predictor: str = FUSED) -> np.ndarray:
    """Accuracy in every coalition, `[2^M]`, over utterances with a label that counts; NaN where there is none."""
    right, counted = np.zeros(len(in_coalitions[0].coordinator)), 0
    for one, label in zip(in_coalitions, labels, strict=True):
        truth = true_decisions(one.task, label)
        values = one.predictions[predictor]
        decisions = values.argmax(-1) if one.task.classes else (values[..., 0] > one.task.neutral).astype(int)
        right += ((decisions == truth) & (truth >= 0)).sum(1)
        counted += int((truth >= 0).sum())
    return right / counted if counted else np.full(len(right), np.nan)


def split_table(in_coalitions: Sequence[Coalitions], labels: Sequence[Floats]) -> pd.DataFrame:
    """One row for every predictor and modality: what it contributes to predictions and to accuracy, and its weight.

    Columns: predictor, modality, mean (|Shapley value|), share (of all), towards (the decision, mean), accuracy (Shapley
    value of accuracy, which sums to accuracy as observed minus that of nothing), weight (mean), correlation (of weight and
    share), dominates (share of utterances), utterances.
    """
    rows = []
    for predictor in in_coalitions[0].predictors:
        one = contributions_over(in_coalitions, predictor)
        size, relations = np.abs(one.values).mean(1), relation_shares(one)
        accuracy = shapley(accuracies(in_coalitions, labels, predictor))
        agreement = weight_agreement(one) if one.weighted else None
        for u, name in enumerate(one.modalities):
            rows.append(
                {
                    "predictor": predictor,
                    "modality": name,
                    "mean": float(size[u]),
                    "share": float(size[u] / size.sum()) if size.sum() else float("nan"),
                    "towards": float(one.toward[u].mean()),
                    "accuracy": float(accuracy[u]),
                    "weight": float(one.weights[:, u].mean()) if one.weighted else float("nan"),
                    "correlation": agreement.correlations[u] if agreement else float("nan"),
                    "dominates": relations[f"dominance of {name}"],
                    "utterances": len(one.ways),
                }
            )
    return pd.DataFrame(rows)
