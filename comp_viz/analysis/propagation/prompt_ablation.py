"""What each modality's output owes to its own features and to every prompt it receives, by removing each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.analysis.inside import to_array
from comp_viz.analysis.prediction import Prediction, read_output, run_model
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.network.intervention import AS_TRAINED, Intervention

ABLATION_MEASURES = (
    "features",
    "heads",
    "fused",
)  # on the receiver's features, on its own head, on the fused prediction
ALL_UTTERANCES, RECEIVER_OBSERVED, RECEIVER_MISSING = "all utterances", "receiver observed", "receiver missing"
UTTERANCE_SETS = (ALL_UTTERANCES, RECEIVER_OBSERVED, RECEIVER_MISSING)


@dataclass(frozen=True)
class PromptAblation:
    """Changes at every utterance when receiver `u` has to do without source `v`: `[u, v]`, own features where `u = v`.

    Predictions change in label units; for classes, by the probability that moves to other classes, 0 to 1.
    """

    task: Task
    observed: Bools  # [S, M], the missing pattern it was measured under
    modalities: tuple[str, ...]
    features: Floats  # [M, M, S], ‖Z̄ - Z̄'‖ / ‖Z̄‖ of the receiver
    cosine: Floats  # [M, M, S], between Z̄ and Z̄'
    heads: Floats  # [M, M, S], of the receiver's own head
    fused: Floats  # [M, M, S]
    flipped: Bools  # [M, M, S], the fused decision is another one

    def mean(self, values: NDArray[Any], where: str = ALL_UTTERANCES) -> Floats:
        """Mean `[M, M]` of `[M, M, S]` values over the chosen utterances, one of `UTTERANCE_SETS`; NaN where there are none."""
        S, M = self.observed.shape
        counted = {
            ALL_UTTERANCES: np.ones((M, S)),
            RECEIVER_OBSERVED: self.observed.T,
            RECEIVER_MISSING: ~self.observed.T,
        }[where]
        number = counted.sum(1)[:, None]
        total = (values * counted[:, None]).sum(-1)
        means: Floats = np.where(number > 0, total / np.maximum(number, 1), np.nan).astype(np.float32)
        return means

    def changes(self, measure: str) -> Floats:
        """`[M, M, S]`, one of `ABLATION_MEASURES`."""
        return {"features": self.features, "heads": self.heads, "fused": self.fused}[measure]


def ablate_prompts(checkpoint: Checkpoint, conversation: Conversation, observed: Bools) -> PromptAblation | None:
    """Run the model once as trained and once for each pair of receiver and source; None for a network without prompts.

    A removed prompt is zeros in every block, removed own features are zeros where they enter the first (eq. 3).
    """
    if not checkpoint.prompting:
        return None
    task, names = checkpoint.card.task, checkpoint.config.modalities
    features, before = propagated_features(checkpoint, conversation, observed, AS_TRAINED)
    M, S = len(names), len(conversation)
    changes = {name: np.zeros((M, M, S), np.float32) for name in ("features", "cosine", "heads", "fused")}
    flipped = np.zeros((M, M, S), dtype=bool)
    for u, receiver in enumerate(names):
        for v, sender in enumerate(names):
            without = Intervention(without=frozenset({(receiver, sender)}))
            removed, after = propagated_features(checkpoint, conversation, observed, without)
            changes["features"][u, v], changes["cosine"][u, v] = feature_change(features[receiver], removed[receiver])
            changes["heads"][u, v] = prediction_change(task, before.heads[receiver], after.heads[receiver])
            changes["fused"][u, v] = prediction_change(task, before.fused, after.fused)
            flipped[u, v] = before.decisions() != after.decisions()
    return PromptAblation(task, before.observed, names, flipped=flipped, **changes)


def propagated_features(
    checkpoint: Checkpoint, conversation: Conversation, observed: Bools, changed: Intervention
) -> tuple[dict[str, Floats], Prediction]:
    """`Z̄^u [S, d]` of every modality, and the prediction."""
    out = run_model(checkpoint, conversation, observed, changed, trace=True)
    assert out.trace
    prediction = read_output(checkpoint, observed & conversation.observed, out)
    return {u: to_array(z) for u, z in out.trace.propagated.items()}, prediction


def feature_change(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """Length of the change as a share of the length before, and the cosine, row by row of `[S, d]`; 0 for zeros."""
    length = np.linalg.norm(before, axis=1)
    both = length * np.linalg.norm(after, axis=1)
    tiny = np.finfo(np.float32).tiny
    change = np.linalg.norm(after - before, axis=1) / np.maximum(length, tiny)
    return change, (before * after).sum(1) / np.maximum(both, tiny)


def prediction_change(task: Task, before: Floats, after: Floats) -> Floats:
    """How far predictions `[S, C]` change, `[S]`: label units, or the probability that went to other classes."""
    change: Floats = np.abs(after - before).sum(1) / (2 if task.classes else 1)
    return change
