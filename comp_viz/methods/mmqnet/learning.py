"""What a network after MMQ-Net minimises: the task, what is rebuilt of hidden entries, and how alike two sets of queries read."""

from torch import Tensor

from comp_viz.data.batch import Batch
from comp_viz.methods.gcnet.objective import hidden_error
from comp_viz.methods.learning import Learning, Objective, Stage, StagePredictions
from comp_viz.methods.mmqnet.network import MMQNet


class MMQNetLearning(Learning):
    """All terms from the first step on."""

    network: MMQNet

    def objective(self, stage: Stage, batch: Batch, targets: Tensor, counted: Tensor) -> Objective:
        """All terms for a batch."""
        out, alike = self.network.examine(batch.features, batch.observed, batch.valid)
        predictions = StagePredictions({"fused": out.fused})
        losses = self.task_losses(predictions, targets, counted)
        assert out.reconstruction is not None
        utterances = batch.valid.to(batch.observed.device).sum()
        hidden = batch.recorded & ~batch.observed
        losses["reconstruction"] = hidden_error(out.reconstruction, batch.features, hidden, utterances)
        losses["apart"] = alike
        weights = {"reconstruction": self.recipe.reconstruction_weight, "apart": self.network.config.apart}
        return Objective(losses | {"loss": self.weighted_sum(losses, **weights)}, predictions)
