"""What ComP minimises, first each modality on its own, then the full model (section 4 of the method)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Task
from comp_viz.methods.comp.objective import Companion, disentanglement, divergence, matching, private_loss
from comp_viz.methods.learning import Learning, Objective, Stage, StagePredictions
from comp_viz.methods.modulator import Modulation, modality_errors, modulation
from comp_viz.methods.recipe import Recipe
from comp_viz.network.bank import prototype_bank
from comp_viz.network.model import ComP
from comp_viz.network.rows import Rows


class ComPLearning(Learning):
    """The objective of both stages, the gradient modulator, and the prototype bank."""

    network: ComP

    def __init__(self, network: ComP, task: Task, recipe: Recipe) -> None:
        super().__init__(network, task, recipe)
        self.companion: Companion = Companion(network.config)

    def objective(self, stage: Stage, batch: Batch, targets: Tensor, counted: Tensor) -> Objective:
        """Task losses of every predictor, the terms that need private features, and that of matching."""
        model, recipe, first = self.network, self.recipe, stage.chosen_by == "heads"
        projected, encoded, rows = model.begin(batch.features, batch.observed, batch.valid)
        if first:
            predictions = StagePredictions(model.first_stage(encoded, rows))
        else:
            out = model.second_stage(encoded, rows, recipe.scope)
            predictions = StagePredictions({"fused": out.fused, **out.heads}, out.weights)
        losses = self.task_losses(predictions, targets, counted)
        losses |= self.auxiliary(projected, encoded, rows, targets, counted, first)
        if recipe.matching_weight:
            losses["matching"] = matching(encoded, rows)
        if recipe.coordinator_weight and model.config.coordination and predictions.weights is not None:
            heads = torch.stack([predictions.by[name].detach() for name in model.config.modalities]).float()
            error = modality_errors(self.task, heads, targets.nan_to_num(), recipe.error)
            losses["coordinator"] = divergence(predictions.weights, error, counted)
        weights = {"reconstruction": recipe.reconstruction_weight, "private": recipe.private_weight}
        weights |= {"disentanglement": recipe.disentanglement_weight, "matching": recipe.matching_weight}
        weights |= {"coordinator": recipe.coordinator_weight}
        weights |= dict.fromkeys(model.config.modalities, 1.0) if first else {}
        return Objective(losses | {"loss": self.weighted_sum(losses, **weights)}, predictions)

    def auxiliary(
        self, projected: Tensor, encoded: Tensor, rows: Rows, targets: Tensor, counted: Tensor, first: bool
    ) -> dict[str, Tensor]:
        """The terms that need private features; those without weight are not computed."""
        recipe, losses = self.recipe, {}
        rebuild = recipe.reconstruction_weight and (recipe.reconstruct_first or not first)
        unlearn = recipe.private_weight and first
        if not (rebuild or unlearn or recipe.disentanglement_weight):
            return {}
        private = self.companion.private(projected)
        if rebuild:
            losses["reconstruction"] = self.companion.reconstruction(projected, encoded, private, rows)
        if recipe.disentanglement_weight:
            losses["disentanglement"] = disentanglement(encoded, private, rows)
        if unlearn:  # the first modality's private features are fed to all, as published
            heads = self.network.first_stage(private[:1].expand_as(private), rows)
            losses["private"] = private_loss(self.task, list(heads.values()), targets, counted)
        return losses

    def predictions(self, network: ComP, stage: Stage, batch: Batch) -> StagePredictions:
        """Of the first stage those of the heads alone; in the second prompts come from the bank."""
        if stage.chosen_by == "fused":
            return super().predictions(network, stage, batch)
        _, encoded, rows = network.begin(batch.features, batch.observed, batch.valid)
        return StagePredictions(network.first_stage(encoded, rows))

    def modulate(self, stage: Stage, error: Tensor, counted: Tensor) -> Modulation | None:
        """Scale the gradient of the first compression layer, position by position (eq. 11)."""
        if stage.chosen_by == "heads" or not self.recipe.modulate or not self.network.config.prompting:
            return None
        result = modulation(error, counted, self.recipe.clip)
        gradient = self.network.compressor.fc1.weight.grad  # (M, max_length, c)
        assert gradient is not None
        gradient[:, : result.by_position.shape[1]] *= result.by_position[..., None]
        return result

    def renew(self, networks: Sequence[ComP], conversations: Batch) -> Tensor | None:
        """The prototype bank; how far its prototypes moved, as a share of their length."""
        model, moved = networks[-1], None
        bank = prototype_bank(model, conversations)
        if model.config.prompting and model.bank.shape == bank.shape:
            moved = ((bank - model.bank).norm(dim=-1) / bank.norm(dim=-1)).mean((1, 2))
        for (
            each
        ) in networks:  # an average of weights needs a bank of the same size as the model's own to go on averaging
            each.bank = bank
        return moved
