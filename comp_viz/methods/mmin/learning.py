"""What MMIN minimises: first its teacher on complete utterances, then imagination and classification."""

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from comp_viz.data.batch import Batch
from comp_viz.methods.learning import Learning, Objective, Stage, StagePredictions
from comp_viz.methods.mmin.network import MMIN

CYCLE_SHARE = 0.5  # weight of the way back, as a share of that of the imagination; published: 2 to 4


class MMINLearning(Learning):
    """The teacher's encoders are where the second stage's begin, and their embeddings what it imagines."""

    network: MMIN

    def begin(self, stage: Stage) -> None:
        """Start from the teacher's encoders."""
        if stage.number == 2:
            self.network.encoders.load_state_dict(self.network.teacher.encoders.state_dict())

    def predictions(self, network: MMIN, stage: Stage, batch: Batch) -> StagePredictions:
        """In the first stage those of the teacher, of all that was recorded."""
        if stage.number == 2:
            return super().predictions(network, stage, batch)
        complete = replace(batch, observed=batch.recorded)
        return StagePredictions({"fused": network.teach(complete.features, complete.observed, complete.valid).fused})

    def objective(self, stage: Stage, batch: Batch, targets: Tensor, counted: Tensor) -> Objective:
        """All terms for a batch."""
        if stage.number == 1:
            return super().objective(stage, batch, targets, counted)
        imagined = self.network.imagine(batch.features, batch.observed, batch.valid)
        predictions = StagePredictions({"fused": imagined.logits})
        losses = self.task_losses(predictions, targets, counted)
        losses["imagination"] = self.imagination_error(batch, imagined.embedding)
        losses["cycle"] = F.mse_loss(self.network.cycle(imagined.embedding)[0], imagined.read.detach())
        weight = self.recipe.reconstruction_weight
        total = self.weighted_sum(losses, imagination=weight, cycle=CYCLE_SHARE * weight)
        return Objective(losses | {"loss": total}, predictions)

    def imagination_error(self, batch: Batch, embedding: Tensor) -> Tensor:
        """Mean squared error of imagined embeddings `[N, M·e]` to the teacher's of what was hidden.

        As published what was there is to be imagined as the teacher's embedding of zeros; else only what was hidden counts.
        """
        network = self.network
        hidden = batch.recorded & ~batch.observed
        with torch.no_grad():
            teaching = network.teacher.training
            network.teacher.eval()
            truth, rows = network.embed(network.teacher.encoders, batch.features, hidden, batch.valid)
            network.teacher.train(teaching)
        errors = (embedding - truth).square()
        if network.config.imagine_all:
            return errors.mean()
        parts = errors.split(network.config.embedded, dim=-1)
        by_modality = torch.stack([part.mean(-1) for part in parts], dim=-1)  # [N, M]
        error: Tensor = (by_modality * rows.keys.T).sum() / rows.keys.sum().clamp(min=1)
        return error
