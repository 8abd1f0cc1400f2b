"""What a network after HCAM minimises: task losses, and a contrast between utterances of different emotions."""

import torch
from torch import Tensor
from torch.nn import functional as F

from comp_viz.data.batch import Batch
from comp_viz.methods.hcam.network import HCAM
from comp_viz.methods.learning import Learning, Objective, Stage, StagePredictions

CONTRAST_WEIGHT, TEMPERATURE = 0.1, 0.1  # ours: the published ones are not known to us


class HCAMLearning(Learning):
    """Each modality by itself first, then the fused prediction on what was learned of them."""

    network: HCAM

    def predictions(self, network: HCAM, stage: Stage, batch: Batch) -> StagePredictions:
        """Of the first stage those of the heads alone."""
        if stage.chosen_by == "fused":
            return super().predictions(network, stage, batch)
        alone, rows = network.encode(batch.features, batch.observed, batch.valid)
        return StagePredictions(network.by_modality(alone, rows))

    def objective(self, stage: Stage, batch: Batch, targets: Tensor, counted: Tensor) -> Objective:
        """All terms for a batch."""
        network = self.network
        if stage.chosen_by == "heads":
            return super().objective(stage, batch, targets, counted)
        alone, rows = network.encode(batch.features, batch.observed, batch.valid)
        out, fused_features = network.conclude(alone.detach() if network.config.frozen else alone, rows)
        kept = {} if network.config.frozen else out.heads
        predictions = StagePredictions({"fused": out.fused, **kept})
        losses = self.task_losses(predictions, targets, counted)
        kinds = targets if self.task.classes else targets.sign()
        decided = counted if self.task.classes else counted & (targets != 0)
        losses["contrast"] = contrast(
            fused_features, rows.pack(kinds.nan_to_num()[..., None])[:, 0], rows.pack(decided[..., None])[:, 0]
        )
        return Objective(losses | {"loss": self.weighted_sum(losses, contrast=CONTRAST_WEIGHT)}, predictions)


def contrast(features: Tensor, kinds: Tensor, counted: Tensor) -> Tensor:
    """Supervised contrastive loss of features `[N, k]` by kind `[N]`, among the `counted [N]` utterances.

    For each of them the mean, over the others of its kind, of `-log` of their share in the softmax of its cosines.
    """
    unit = F.normalize(features, dim=-1)
    others = counted & ~torch.eye(len(unit), dtype=torch.bool, device=unit.device)  # [N, N], whom a row compares with
    cosines = (unit @ unit.T / TEMPERATURE).masked_fill(~others, float("-inf"))
    shares = cosines - cosines.logsumexp(-1, keepdim=True).clamp(min=-1e30)
    alike = others & (kinds[:, None] == kinds)
    count = alike.sum(-1)
    losses = -(shares.masked_fill(~alike, 0)).sum(-1) / count.clamp(min=1)
    wanted = counted & (count > 0)
    return (losses * wanted).sum() / wanted.sum().clamp(min=1)
