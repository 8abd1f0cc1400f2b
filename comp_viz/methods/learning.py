"""How a method is trained: in which stages, what each of them minimises, and what it predicts on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Task
from comp_viz.methods.losses import task_loss, utterance_emphasis
from comp_viz.methods.modulator import Modulation, modality_errors
from comp_viz.methods.recipe import Recipe


@dataclass(frozen=True)
class Stage:
    """A part of the training, after which the best epoch is taken.

    `chosen_by` says whose predictions choose it: `"heads"`, each modality's own for the parameters it owns, or `"fused"`
    for the network as a whole.
    """

    number: int  # in the telemetry: 1 each modality by itself, or what else comes first; 2 the whole network
    epochs: int
    chosen_by: Literal["heads", "fused"] = "fused"
    complete: bool = False  # on the conversations as they were recorded, whatever pattern the recipe trains under


@dataclass(frozen=True)
class StagePredictions:
    """What is predicted in a stage."""

    by: dict[str, Tensor]  # "fused" where the stage trains it, and modalities that have a head -> [B, S, C]
    weights: Tensor | None = None  # [B, S, M], of the modalities, where the method has some


@dataclass(frozen=True)
class Objective:
    """The terms of a step with their weighted sum, and the predictions they were computed from."""

    losses: dict[str, Tensor]  # term -> its value; the sum that is minimised under "loss"
    predictions: StagePredictions


class Learning:
    """The base of every method's objective; by itself it trains the fused prediction and the heads on their task losses.

    `companion` holds what training needs and prediction does not, such as a decoder: it is trained along and kept with
    the state of a run. Everything random is drawn from PyTorch's generator, so that a run can be repeated.
    """

    def __init__(self, network: Any, task: Task, recipe: Recipe) -> None:
        self.network, self.task, self.recipe = network, task, recipe
        self.companion: nn.Module = nn.Module()

    def begin(self, stage: Stage) -> None:
        """What is to happen before the first epoch of a stage, once the best epoch of the one before was taken."""

    def objective(self, stage: Stage, batch: Batch, targets: Tensor, counted: Tensor) -> Objective:
        """All terms for a batch in training. `targets [B, S]` are relative to neutral or class numbers, NaN unless `counted`."""
        predictions = self.predictions(self.network, stage, batch)
        losses = self.task_losses(predictions, targets, counted)
        return Objective(losses | {"loss": self.weighted_sum(losses)}, predictions)

    def predictions(self, network: Any, stage: Stage, batch: Batch) -> StagePredictions:
        """What `network`, the one that learns or the average of its weights, predicts in this stage."""
        out = network(batch.features, batch.observed, batch.valid)
        return StagePredictions({"fused": out.fused, **out.heads}, out.weights)

    def task_losses(self, predictions: StagePredictions, targets: Tensor, counted: Tensor) -> dict[str, Tensor]:
        """The task loss of every predictor; with the recipe's balance `loss`, heads learn more where the others do better."""
        by, heads = predictions.by, [name for name in predictions.by if name != "fused"]
        emphasis: dict[str, Tensor] = {}
        if self.recipe.balance == "loss" and heads and "fused" in by:
            stacked = torch.stack([by[name].detach().float() for name in heads])
            error = modality_errors(self.task, stacked, targets.nan_to_num(), self.recipe.error)
            emphasis = dict(zip(heads, utterance_emphasis(error, counted), strict=True))
        weight = self.recipe.sign_weight
        return {name: task_loss(self.task, y, targets, counted, weight, emphasis.get(name)) for name, y in by.items()}

    def weighted_sum(self, losses: dict[str, Tensor], **weights: float) -> Tensor:
        """The sum of all terms; those of `fused` and the heads weigh as the recipe says, others as given, else 1."""
        recipe = self.recipe
        known = dict.fromkeys(self.network.config.modalities, recipe.head_weight) | {"fused": recipe.fused_weight}
        known |= weights
        terms = [known.get(name, 1.0) * value for name, value in losses.items()]
        return sum(terms[1:], terms[0])

    def modulate(self, stage: Stage, error: Tensor, counted: Tensor) -> Modulation | None:
        """Change gradients after the backward pass, from the heads' errors `[M, B, S]`; what was done, or None."""
        return None

    def renew(self, networks: Sequence[Any], conversations: Batch) -> Tensor | None:
        """Renew what `networks` keep of training conversations, computed with the last of them; how far it moved, `[M]`."""
        return None
