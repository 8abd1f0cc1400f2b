"""The numbers of the coordinator's charts as tables."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from comp_viz.analysis.coordinator.groups import Availability, emotion_labels
from comp_viz.analysis.coordinator.reweighting import Weighting
from comp_viz.analysis.coordinator.trust import Trust, head_correctness
from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Floats


def weights_table(prediction: Prediction, labels: Floats) -> pd.DataFrame:
    """One row an utterance and modality: weight, availability, emotion, and whether the modality's head is right."""
    S, M = prediction.coordinator.shape
    right, judged = head_correctness(prediction, labels)
    outcome = np.where(judged[:, None], np.where(right, "right", "wrong"), "not judged")
    return pd.DataFrame(
        {
            "utterance": np.repeat(np.arange(1, S + 1), M),
            "modality": np.tile(prediction.modalities, S),
            "weight": prediction.coordinator.ravel(),
            "observed": prediction.observed.ravel(),
            "emotion": np.repeat(emotion_labels(prediction.task, labels), M),
            "own head": outcome.ravel(),
        }
    )


def availability_table(here: Availability, fixed: Availability) -> pd.DataFrame:
    """One row a set of observed modalities and modality; `fixed` is the whole conversation left with that set."""
    modalities = max(fixed, key=len)
    return pd.DataFrame(
        [
            {
                "of": of, "observed": " + ".join(some) or "nothing", "utterances": len(each.members), "modality": name,
                "mean weight": each.mean[u], "10 %": each.low[u], "90 %": each.high[u],
            }
            for of, groups in (("utterances as observed", here), ("all utterances with only these", fixed))
            for some, each in groups.items()
            for u, name in enumerate(modalities)
        ]
    )  # fmt: skip


def trust_table(trust: Mapping[str, Trust]) -> pd.DataFrame:
    """One row a modality: mean weight where its head is right and wrong, and the AUC of the weight."""
    rows = [
        {
            "modality": name, "right": len(each.right), "wrong": len(each.wrong), "mean weight, right": each.mean_right,
            "mean weight, wrong": each.mean_wrong, "AUC": each.auc,
            "AUC, 95 % from": each.interval and each.interval[0], "AUC, 95 % to": each.interval and each.interval[1],
        }
        for name, each in trust.items()
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"mean weight, right": float, "mean weight, wrong": float, "AUC": float})


def weightings_table(weightings: Mapping[str, Weighting], labels: Floats) -> pd.DataFrame:
    """One row a weighting and utterance: weights given, prediction, decision, and whether it is right."""
    trained = next(iter(weightings.values()))
    task, tables = trained.prediction.task, []
    followed = "P(decision as trained)" if task.classes else f"fused {task.name}"
    for name, each in weightings.items():
        decisions = each.prediction.decisions()
        table = pd.DataFrame({"weights": name, "utterance": np.arange(1, len(labels) + 1), followed: each.followed})
        for u, modality in enumerate(each.prediction.modalities):
            table[f"{modality} weight"] = each.prediction.coordinator[:, u]
        table["decision"] = np.array(task.decisions)[decisions]
        table["differs"], table["judged"], table["right"], table["label"] = (
            each.differs,
            each.judged,
            each.right,
            labels,
        )
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def accuracy_table(weightings: Mapping[str, Weighting]) -> pd.DataFrame:
    """One row a weighting: accuracy with its interval, decisions that differ, mean error."""
    rows = [
        {
            "weights": name, "judged": int(each.judged.sum()), "accuracy": each.accuracy,
            "95 % from": each.interval and each.interval[0], "95 % to": each.interval and each.interval[1],
            "decisions that differ": int(each.differs.sum()), "mean error": each.error,
        }
        for name, each in weightings.items()
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"accuracy": float, "95 % from": float, "95 % to": float, "mean error": float})
