"""The linear probe: the accuracy of a linear model of single utterances, from each modality alone and from all.

A reference: logistic regression on standardised features, zeros for what is missing, no context. What a model
of conversations reaches beyond it comes from context, from prompts, or from what is not linear.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from comp_viz.data.batch import Standardiser
from comp_viz.data.conversation import Conversation, Task
from comp_viz.data.dataset import DataSet, Utterances, pick_conversations
from comp_viz.errors import CompVizError

MOST_PROBED = 20_000  # utterances to learn from, and to evaluate on; larger splits are sampled by conversation
REGULARISATION = (
    1e-3  # C of the regression; on Hazumi and CMU-MOSI the best of 0.001, 0.003 and 0.01, to within a point
)
FROM_ALL = "all modalities"

Floats64 = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class LinearProbe:
    """Accuracy of the linear probe: of the sign for scores (exact neutral left out), of the class for classes."""

    accuracy: dict[str, float]  # modality, and ALL, -> share from 0 to 1
    majority: float  # share of the most frequent label among those evaluated
    training: int  # utterances
    evaluated: int  # utterances
    split: str  # as text, what it was evaluated on


def fit_linear_probe(data: DataSet, seed: int = 0) -> LinearProbe:
    """Learn on the training split and evaluate on the test split; without splits, on a seeded half of the conversations.

    Raises `CompVizError` when labels do not allow it.
    """
    training, test, split = training_and_test(data, seed)
    standardise = Standardiser.fit(training)
    x, y = probe_features(data.task, training, standardise)
    other, truth = probe_features(data.task, test, standardise)
    if len(np.unique(y)) < 2 or not len(truth):
        raise CompVizError(
            "A linear probe needs labelled utterances of at least two kinds in training, and some to evaluate on."
        )
    widths = data.widths
    ends = np.cumsum([0, *widths.values()])
    columns = {name: slice(ends[u], ends[u + 1]) for u, name in enumerate(widths)} | {FROM_ALL: slice(None)}
    accuracy = {}
    for name, part in columns.items():
        model = LogisticRegression(C=REGULARISATION, max_iter=300).fit(x[:, part], y)
        accuracy[name] = float(model.score(other[:, part], truth))
    majority = np.unique(truth, return_counts=True)[1].max() / len(truth)
    return LinearProbe(accuracy, float(majority), len(y), len(truth), split)


def training_and_test(data: DataSet, seed: int) -> tuple[Sequence[Conversation], Sequence[Conversation], str]:
    """Conversations to learn from and to evaluate on, at most `MOST_PROBED` utterances each, and the second as text."""
    rng, there = np.random.default_rng(seed), data.utterances.splits
    if "train" in there and "test" in there:
        return (
            sampled_conversations(data.split("train"), rng),
            sampled_conversations(data.split("test"), rng),
            "test split",
        )
    if len(there) < 2:
        raise CompVizError("A linear probe needs at least two conversations.")
    order = rng.permutation(len(there))
    first, second = (np.sort(half).tolist() for half in np.array_split(order, 2))
    return (
        sampled_conversations(pick_conversations(data.conversations, first), rng),
        sampled_conversations(pick_conversations(data.conversations, second), rng),
        "half of the conversations, trained on the other half",
    )


def sampled_conversations(conversations: Sequence[Conversation], rng: np.random.Generator) -> Sequence[Conversation]:
    """All of them, or as many at random as have about `MOST_PROBED` utterances together."""
    lengths = Utterances.of(conversations).lengths
    if lengths.sum() <= MOST_PROBED:
        return conversations
    order = rng.permutation(len(lengths))
    enough = int(np.searchsorted(np.cumsum(lengths[order]), MOST_PROBED)) + 1
    return pick_conversations(conversations, np.sort(order[:enough]).tolist())


def probe_features(
    task: Task, conversations: Sequence[Conversation], standardise: Standardiser
) -> tuple[Floats64, Integers]:
    """Features `[N, sum of D_u]`, zeros where missing, and the targets `[N]`: class numbers, or 1 for above neutral."""
    rows, targets = [], []
    for c in conversations:
        known = ~np.isnan(c.labels)
        if not task.classes:
            known &= c.labels != task.neutral
        parts = [standardise(name, x) * c.observed[:, u, None] for u, (name, x) in enumerate(c.features.items())]
        rows.append(np.concatenate(parts, axis=1)[known])
        targets.append(c.labels[known] if task.classes else c.labels[known] > task.neutral)
    return np.concatenate(rows).astype(np.float64), np.concatenate(targets).astype(np.int64)
