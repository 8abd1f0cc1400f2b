"""One conversation under one missing pattern, as plain arrays in the units people read."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.network.intervention import AS_TRAINED, Intervention
from comp_viz.network.trace import Output

FUSED = "fused"  # the name of the fused prediction among predictors; heads are named by their modality


@dataclass(frozen=True)
class Prediction:
    """What the model makes of a conversation: scores in label units `[S, 1]`, or class probabilities `[S, C]`."""

    task: Task
    observed: Bools  # [S, M], the missing pattern it was made under
    fused: Floats  # [S, C]
    heads: Mapping[str, Floats]  # modality -> [S, C]; empty of a method without heads
    coordinator: Floats  # [S, M], weights of the modalities from 0 to 1, sum 1; [S, 0] of a method without weights
    modalities: tuple[str, ...]  # M names in order
    weights_from: str = "coordinator"  # the part of the network that gives the weights

    @property
    def weighted(self) -> bool:
        """Whether the modalities have weights."""
        return bool(self.coordinator.shape[1] > 0)

    @property
    def anything_observed(self) -> Bools:
        """Whether an utterance has any modality, `[S]`; what is predicted without is no statement about it."""
        return np.asarray(self.observed.any(axis=1))

    def decisions(self, predictor: str = FUSED) -> np.ndarray:
        """What is decided for each utterance, `[S]`: 1 positive or 0 negative for a score, else the likeliest class."""
        values = self.fused if predictor == FUSED else self.heads[predictor]
        return decide(self.task, values)


def decide(task: Task, values: Floats) -> np.ndarray:
    """Decisions `[N]` from scores in label units or probabilities `[N, C]`: whether above neutral, or the likeliest class."""
    return values.argmax(1) if task.classes else (values[:, 0] > task.neutral).astype(int)


def decide_output(task: Task, output: Floats) -> np.ndarray:
    """The same from what the network puts out: relative scores or logits."""
    return output.argmax(1) if task.classes else (output[:, 0] > 0).astype(int)


def true_decisions(task: Task, labels: Floats) -> np.ndarray:
    """The decision each label calls for, `[S]`; -1 where unknown or, for scores, exactly neutral."""
    known = ~np.isnan(labels) if task.classes else ~np.isnan(labels) & (labels != np.float32(task.neutral))
    filled = np.where(np.isnan(labels), 0, labels)
    decisions = filled.astype(int) if task.classes else (filled > task.neutral).astype(int)
    return np.where(known, decisions, -1)


def decision_accuracy(decided: np.ndarray, truth: np.ndarray) -> float | None:
    """Share of correct decisions, both `[S]`, where the truth is known; None where it never is."""
    known = truth >= 0
    return float((decided == truth)[known].mean()) if known.any() else None


def predict_conversation(
    checkpoint: Checkpoint, conversation: Conversation, observed: Bools, changed: Intervention = AS_TRAINED
) -> Prediction:
    """Run the model on one conversation, `observed [S, M]` saying what it may see. Prompts come from own prototypes and bank."""
    return read_output(
        checkpoint, observed & conversation.observed, run_model(checkpoint, conversation, observed, changed)
    )


@torch.inference_mode()
def run_model(
    checkpoint: Checkpoint,
    conversation: Conversation,
    observed: Bools,
    changed: Intervention = AS_TRAINED,
    trace: bool = False,
) -> Output:
    """The network's output for one conversation, a batch of one, on the checkpoint's device."""
    model = checkpoint.model
    batch = Batch.of([conversation], checkpoint.standardise).to(model.device)
    visible = (observed & conversation.observed)[None]
    if changed == AS_TRAINED:
        output: Output = model(batch.features, visible, batch.valid, trace=trace)
    else:
        output = checkpoint.comp(batch.features, visible, batch.valid, trace=trace, changed=changed)
    return output


def read_output(checkpoint: Checkpoint, observed: Bools, out: Output) -> Prediction:
    """The output for a batch of one in the units people read."""
    task = checkpoint.card.task
    heads = {name: in_units(task, y[0]) for name, y in out.heads.items()}
    fused, weights = in_units(task, out.fused[0]), read_weights(out)[0]
    names, method = checkpoint.config.modalities, checkpoint.method
    return Prediction(task, observed, fused, heads, weights, names, method.weights_from)


def read_weights(out: Output) -> Floats:
    """Weights of the modalities, `[B, S, M]`; `[B, S, 0]` of a method that has none."""
    weights = out.fused[..., :0] if out.weights is None else out.weights
    read: Floats = weights.float().cpu().numpy()
    return read


def in_units(task: Task, output: Tensor) -> Floats:
    """Relative scores or logits `[…, C]` in the units people read: scores in label units, or probabilities of the classes."""
    values = output.float()
    readable: Floats = (values.softmax(-1) if task.classes else values + task.neutral).cpu().numpy()
    return readable
