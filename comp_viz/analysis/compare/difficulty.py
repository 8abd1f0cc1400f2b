"""How hard utterances are, by a reference that is none of the compared.

How many of the compared are right would be a poorer measure: among the utterances that one of them gets wrong the others look
better, whatever they are. The reference is the linear probe, which reads single utterances as they were recorded.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from comp_viz.analysis.data.linear_probe import REGULARISATION, probe_features, sampled_conversations
from comp_viz.analysis.prediction import true_decisions
from comp_viz.data.batch import Standardiser
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.errors import CompVizError

LEVELS = ("easy", "medium", "hard")


def difficulty(data: DataSet, split: str, seed: int = 0) -> NDArray[np.str_]:
    """The level of every utterance of a split, `[N]`, in thirds of equally many; "" where no label counts.

    By the probability that logistic regression on the standardised features of the utterance alone, trained on the training
    split, gives to the truth. Raises `CompVizError` when the data do not allow it.
    """
    if "train" not in data.utterances.splits:
        raise CompVizError(
            "Difficulty is measured by a linear reference, and this data set has no train split to fit it on."
        )
    training = sampled_conversations(data.split("train"), np.random.default_rng(seed))
    standardise = Standardiser.fit(training)
    x, y = probe_features(data.task, training, standardise)
    if len(np.unique(y)) < 2:
        raise CompVizError(
            "Difficulty is measured by a linear reference, which needs training labels of at least two kinds."
        )
    judged = data.split(split)
    counted = true_decisions(data.task, Utterances.of(judged).labels) >= 0
    levels = np.full(len(counted), "", dtype="<U8")
    if not counted.any():
        return levels
    model = LogisticRegression(C=REGULARISATION, max_iter=300).fit(x, y)
    rows, truth = probe_features(data.task, judged, standardise)
    chance = {kind: column for column, kind in enumerate(model.classes_)}
    given = np.column_stack(
        [model.predict_proba(rows), np.zeros(len(rows))]
    )  # what training never showed has no chance
    probability = given[np.arange(len(rows)), [chance.get(kind, -1) for kind in truth]]
    order = np.argsort(-probability, kind="stable")
    thirds = np.empty(len(order), dtype=np.int64)
    thirds[order] = np.arange(len(order)) * len(LEVELS) // len(order)
    levels[counted] = np.array(LEVELS)[thirds]
    return levels


def known_difficulty(data: DataSet, split: str) -> NDArray[np.str_] | None:
    """As `difficulty`; None where the data do not allow it."""
    try:
        return difficulty(data, split)
    except CompVizError:
        return None
