"""What a checkpoint predicts for one conversation in every coalition of its modalities."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from comp_viz.analysis.prediction import FUSED, in_units, read_weights
from comp_viz.analysis.why.masking import repeated_output
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.network.coalitions import coalition_masks
from comp_viz.network.coalitions import coalition_outputs as pass_of
from comp_viz.network.model import ComP


@dataclass(frozen=True)
class Coalitions:
    """Predictions in all 2^M coalitions: coalition `k` shows modality `u`, wherever it is observed, where bit `u` of `k` is set.

    The last coalition is the conversation as it is observed, the first one without anything.
    """

    task: Task
    observed: Bools  # [S, M]
    predictions: Mapping[str, Floats]  # fused and each modality's head -> [2^M, S, C], label units or probabilities
    coordinator: Floats  # [2^M, S, M], weights from 0 to 1, sum 1; [2^M, S, 0] of a method without
    modalities: tuple[str, ...]  # M names in order
    recorded: Bools  # [S], whether anything of an utterance was: without it has no prediction

    @property
    def predictors(self) -> tuple[str, ...]:
        """`fused` and the heads."""
        return tuple(self.predictions)


@torch.inference_mode()
def predict_coalitions(checkpoint: Checkpoint, conversation: Conversation, observed: Bools) -> Coalitions:
    """All coalitions in one batched pass; a modality that is left out is masked, which is what missing is to the model.

    Raises `CompVizError` for more than six modalities.
    """
    model, task = checkpoint.model, checkpoint.card.task
    batch = Batch.of([conversation], checkpoint.standardise).to(model.device)
    shown = observed & conversation.observed
    if isinstance(model, ComP):
        out = pass_of(model, batch.features, shown[None], batch.valid)
    else:
        coalitions = coalition_masks(len(checkpoint.config.modalities)).numpy()[:, None] & shown
        out = repeated_output(model, batch, torch.from_numpy(coalitions))
    predictions = {FUSED: out.fused, **out.heads}
    read = {name: in_units(task, values) for name, values in predictions.items()}
    recorded = conversation.recorded
    return Coalitions(task, shown, read, read_weights(out), checkpoint.config.modalities, recorded)
