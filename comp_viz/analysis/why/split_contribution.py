"""Contributions of modalities over a whole split: to predictions, and to the accuracy itself."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from comp_viz.analysis.coordinator.agreement import weight_agreement
from comp_viz.analysis.prediction import true_decisions
from comp_viz.analysis.why.coalitions import FUSED, Coalitions
from comp_viz.analysis.why.contribution import Contribution, contribution, joined_contributions, relation_shares
from comp_viz.analysis.why.shapley import shapley
from comp_viz.analysis.why.target import explained_amount
from comp_viz.data.conversation import Floats


def contributions_over(found: Sequence[Coalitions], predictor: str = FUSED) -> Contribution:
    """Contributions to one predictor, of all conversations one after the other."""
    return joined_contributions([contribution(one, predictor) for one in found])


def accuracies(found: Sequence[Coalitions], labels: Sequence[Floats], predictor: str = FUSED) -> np.ndarray:
    """Accuracy in every coalition, `[2^M]`, over utterances with a label that counts; NaN where there is none."""
    right, counted = np.zeros(len(found[0].coordinator)), 0
    for one, label in zip(found, labels, strict=True):
        truth = true_decisions(one.task, label)
        values = one.predictions[predictor]
        decisions = values.argmax(-1) if one.task.classes else (values[..., 0] > one.task.neutral).astype(int)
        right += ((decisions == truth) & (truth >= 0)).sum(1)
        counted += int((truth >= 0).sum())
    return right / counted if counted else np.full(len(right), np.nan)


def split_table(found: Sequence[Coalitions], labels: Sequence[Floats]) -> pd.DataFrame:
    """One row for every predictor and modality: what it contributes to predictions and to accuracy, and its weight.

    Columns: predictor, modality, mean (|Shapley value|), share (of all), towards (the decision, mean), accuracy (Shapley
    value of accuracy, which sums to accuracy as observed less that of nothing), weight (mean), correlation (of weight and
    share), dominates (share of utterances), utterances.
    """
    rows = []
    for predictor in found[0].predictors:
        one = contributions_over(found, predictor)
        size, relations = np.abs(one.values).mean(1), relation_shares(one)
        accuracy = shapley(accuracies(found, labels, predictor))
        agreement = weight_agreement(one)
        for u, name in enumerate(one.modalities):
            rows.append(
                {
                    "predictor": predictor,
                    "modality": name,
                    "mean": float(size[u]),
                    "share": float(size[u] / size.sum()) if size.sum() else float("nan"),
                    "towards": float(one.toward[u].mean()),
                    "accuracy": float(accuracy[u]),
                    "weight": float(one.weights[:, u].mean()),
                    "correlation": agreement.correlations[u],
                    "dominates": relations[f"dominance of {name}"],
                    "utterances": len(one.ways),
                }
            )
    return pd.DataFrame(rows)


def describe_split(found: Sequence[Coalitions], labels: Sequence[Floats]) -> str:
    """Who carries predictions and accuracy over a split, in a sentence."""
    table = split_table(found, labels)
    fused = table[table["predictor"] == FUSED]
    top = fused.iloc[int(fused["mean"].to_numpy().argmax())]
    size = explained_amount(found[0].task, float(top["mean"]))
    said = f"{str(top['modality']).capitalize()} moves the fused prediction most, by {size} on average ({top['share']:.0%} of all)"
    if fused["accuracy"].isna().any():
        return said
    gains = ", ".join(f"{u} {100 * x:+z.1f}" for u, x in zip(fused["modality"], fused["accuracy"], strict=True))
    reached = accuracies(found, labels)
    return f"{said}; of ACC {100 * reached[-1]:.1f} % it owes {gains} %-points to them over {100 * reached[0]:.1f} % with nothing"
