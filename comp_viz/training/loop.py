"""The training loop: stage by stage, each by its own objective, and after each the best epoch by the selection split."""

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
from comp_viz.methods.learning import Objective, Stage
from comp_viz.methods.method import EVERY_MODALITY
from comp_viz.methods.modulator import modality_errors
from comp_viz.methods.registry import method_of
from comp_viz.network.base import Network
from comp_viz.network.config import NetworkConfig
from comp_viz.training.balance import (
    OwnedParameters,
    add_noise,
    head_scores,
    pareto_changes,
    shortened_update,
    update_shares,
)
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
from comp_viz.training.step import Descent, GradientNorms, TrainingStep

WEIGHTS = "weights"  # beside predictors: weights of the modalities


@dataclass
class Best:
    """The best state seen so far by the selection split."""

    score: float = float("-inf")
    epoch: int = -1
    state: dict[str, Tensor] = field(default_factory=dict)

    def offer(self, score: float, epoch: int, model: Network) -> None:
        """Keep a copy of the model if it scored higher than everything before."""
        if score > self.score:
            self.score, self.epoch = score, epoch
            self.state = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


class Trainer:
    """One training run. Everything random follows from the recipe's seed and the epoch, so that a run can be resumed."""

    def __init__(
        self,
        task: Task,
        config: NetworkConfig,
        recipe: ResolvedRecipe,
        train: Stream,
        selection: Stream,
        device: torch.device,
    ) -> None:
        self.task, self.recipe, self.device = task, recipe, device
        self.method = method_of(config)
        self.stages = self.method.stages(recipe)
        torch.manual_seed(recipe.seed)
        self.model = self.method.build(config).to(device)
        self.learning = self.method.learning(self.model, task, recipe)
        self.companion = self.learning.companion.to(device)
        self.average: AveragedModel | None = None
        self.restart_average()
        self.optimizer = make_optimizer(recipe, [*self.model.parameters(), *self.companion.parameters()])
        self.owned = OwnedParameters(self.model, self.method.ownership)
        self.gradient_norms = GradientNorms(self.model, len(config.modalities), self.method.ownership)
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
        """Epochs of all stages together."""
        return sum(stage.epochs for stage in self.stages)

    def stage_at(self, epoch: int) -> tuple[int, int]:
        """The place of the stage that an epoch is in, and its first epoch."""
        start = 0
        for place, stage in enumerate(self.stages):
            if epoch < start + stage.epochs:
                return place, start
            start += stage.epochs
        raise IndexError(f"There is no epoch {epoch}, only {self.epochs}.")

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
        for model in (self.model, self.predictor):
            model.fit_lengths(state["model"])
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
            place, start = self.stage_at(self.epoch)
            if self.epoch == start:
                self.begin_stage(place)
            stage = self.stages[place]
            steps = self.one_epoch(stage)
            done = self.summed_up(stage, steps, self.select(stage))
            self.epoch += 1
            yield done
        self.take_best(self.stages[-1])
        self.learning.renew([self.model], self.bank_conversations)
        self.model.eval()

    def begin_stage(self, place: int) -> None:
        """Go on from the best epoch of the stage before, with a running average that begins anew."""
        if place:
            self.take_best(self.stages[place - 1])
            self.best = Best()
        self.learning.begin(self.stages[place])
        if place:
            self.restart_average()

    def summed_up(self, stage: Stage, steps: list[TrainingStep], selected: dict[QuantityName, float]) -> Epoch:
        """The numbers and the telemetry of the epoch that was just trained."""
        modalities, task = self.model.config.modalities, self.task
        utterances = self.train.utterances.pick([row for step in steps for row in step.conversations])
        values = training_values(task, modalities, utterances, steps) | selected
        tables = {
            "epochs": epoch_table(self.epoch, stage.number, values),
            "steps": step_table(self.epoch, modalities, steps),
            "gradients": gradient_table(self.epoch, modalities, self.gradient_norms.names, steps),
            "utterances": utterance_table(self.epoch, task, utterances, steps),
        }
        return Epoch(self.epoch, stage.number, values, tables)

    @property
    def predictor(self) -> Network:
        """The model that is evaluated and kept: the running average of the weights, or the weights as they are."""
        return cast("Network", self.average.module) if self.average else self.model

    def restart_average(self) -> None:
        """Begin the running average of the weights at the weights as they are."""
        if self.recipe.average:
            self.average = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(self.recipe.average))

    def one_epoch(self, stage: Stage) -> list[TrainingStep]:
        """One pass over the training conversations in a fresh order under fresh missing patterns."""
        rng = np.random.default_rng([self.recipe.seed, 1, self.epoch])
        torch.manual_seed(int(rng.integers(2**62)))  # for dropout
        self.set_learning_rate()
        self.model.train()
        order, size = rng.permutation(len(self.train)).tolist(), self.recipe.batch
        return [self.step(order[start : start + size], rng, stage) for start in range(0, len(order), size)]

    def step(self, conversations: Sequence[int], rng: np.random.Generator, stage: Stage) -> TrainingStep:
        """One optimiser step on some of the training conversations."""
        batch = self.train.pick(conversations)
        if not stage.complete:
            batch = batch.showing(self.missing(self.train.utterances.pick(conversations), self.task, rng))
        batch = batch.blurred(self.recipe.feature_noise)
        targets = batch.labels - self.task.neutral if not self.task.classes else batch.labels
        counted = ~targets.isnan()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
            learned = self.learning.objective(stage, batch, targets, counted)
        descent = self.descend(stage, learned, targets, counted)
        if self.average:
            self.average.update_parameters(self.model)
        given = learned.predictions
        return TrainingStep(
            conversations=conversations,
            losses={name: value.detach() for name, value in learned.losses.items()},
            predictions={name: y.detach() for name, y in given.by.items()},
            observed=batch.observed,
            valid=batch.valid,
            coordinator=None if given.weights is None else given.weights.detach(),
            **vars(descent),
        )

    def descend(self, stage: Stage, learned: Objective, targets: Tensor, counted: Tensor) -> Descent:
        """Gradients, what is done to them for the sake of balance, and the optimiser's step."""
        losses, predictions = learned.losses, learned.predictions.by
        names = [name for name in self.model.config.modalities if name in predictions]
        balance = self.recipe.balance if names and "fused" in predictions else "none"
        self.optimizer.zero_grad()
        changes = []
        if balance == "mmpareto":
            weighted = [self.recipe.head_weight * losses[name] for name in names]
            changes = pareto_changes(self.owned, self.recipe.fused_weight * losses["fused"], weighted)
        losses["loss"].backward()
        for parameter, change in changes:
            if parameter.grad is not None:
                parameter.grad += change
        error = modulated = shares = None
        if names:
            heads = torch.stack([predictions[name] for name in names]).detach().float()
            error = modality_errors(self.task, heads, targets.nan_to_num(), self.recipe.error)
            decided = counted if self.task.classes else counted & (targets != 0)
            modulated = self.learning.modulate(stage, error, decided)
            if balance == "ogm-ge":
                shares = update_shares(head_scores(self.task, heads, targets, counted))
                add_noise(self.owned, shares)
        gradients = self.gradient_norms()
        if self.recipe.gradient_norm:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.gradient_norm)
        if shares is None:
            self.optimizer.step()
        else:
            shortened_update(self.owned, shares, self.optimizer.step)
        return Descent(error, modulated, gradients, shares)

    @torch.no_grad()
    def select(self, stage: Stage) -> dict[QuantityName, float]:
        """Metrics on the selection split, and note of the best epochs; with prototypes also how far they moved."""
        model, names = self.predictor.eval(), self.model.config.modalities
        values: dict[QuantityName, float] = {}
        if stage.chosen_by == "fused":
            moved = self.learning.renew([self.model, model], self.bank_conversations)
            values |= {} if moved is None else values_by_modality("training", "drift", names, moved)
        batches = (batch for shown in self.shown for batch in self.selection.under(shown))
        parts = [self.selection_predictions(model, batch, stage) for batch in batches]
        predictions = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        if WEIGHTS in predictions:
            weights = torch.from_numpy(predictions.pop(WEIGHTS).mean(0))
            values |= values_by_modality("selection", "coordinator", names, weights)
        labels = np.tile(self.selection.utterances.labels, len(self.shown))
        for name, y in predictions.items():
            scores = metrics(self.task, y, labels)
            values |= {("selection", metric, name): value for metric, value in scores.items()}
            if (name == "fused") == (stage.chosen_by == "fused"):
                best = self.best if name == "fused" else self.best_heads[name]
                best.offer(selection_score(self.task, scores), self.epoch, model)
        return values

    def selection_predictions(self, model: Network, batch: Batch, stage: Stage) -> dict[str, NDArray[np.float32]]:
        """For a selection batch, predictions `[N, C]` of every predictor, and where there are some the weights `[N, M]`."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
            out = self.learning.predictions(model, stage, batch)
        given = out.by if out.weights is None else out.by | {WEIGHTS: out.weights}
        return {name: y[batch.valid].float().cpu().numpy() for name, y in given.items()}

    def take_best(self, stage: Stage) -> None:
        """Go back to the best epoch of a stage: as a whole, or by heads, each modality's parameters to that of its head."""
        if stage.chosen_by == "fused":
            self.model.load_state_dict(self.best.state or self.predictor.state_dict())
            return
        state = self.model.state_dict()
        owners = {name: self.method.ownership(name).owner for name, _ in self.model.named_parameters()}
        for u, modality in enumerate(self.model.config.modalities):
            for name, tensor in self.best_heads[modality].state.items():
                if owners.get(name) == u:
                    state[name].copy_(tensor)
                elif owners.get(name) == EVERY_MODALITY:
                    state[name][u].copy_(tensor[u])

    def set_learning_rate(self) -> None:
        """Constant, or a cosine that falls to zero along each stage."""
        place, start = self.stage_at(self.epoch)
        along = (self.epoch - start) / self.stages[place].epochs
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
