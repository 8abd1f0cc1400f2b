"""What IMDer and DiCMoR minimise: first what is recorded is predicted from, then what is missing is filled in."""

from abc import ABC, abstractmethod
from contextlib import nullcontext

import torch
from torch import Tensor

from comp_viz.data.batch import Batch
from comp_viz.methods.imder.network import IMDer
from comp_viz.methods.imder.skeleton import CompletingNetwork, Projected
from comp_viz.methods.learning import Learning, Objective, Stage, StagePredictions
from comp_viz.methods.recipe import Recipe


class CompletingLearning(Learning, ABC):
    """Task loss, error of the refined modalities, and what teaches the transfer between modalities."""

    network: CompletingNetwork

    def predictions(self, network: CompletingNetwork, stage: Stage, batch: Batch) -> StagePredictions:
        """In the first stage nothing is filled in."""
        out = network(batch.features, batch.observed, batch.valid, complete=stage.number == 2)
        return StagePredictions({"fused": out.fused})

    def objective(self, stage: Stage, batch: Batch, targets: Tensor, counted: Tensor) -> Objective:
        """All terms for a batch."""
        if stage.number == 1:
            return super().objective(stage, batch, targets, counted)
        network = self.network
        with torch.no_grad() if network.config.frozen_projection else nullcontext():
            projected = network.project(batch.features, batch.observed, batch.valid)
        with torch.no_grad():
            truth = network.project(batch.features, batch.recorded, batch.valid)
        rebuilt = network.rebuild(projected)
        predictions = StagePredictions({"fused": network.conclude(projected, rebuilt).fused})
        losses = self.task_losses(predictions, targets, counted)
        hidden = truth.observed & ~projected.observed
        losses["reconstruction"] = entry_error(rebuilt, truth.x, hidden)
        losses["transfer"] = self.transfer_loss(projected, truth, batch, targets)
        weight = self.recipe.reconstruction_weight
        total = self.weighted_sum(losses, reconstruction=weight, transfer=weight)
        return Objective(losses | {"loss": total}, predictions)

    @abstractmethod
    def transfer_loss(self, projected: Projected, truth: Projected, batch: Batch, targets: Tensor) -> Tensor:
        """What the networks between modalities learn from."""


class IMDerLearning(CompletingLearning):
    """Score networks learn to tell noise from what was recorded, given what is observed of the other modalities."""

    network: IMDer

    def transfer_loss(self, projected: Projected, truth: Projected, batch: Batch, targets: Tensor) -> Tensor:
        """Denoising loss, mean over entries and channels."""
        known = Projected(projected.x.detach(), projected.observed, projected.there)
        return self.network.denoising(known, truth.x, truth.observed)


def entry_error(rebuilt: Tensor, truth: Tensor, hidden: Tensor) -> Tensor:
    """Mean squared error `[M, B, S, d]` over the `hidden [M, B, S]` entries; 0 without any."""
    error: Tensor = ((rebuilt - truth).square().mean(-1) * hidden).sum() / hidden.sum().clamp(min=1)
    return error


def two_stages(recipe: Recipe) -> tuple[Stage, ...]:
    """What is recorded first, then with missing entries."""
    both = Stage(1, recipe.first_epochs, complete=True), Stage(2, recipe.second_epochs)
    return tuple(stage for stage in both if stage.epochs)
