"""One conversation under many missing patterns: its features are encoded once, whatever is shown of them."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from comp_viz.analysis.prediction import in_units
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.network.coalitions import masked_versions, repeated_rows
from comp_viz.network.rows import Rows

FORWARD_UTTERANCES = 2048  # utterances in one forward pass: more are slower, as they leave the processor's cache


@dataclass(frozen=True)
class Masked:
    """A conversation that whose missing pattern can be varied; what is missing is masked, as in training."""

    checkpoint: Checkpoint
    observed: Bools  # [S, M], the most that is shown
    encoded: Tensor  # [M, S + 1, d], Z^u and a blank utterance
    rows: Rows

    @classmethod
    @torch.inference_mode()
    def of(cls, checkpoint: Checkpoint, conversation: Conversation, observed: Bools) -> "Masked":
        """Encode what is `observed [S, M]` of a conversation and in the recording."""
        model, shown = checkpoint.model, observed & conversation.observed
        batch = Batch.of([conversation], checkpoint.standardise).to(model.fusion.weight.device)
        _, encoded, rows = model.begin(batch.features, shown[None], batch.valid)
        return cls(checkpoint, shown, encoded, rows)

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.checkpoint.card.task

    @torch.inference_mode()
    def fused(self, shown: Bools) -> Floats:
        """Fused predictions `[K, S, C]` under patterns `shown [K, S, M]`: scores in label units, or probabilities."""
        model, together = self.checkpoint.model, max(1, FORWARD_UTTERANCES // len(self.observed))
        predictions = [np.zeros((0, len(self.observed), self.task.outputs), np.float32)]
        for part in torch.from_numpy(np.ascontiguousarray(shown)).split(together) if len(shown) else ():
            keys = part.to(self.encoded.device).permute(0, 2, 1) & self.rows.keys  # (K, M, S)
            every = repeated_rows(model, self.rows, keys)
            predictions.append(
                in_units(self.task, model.second_stage(masked_versions(self.encoded, every), every, "bank").fused)
            )
        return np.concatenate(predictions)
