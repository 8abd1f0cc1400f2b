"""What MCTN minimises: the task loss, and translations of the source there, back and on."""

from torch import Tensor

from comp_viz.data.batch import Batch
from comp_viz.methods.learning import Learning, Objective, Stage, StagePredictions
from comp_viz.methods.mctn.network import MCTN


class MCTNLearning(Learning):
    """Translations count where both the source and what it is translated into are there."""

    network: MCTN

    def objective(self, stage: Stage, batch: Batch, targets: Tensor, counted: Tensor) -> Objective:
        """All terms for a batch."""
        network = self.network
        code, joint, valid = network.encode(batch.features, batch.observed, batch.valid)
        predictions = StagePredictions({"fused": network.predict(code, joint, valid).fused})
        losses = self.task_losses(predictions, targets, counted)
        made = network.translate(code, joint, valid)
        names = network.config.translated
        rows = [network.config.modalities.index(name) for name in names]
        there = [batch.observed[..., row] for row in rows]
        losses["translation"] = translation_error(made.target, batch.features[names[1]], there[0] & there[1])
        losses["cycle"] = translation_error(made.cycle, batch.features[names[0]], there[0])
        if made.second is not None:
            losses["second translation"] = translation_error(made.second, batch.features[names[2]], there[0] & there[2])
        weight = self.recipe.reconstruction_weight
        total = self.weighted_sum(losses, **{name: weight for name in losses if name != "fused"})
        return Objective(losses | {"loss": total}, predictions)


def translation_error(made: Tensor, truth: Tensor, there: Tensor) -> Tensor:
    """Mean squared error over the entries that are `there [B, S]`."""
    return ((made - truth).square().mean(-1) * there).sum() / there.sum().clamp(min=1)
