"""The training loop: first each modality on its own, then the full model (section 4 of the method)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from comp_viz.data.batch import Batch, Stream
from comp_viz.data.conversation import Task
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.evaluation.metrics import metrics
from comp_viz.network.bank import prototype_bank
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.network.rows import Rows
from comp_viz.network.trace import PerModality
from comp_viz.training.modulator import Modulation, modality_errors, modulation
from comp_viz.training.objective import Companion, disentanglement, private_loss, task_loss
from comp_viz.training.record import (
    Epoch,
    QuantityName,
    epoch_table,
    gradient_table,
    step_table,
    training_values,
    utterance_table,
    values_by_modality,
)
from comp_viz.training.resolve import ResolvedRecipe
from comp_viz.training.split import bank_rows, run_generator
from comp_viz.training.step import GradientNorms, TrainingStep


@dataclass
class Best:
    """The best state seen so far by the selection split."""

    score: float = float("-inf")
    epoch: int = -1
    state: dict[str, Tensor] = field(default_factory=dict)

    def offer(self, score: float, epoch: int, model: ComP) -> None:
        """Keep a copy of the model if it scored higher than everything before."""
        if score > self.score:
            self.score, self.epoch = score, epoch
            self.state = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


class Trainer:
    """One training run. Everything random follows from the recipe's seed and the epoch, so that a run can be resumed."""

    def __init__(
        self,
        task: Task,
        config: ComPConfig,
        recipe: ResolvedRecipe,
        train: Stream,
        selection: Stream,
        device: torch.device,
    ) -> None:
        self.task, self.recipe, self.device = task, recipe, device
        torch.manual_seed(recipe.seed)
        self.model = ComP(config).to(device)
        self.companion = Companion(config).to(device)
        self.average: AveragedModel | None = None
        self.restart_average()
        self.optimizer = make_optimizer(recipe, [*self.model.parameters(), *self.companion.parameters()])
        self.gradient_norms = GradientNorms(self.model, config)
        self.train, self.selection = train, selection
        rng = run_generator(recipe.seed)
        self.bank_conversations = train.pick(bank_rows(rng, len(train), recipe))
        self.missing = Pattern.parse(recipe.missing)
        self.shown = [Pattern.parse(text)(selection.utterances, task, rng) for text in recipe.selection]  # [N, M] each
        self.epoch = 0
        self.best_heads = {name: Best() for name in config.modalities}
        self.best = Best()

    @property
    def epochs(self) -> int:
        """Epochs of both stages together."""
        return self.recipe.first_epochs + self.recipe.second_epochs

    def state(self) -> dict[str, Any]:
        """Everything a resumed run needs, as tensors and plain containers."""
        return {
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "companion": self.companion.state_dict(),
            "average": self.average.state_dict() if self.average else {},
            "optimizer": self.optimizer.state_dict(),
            "best": vars(self.best),
            "best_heads": {name: vars(best) for name, best in self.best_heads.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state` gave."""
        self.epoch = state["epoch"]
        bank = torch.empty_like(state["model"]["bank"], device=self.device)
        for model in (self.model, self.predictor):
            model.bank = bank.clone()
        self.model.load_state_dict(state["model"])
        if self.average:
            self.average.load_state_dict(state["average"])
        self.companion.load_state_dict(state["companion"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.best = Best(**state["best"])
        self.best_heads = {name: Best(**best) for name, best in state["best_heads"].items()}

    def run(self) -> Iterator[Epoch]:
        """Train epoch by epoch; in the end the model is the best one by the selection split, in evaluation mode."""
        while self.epoch < self.epochs:
            first = self.epoch < self.recipe.first_epochs
            if self.epoch == self.recipe.first_epochs:
                self.take_best_modalities()
                self.restart_average()
            steps = self.one_epoch(first)
            done = self.summed_up(steps, self.select(first))
            self.epoch += 1
            yield done
        if self.recipe.second_epochs:
            self.model.load_state_dict(self.best.state or self.predictor.state_dict())
        else:
            self.take_best_modalities()
        self.model.bank = prototype_bank(self.model, self.bank_conversations)
        self.model.eval()

    def summed_up(self, steps: list[TrainingStep], selected: dict[QuantityName, float]) -> Epoch:
        """The numbers and the telemetry of the epoch that was just trained."""
        modalities, task = self.model.config.modalities, self.task
        utterances = self.train.utterances.pick([row for step in steps for row in step.conversations])
        stage = 1 if self.epoch < self.recipe.first_epochs else 2
        values = training_values(task, modalities, utterances, steps) | selected
        tables = {
            "epochs": epoch_table(self.epoch, stage, values),
            "steps": step_table(self.epoch, modalities, steps),
            "gradients": gradient_table(self.epoch, modalities, self.gradient_norms.names, steps),
            "utterances": utterance_table(self.epoch, task, utterances, steps),
        }
        return Epoch(self.epoch, stage, values, tables)

    @property
    def predictor(self) -> ComP:
        """The model that is evaluated and kept: the running average of the weights, or the weights as they are."""
        return cast("ComP", self.average.module) if self.average else self.model

    def restart_average(self) -> None:
        """Begin the running average of the weights at the weights as they are."""
        if self.recipe.average:
            self.average = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(self.recipe.average))

    def one_epoch(self, first: bool) -> list[TrainingStep]:
        """One pass over the training conversations in a fresh order under fresh missing patterns."""
        rng = np.random.default_rng([self.recipe.seed, 1, self.epoch])
        torch.manual_seed(int(rng.integers(2**62)))  # for dropout
        self.set_learning_rate(first)
        self.model.train()
        order, size = rng.permutation(len(self.train)).tolist(), self.recipe.batch
        return [self.step(order[start : start + size], rng, first) for start in range(0, len(order), size)]

    def step(self, conversations: Sequence[int], rng: np.random.Generator, first: bool) -> TrainingStep:
        """One optimiser step on some of the training conversations."""
        shown = self.missing(self.train.utterances.pick(conversations), self.task, rng)
        batch = self.train.pick(conversations).showing(shown).blurred(self.recipe.feature_noise)
        targets = batch.labels - self.task.neutral if not self.task.classes else batch.labels
        counted = ~targets.isnan()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
            losses, predictions, coordinator = self.objective(batch, targets, counted, first)
        self.optimizer.zero_grad()
        losses["loss"].backward()
        heads = torch.stack([predictions[name] for name in self.model.config.modalities]).detach().float()
        error = modality_errors(self.task, heads, targets.nan_to_num(), self.recipe.error)
        modulated = None
        if not first and self.recipe.modulate and self.model.config.prompting:
            modulated = self.modulate(error, counted if self.task.classes else counted & (targets != 0))
        gradients = self.gradient_norms()
        if self.recipe.gradient_norm:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.gradient_norm)
        self.optimizer.step()
        if self.average:
            self.average.update_parameters(self.model)
        return TrainingStep(
            conversations,
            {name: value.detach() for name, value in losses.items()},
            {name: y.detach() for name, y in predictions.items()},
            batch.observed,
            batch.valid,
            error,
            coordinator,
            modulated,
            gradients,
        )

    def objective(
        self, batch: Batch, targets: Tensor, counted: Tensor, first: bool
    ) -> tuple[dict[str, Tensor], PerModality, Tensor | None]:
        """All terms with their weighted sum under `loss`, every predictor's `[B, S, C]`, and the coordinator's weights."""
        recipe, model = self.recipe, self.model
        projected, encoded, rows = model.begin(batch.features, batch.observed, batch.valid)
        coordinator = None
        if first:
            predictions = model.first_stage(encoded, rows)
        else:
            out = model.second_stage(encoded, rows, recipe.scope)
            predictions, coordinator = {"fused": out.fused, **out.heads}, out.coordinator.detach()
        losses = {
            name: task_loss(self.task, y, targets, counted, recipe.sign_weight) for name, y in predictions.items()
        }
        losses |= self.auxiliary(projected, encoded, rows, targets, counted, first)
        weights = {"fused": recipe.fused_weight, "reconstruction": recipe.reconstruction_weight}
        weights |= {"disentanglement": recipe.disentanglement_weight, "private": recipe.private_weight}
        weights |= dict.fromkeys(model.config.modalities, 1.0 if first else recipe.head_weight)
        losses["loss"] = sum(
            (weights[name] * value for name, value in losses.items()), torch.zeros((), device=self.device)
        )
        return losses, predictions, coordinator

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
            heads = self.model.first_stage(private[:1].expand_as(private), rows)
            losses["private"] = private_loss(self.task, list(heads.values()), targets, counted)
        return losses

    def modulate(self, error: Tensor, counted: Tensor) -> Modulation:
        """Scale the gradient of the first compression layer, position by position (eq. 11)."""
        result = modulation(error, counted, self.recipe.clip)
        gradient = self.model.compressor.fc1.weight.grad  # (M, max_length, c)
        assert gradient is not None
        gradient[:, : result.by_position.shape[1]] *= result.by_position[..., None]
        return result

    @torch.no_grad()
    def select(self, first: bool) -> dict[QuantityName, float]:
        """Metrics on the selection split, and note of the best epochs; in stage 2 also how far the prototypes moved."""
        model = self.predictor.eval()
        values: dict[QuantityName, float] = {}
        if not first:
            bank = prototype_bank(model, self.bank_conversations)
            if model.config.prompting and model.bank.shape == bank.shape:
                moved = ((bank - model.bank).norm(dim=-1) / bank.norm(dim=-1)).mean((1, 2))  # of their length
                values |= values_by_modality("training", "drift", model.config.modalities, moved)
            # The average needs a bank of the same size as the model's own to go on averaging.
            self.model.bank = model.bank = bank
        batches = (batch for shown in self.shown for batch in self.selection.under(shown))
        parts = [self.selection_predictions(model, batch, first) for batch in batches]
        predictions = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        if not first:
            weights = torch.from_numpy(predictions.pop("coordinator").mean(0))
            values |= values_by_modality("selection", "coordinator", model.config.modalities, weights)
        labels = np.tile(self.selection.utterances.labels, len(self.shown))
        for name, y in predictions.items():
            scores = metrics(self.task, y, labels)
            values |= {("selection", metric, name): value for metric, value in scores.items()}
            best = self.best if name == "fused" else self.best_heads[name]
            if name == "fused" or first:
                best.offer(selection_score(self.task, scores), self.epoch, model)
        return values

    def selection_predictions(self, model: ComP, batch: Batch, first: bool) -> dict[str, NDArray[np.float32]]:
        """For a selection batch, predictions `[N, C]` of every head; in stage 2 also fused ones and coordinator weights."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
            _, encoded, rows = model.begin(batch.features, batch.observed, batch.valid)
            if first:
                predictions = model.first_stage(encoded, rows)
            else:
                out = model.second_stage(encoded, rows, "bank")
                predictions = {"fused": out.fused, **out.heads, "coordinator": out.coordinator}
        return {name: y[batch.valid].float().cpu().numpy() for name, y in predictions.items()}

    def take_best_modalities(self) -> None:
        """Between the stages, set each modality's encoder, attention and head to that modality's best epoch."""
        state = self.model.state_dict()
        for u, name in enumerate(self.model.config.modalities):
            best = self.best_heads[name].state
            for key, tensor in best.items():
                if key.startswith(f"input.{u}."):
                    state[key].copy_(tensor)
                elif key.startswith(("encoder.", "modality_heads.")) or ".layers." in key:
                    state[key][u].copy_(tensor[u])

    def set_learning_rate(self, first: bool) -> None:
        """Constant, or a cosine that falls to zero along each stage."""
        start, length = (
            (0, self.recipe.first_epochs) if first else (self.recipe.first_epochs, self.recipe.second_epochs)
        )
        along = (self.epoch - start) / length
        scale = (1 + np.cos(np.pi * along)) / 2 if self.recipe.cosine else 1.0
        for group in self.optimizer.param_groups:
            group["lr"] = float(self.recipe.learning_rate * scale)  # a NumPy number could not be loaded back


def make_optimizer(recipe: ResolvedRecipe, parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
    """Adam, with weight decay inside the gradient as published or decoupled from it."""
    kind = torch.optim.AdamW if recipe.decoupled_decay else torch.optim.Adam
    return kind(parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)


def selection_score(task: Task, values: dict[str, float]) -> float:
    """What selection maximises: ACC for classes, the negative mean absolute error for scores."""
    return values["ACC"] if task.classes else -values["MAE"]
