"""The linear reference: regression on single utterances, zeros for what is missing, trained on masked data.

It sees no context and no interplay of features, so a network of conversations has to beat it to be worth its weights.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from comp_viz.data.batch import Standardiser
from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import MetricsByPredictor
from comp_viz.evaluation.metrics import metrics

PATTERN_SAMPLES = (
    5  # of the training pattern, one after the other, so that an utterance is seen under several of its faces
)
MOST_ROWS = 50_000  # rows to learn from; with more utterances there are fewer samples
INVERSE_STRENGTHS = (
    1e-4,
    3e-4,
    1e-3,
    3e-3,
    1e-2,
)  # C of the logistic regression; on Hazumi and CMU-MOSI the best lies within
RIDGES = (1e2, 1e3, 1e4, 1e5)  # α of the ridge regression

Predictor = Callable[[Floats], NDArray[np.floating]]  # rows [N, D] -> predictions [N, C]


@dataclass(frozen=True)
class UtteranceFeatures:
    """Utterances with their standardised features, zeros where the recording lacks them."""

    features: dict[str, Floats]  # modality -> [N, D_u]
    utterances: Utterances

    @classmethod
    def of(cls, conversations: Sequence[Conversation], standardise: Standardiser) -> "UtteranceFeatures":
        """Gather them from conversations."""
        parts = [
            {name: standardise(name, x) * c.observed[:, u, None] for u, (name, x) in enumerate(c.features.items())}
            for c in conversations
        ]
        gathered = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return cls(gathered, Utterances.of(conversations))

    def under(self, shown: Bools, modality: str | None = None) -> Floats:
        """Features side by side `[N, D]`, zeros where a pattern `[N, M]` takes them; of all modalities or of one."""
        chosen = enumerate(self.features.items())
        return np.concatenate([x * shown[:, u, None] for u, (name, x) in chosen if modality in (None, name)], axis=1)


@dataclass(frozen=True)
class LinearReference:
    """Fitted regressions: `fused` on all modalities side by side, and one for each modality by itself."""

    task: Task
    standardise: Standardiser
    decide: dict[str, Predictor]  # what ACC, UA and F1 are of: classes, or signs as -1 and 1
    score: dict[str, Predictor]  # what MAE and CORR are of; empty for classes

    def evaluator(self, conversations: Sequence[Conversation]) -> Callable[[Bools], MetricsByPredictor]:
        """Metrics on some conversations from what a missing pattern left of their entries, `[N, M]`."""
        rows = UtteranceFeatures.of(conversations, self.standardise)
        return lambda shown: {name: self.metrics(rows, shown, name) for name in self.decide}

    def metrics(self, rows: UtteranceFeatures, shown: Bools, predictor: str) -> dict[str, float]:
        """Metrics of one predictor: those of decisions by logistic regression, MAE and CORR by ridge regression."""
        x, labels = rows.under(shown, column(predictor)), rows.utterances.labels
        values = metrics(self.task, self.decide[predictor](x), labels)
        if self.score:
            scored = metrics(self.task, self.score[predictor](x), labels)
            values |= {name: scored[name] for name in ("MAE", "CORR")}
        return values


def fit_linear(
    task: Task,
    training: Sequence[Conversation],
    selection: Sequence[Conversation],
    missing: str,
    patterns: Sequence[str],
    seed: int,
) -> LinearReference:
    """Fit on training conversations masked by the pattern `missing`; strengths are chosen on the selection conversations.

    The choice is by ACC, for scores of the ridge regression by MAE, over the patterns `patterns` together. Raises
    `CompVizError` when the training labels are all of one kind.
    """
    standardise = Standardiser.fit(training)
    learned, chosen_on = UtteranceFeatures.of(training, standardise), UtteranceFeatures.of(selection, standardise)
    rng = np.random.default_rng([seed, 3])
    samples = max(1, min(PATTERN_SAMPLES, MOST_ROWS // len(learned.utterances)))
    shown = list(sample_observed(learned, task, [missing] * samples, rng))
    chosen_shown = list(sample_observed(chosen_on, task, patterns, rng))
    labels, truth = np.tile(learned.utterances.labels, samples), np.tile(chosen_on.utterances.labels, len(chosen_shown))
    targets = labels if task.classes else labels - np.float32(task.neutral)
    counted = ~np.isnan(targets) & (bool(task.classes) | (targets != 0))
    kinds = targets[counted].astype(int) if task.classes else targets[counted] > 0
    if len(np.unique(kinds)) < 2:
        raise CompVizError("The linear reference needs labelled training utterances of at least two kinds.")
    decide: dict[str, Predictor] = {}
    score: dict[str, Predictor] = {}
    for predictor in ("fused", *learned.features):
        x = np.concatenate([learned.under(one, column(predictor)) for one in shown])
        other = np.concatenate([chosen_on.under(one, column(predictor)) for one in chosen_shown])
        models = (LogisticRegression(C=C, max_iter=300) for C in INVERSE_STRENGTHS)
        fitted = [decision_predictor(task, model.fit(x[counted], kinds)) for model in models]
        decide[predictor] = max(fitted, key=lambda one: metrics(task, one(other), truth)["ACC"])
        if not task.classes:
            known = ~np.isnan(targets)
            ridges = [score_predictor(Ridge(alpha).fit(x[known], targets[known])) for alpha in RIDGES]
            score[predictor] = min(ridges, key=lambda one: metrics(task, one(other), truth)["MAE"])
    return LinearReference(task, standardise, decide, score)


def column(predictor: str) -> str | None:
    """The modality a predictor reads, None for all of them."""
    return None if predictor == "fused" else predictor


def sample_observed(
    rows: UtteranceFeatures, task: Task, patterns: Sequence[str], rng: np.random.Generator
) -> Iterator[Bools]:
    """What some patterns leave of the entries, `[N, M]` each."""
    return (Pattern.parse(text)(rows.utterances, task, rng) for text in patterns)


def decision_predictor(task: Task, model: LogisticRegression) -> Predictor:
    """Decisions of a fitted classifier as predictions: one for the class it says and zeros, or a sign."""
    if task.classes:
        return lambda x: np.eye(len(task.classes), dtype=np.float32)[model.predict(x)]
    return lambda x: np.where(model.predict(x), np.float32(1), np.float32(-1))[:, None]


def score_predictor(model: Ridge) -> Predictor:
    """Scores of a fitted regression, relative to neutral."""
    return lambda x: model.predict(x)[:, None]
