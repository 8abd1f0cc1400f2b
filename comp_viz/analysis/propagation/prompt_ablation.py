"""What each modality's output owes to its own features and to every prompt it receives, by taking each away."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.analysis.inside import to_array
from comp_viz.analysis.prediction import Prediction, read_output, run_model
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.network.intervention import AS_TRAINED, Intervention

MEASURES = ("features", "heads", "fused")  # on the receiver's features, on its own head, on the fused prediction
EVERYWHERE, OBSERVED, MISSING = "all utterances", "receiver observed", "receiver missing"
WHERE = (EVERYWHERE, OBSERVED, MISSING)


@dataclass(frozen=True)
class Flow:
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

    def over(self, values: NDArray[Any], where: str = EVERYWHERE) -> Floats:
        """Mean `[M, M]` of `[M, M, S]` values over the utterances asked for, one of `WHERE`; NaN where there are none."""
        S, M = self.observed.shape
        counted = {EVERYWHERE: np.ones((M, S)), OBSERVED: self.observed.T, MISSING: ~self.observed.T}[where]
        number = counted.sum(1)[:, None]
        total = (values * counted[:, None]).sum(-1)
        mean: Floats = np.where(number > 0, total / np.maximum(number, 1), np.nan).astype(np.float32)
        return mean

    def of(self, measure: str) -> Floats:
        """`[M, M, S]`, one of `MEASURES`."""
        return {"features": self.features, "heads": self.heads, "fused": self.fused}[measure]


def flow(checkpoint: Checkpoint, conversation: Conversation, observed: Bools) -> Flow | None:
    """Run the model once as trained and once for each pair of receiver and source; None for a network without prompts.

    A prompt taken away is zeros in every block, own features are zeros where they enter the first (eq. 3).
    """
    if not checkpoint.config.prompting:
        return None
    task, names = checkpoint.card.task, checkpoint.config.modalities
    features, before = propagated(checkpoint, conversation, observed, AS_TRAINED)
    M, S = len(names), len(conversation)
    found = {name: np.zeros((M, M, S), np.float32) for name in ("features", "cosine", "heads", "fused")}
    flipped = np.zeros((M, M, S), dtype=bool)
    for u, receiver in enumerate(names):
        for v, sender in enumerate(names):
            without = Intervention(without=frozenset({(receiver, sender)}))
            changed, after = propagated(checkpoint, conversation, observed, without)
            found["features"][u, v], found["cosine"][u, v] = compare(features[receiver], changed[receiver])
            found["heads"][u, v] = moved(task, before.heads[receiver], after.heads[receiver])
            found["fused"][u, v] = moved(task, before.fused, after.fused)
            flipped[u, v] = before.decisions() != after.decisions()
    return Flow(task, before.observed, names, flipped=flipped, **found)


def propagated(
    checkpoint: Checkpoint, conversation: Conversation, observed: Bools, changed: Intervention
) -> tuple[dict[str, Floats], Prediction]:
    """`Z̄^u [S, d]` of every modality, and the prediction."""
    out = run_model(checkpoint, conversation, observed, changed, trace=True)
    assert out.trace
    prediction = read_output(checkpoint.card.task, observed & conversation.observed, out)
    return {u: to_array(z) for u, z in out.trace.propagated.items()}, prediction


def compare(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """Length of the change as a share of the length before, and the cosine, row by row of `[S, d]`; 0 for zeros."""
    length = np.linalg.norm(before, axis=1)
    both = length * np.linalg.norm(after, axis=1)
    tiny = np.finfo(np.float32).tiny
    change = np.linalg.norm(after - before, axis=1) / np.maximum(length, tiny)
    return change, (before * after).sum(1) / np.maximum(both, tiny)


def moved(task: Task, before: Floats, after: Floats) -> Floats:
    """How far predictions `[S, C]` moved, `[S]`: label units, or the probability that went to other classes."""
    change: Floats = np.abs(after - before).sum(1) / (2 if task.classes else 1)
    return change


def amount(task: Task, measure: str, value: float) -> str:
    """A change as text, with its unit."""
    if measure == "features" or task.classes:
        return f"{value:.0%}"
    return f"{value:.2f} points"


def describe(found: Flow, measure: str, where: str = EVERYWHERE) -> str:
    """Which prompt matters most, against the receiver's own features, in a sentence."""
    means = found.over(found.of(measure), where)
    prompts = np.where(np.eye(len(means), dtype=bool) | np.isnan(means), -1, means)
    u, v = np.unravel_index(prompts.argmax(), prompts.shape)
    if prompts[u, v] < 0:
        return f"Nothing to measure: there is no utterance of this kind ({where})"
    receiver, sender = found.modalities[u], found.modalities[v]
    what = {
        "features": f"{receiver}'s features",
        "heads": f"{receiver}'s own prediction",
        "fused": "the fused prediction",
    }
    of = {"features": " of their length"}.get(measure, " of the probability" if found.task.classes else "")
    without, own = (amount(found.task, measure, float(x)) for x in (means[u, v], means[u, u]))
    return (
        f"The prompt that matters most goes from {sender} to {receiver}: without it {what[measure]} "
        f"move{'' if measure == 'features' else 's'} by {without}{of}, without {receiver}'s own features by {own}"
    )


def describe_own(found: Flow, measure: str, where: str = EVERYWHERE) -> str:
    """Every receiver's own features against the prompts it receives, in a sentence."""
    means = found.over(found.of(measure), where)
    there = [u for u in range(len(means)) if not np.isnan(means[u]).any()]
    if not there:
        return f"Nothing to measure: {where}"
    own = ", ".join(f"{found.modalities[u]} {amount(found.task, measure, float(means[u, u]))}" for u in there)
    prompt = ", ".join(amount(found.task, measure, float(np.delete(means[u], u).mean())) for u in there)
    return f"Own features are worth {own}; a prompt on average {prompt}"


def describe_along(found: Flow, measure: str) -> str:
    """Whether prompts carry more where the receiver is missing, in a sentence."""
    prompts = ~np.eye(len(found.modalities), dtype=bool)
    values = found.of(measure)
    there, gone = (values[prompts[:, :, None] & rows.T[:, None]] for rows in (found.observed, ~found.observed))
    if not len(there) or not len(gone):
        return f"A prompt carries {amount(found.task, measure, float(values[prompts].mean()))} on average"
    observed, missing = (amount(found.task, measure, float(x.mean())) for x in (there, gone))
    word = "as much" if observed == missing else "more" if gone.mean() > there.mean() else "less"
    return (
        f"A prompt carries {word} where its receiver is missing: {missing} on average, {observed} where it is observed"
    )
