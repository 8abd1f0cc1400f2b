"""One conversation under many missing patterns: what is shown of it varies, not its features."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from comp_viz.analysis.prediction import in_units
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.network.base import Network
from comp_viz.network.coalitions import masked_versions, repeated_rows
from comp_viz.network.model import ComP
from comp_viz.network.trace import Output

FORWARD_UTTERANCES = 2048  # utterances in one forward pass: more are slower, as they leave the processor's cache


@dataclass(frozen=True)
class Masked:
    """A conversation that whose missing pattern can be varied; what is missing is masked, as in training."""

    checkpoint: Checkpoint
    observed: Bools  # [S, M], the most that is shown
    recorded: Bools  # [S], whether anything of an utterance is in the recording: without it has no prediction
    outputs: Callable[[Tensor], Tensor]  # patterns [K, S, M] -> fused outputs [K, S, C]

    @classmethod
    @torch.inference_mode()
    def of(cls, checkpoint: Checkpoint, conversation: Conversation, observed: Bools) -> "Masked":
        """What is `observed [S, M]` of a conversation and in the recording; ComP encodes it once for all patterns."""
        model, shown = checkpoint.model, observed & conversation.observed
        recorded = conversation.recorded
        batch = Batch.of([conversation], checkpoint.standardise).to(model.device)
        if isinstance(model, ComP):
            return cls(checkpoint, shown, recorded, encoded_once(model, batch, shown))
        return cls(checkpoint, shown, recorded, lambda patterns: repeated_output(model, batch, patterns).fused)

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.checkpoint.card.task

    @torch.inference_mode()
    def fused(self, shown: Bools) -> Floats:
        """Fused predictions `[K, S, C]` under patterns `shown [K, S, M]`: scores in label units, or probabilities."""
        together = max(1, FORWARD_UTTERANCES // len(self.observed))
        predictions = [np.zeros((0, len(self.observed), self.task.outputs), np.float32)]
        for part in torch.from_numpy(shown & self.observed).split(together) if len(shown) else ():
            predictions.append(in_units(self.task, self.outputs(part)))
        return np.concatenate(predictions)


def encoded_once(model: ComP, batch: Batch, observed: Bools) -> Callable[[Tensor], Tensor]:
    """Fused outputs of ComP by pattern, from encodings that are the same under all of them."""
    _, encoded, _ = model.begin(batch.features, observed[None], batch.valid)

    def outputs(patterns: Tensor) -> Tensor:
        every = repeated_rows(model, patterns.to(encoded.device).permute(0, 2, 1))
        return model.second_stage(masked_versions(encoded, every), every, "bank").fused

    return outputs


def repeated_output(model: Network, batch: Batch, patterns: Tensor) -> Output:
    """What a network puts out for a batch of one conversation under each of `patterns [K, S, M]`, side by side."""
    K = len(patterns)
    features = {name: x.expand(K, -1, -1) for name, x in batch.features.items()}
    output: Output = model(features, patterns, batch.valid.expand(K, -1))
    return output
