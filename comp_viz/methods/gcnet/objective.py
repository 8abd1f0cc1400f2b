"""What is minimised beside the task loss: how far what is rebuilt lies from what was hidden."""

from collections.abc import Mapping

import torch
from torch import Tensor

from comp_viz.data.batch import Batch
from comp_viz.methods.learning import Learning, Objective, Stage, StagePredictions


def hidden_error(
    rebuilt: Mapping[str, Tensor], truth: Mapping[str, Tensor], hidden: Tensor, utterances: Tensor
) -> Tensor:
    """Squared error at the entries that were `hidden [B, S, M]`, mean over features, summed over modalities.

    `rebuilt` and `truth` modality -> `[B, S, D_u]`; the sum is divided by the number of `utterances`, as published.
    """
    errors = [(rebuilt[name] - truth[name]).square().mean(-1) for name in rebuilt]
    return (torch.stack(errors, dim=-1) * hidden).sum() / utterances.clamp(min=1)


def published_places(valid: Tensor) -> Tensor:
    """The places `[B, S]` that the published loss takes for utterances.

    Its mask runs conversation by conversation, what it is laid on runs time by time: padding counts and utterances do not.
    """
    B, S = valid.shape
    return valid.flatten().view(S, B).T


class RebuildingLearning(Learning):
    """Task loss and error of reconstruction; entries that no recording has are left out of the latter."""

    def objective(self, stage: Stage, batch: Batch, targets: Tensor, counted: Tensor) -> Objective:
        """All terms for a batch."""
        out = self.network(batch.features, batch.observed, batch.valid)
        predictions = StagePredictions({"fused": out.fused})
        losses = self.task_losses(predictions, targets, counted)
        there = batch.valid.to(batch.observed.device)
        if self.network.config.run_padding:
            hidden = (batch.recorded | ~there[..., None]) & ~batch.observed & published_places(there)[..., None]
        else:
            hidden = batch.recorded & ~batch.observed
        losses["reconstruction"] = hidden_error(out.reconstruction, batch.features, hidden, there.sum())
        total = self.weighted_sum(losses, reconstruction=self.recipe.reconstruction_weight)
        return Objective(losses | {"loss": total}, predictions)
