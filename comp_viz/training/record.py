"""From the steps of an epoch to its numbers and its telemetry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from comp_viz.data.conversation import Task
from comp_viz.data.dataset import Utterances
from comp_viz.evaluation.metrics import metrics
from comp_viz.training.step import TrainingStep
from comp_viz.training.telemetry import TABLES

# Split, quantity, of what: ("selection", "ACC", "fused"), ("training", "loss", "all").
QuantityName = tuple[str, str, str]


@dataclass(frozen=True)
class Epoch:
    """The numbers of one epoch."""

    number: int  # counted from 0 over both stages
    stage: int
    values: Mapping[QuantityName, float]  # NaN where not defined
    tables: Mapping[str, pa.Table]  # telemetry, by the names of `TABLES`

    @property
    def loss(self) -> float:
        """The weighted sum of all terms, mean over the epoch's steps."""
        return self.values["training", "loss", "all"]


def word_column(values: Sequence[str], numbers: NDArray[np.integer]) -> pa.DictionaryArray:
    """A column of words, given by number."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32()), pa.array(values, pa.string()))


def epoch_table(number: int, stage: int, values: Mapping[QuantityName, float]) -> pa.Table:
    """The `epochs` table of one epoch."""
    split, quantity, of = zip(*values, strict=True)
    columns = [[number] * len(values), [stage] * len(values), split, quantity, of, list(values.values())]
    return pa.table(
        [pa.array(column, type=kind.type) for column, kind in zip(columns, TABLES["epochs"], strict=True)],
        TABLES["epochs"],
    )


def training_values(
    task: Task, modalities: Sequence[str], utterances: Utterances, steps: Sequence[TrainingStep]
) -> dict[QuantityName, float]:
    """Losses by term, metrics by predictor, and means of coordinator weights, coefficients and the share clipped.

    `utterances` are those of the steps' conversations, in their order. The metrics are of what the network predicted while it
    learned: with dropout and noise, before each step.
    """
    values: dict[QuantityName, float] = {}
    for name in steps[0].losses:
        term = "all" if name == "loss" else name
        values["training", "loss", term] = float(torch.stack([step.losses[name] for step in steps]).mean())
    for name in steps[0].predictions:
        scores = metrics(task, step_predictions(steps, name), utterances.labels)
        values |= {("training", metric, name): value for metric, value in scores.items()}
    if weights := [step.coordinator[step.valid] for step in steps if step.coordinator is not None]:
        values |= values_by_modality("training", "coordinator", modalities, torch.cat(weights).float().mean(0))
    if kept := [step.shares for step in steps if step.shares is not None]:
        values |= values_by_modality("training", "update share", modalities, torch.stack(kept).mean(0))
    if held := [step.modulation for step in steps if step.modulation is not None]:
        means = torch.stack([m.by_position.mean(1) for m in held]).mean(0)
        values |= values_by_modality("training", "coefficient", modalities, means)
        values |= values_by_modality("training", "guarded", modalities, torch.stack([m.clipped for m in held]).mean(0))
    return values


def step_predictions(steps: Sequence[TrainingStep], name: str) -> NDArray[np.float32]:
    """What one predictor gave for every utterance of the steps' conversations, `[N, C]`."""
    y: NDArray[np.float32] = torch.cat([step.predictions[name][step.valid] for step in steps]).float().cpu().numpy()
    return y


def values_by_modality(
    split: str, quantity: str, modalities: Sequence[str], numbers: Tensor
) -> dict[QuantityName, float]:
    """One value for every modality, from a tensor `[M]`."""
    return {(split, quantity, name): float(x) for name, x in zip(modalities, numbers.tolist(), strict=True)}


def step_table(epoch: int, modalities: Sequence[str], steps: Sequence[TrainingStep]) -> pa.Table:
    """The `steps` table of one epoch: coefficients by position, for every step that was modulated."""
    M = len(modalities)
    modulations = [(i, step.modulation) for i, step in enumerate(steps) if step.modulation is not None]
    if not modulations:
        return TABLES["steps"].empty_table()
    columns = [
        pa.array(np.full(M * len(modulations), epoch, np.int32)),
        pa.array(np.repeat([i for i, _ in modulations], M), pa.int32()),
        word_column(modalities, np.tile(np.arange(M), len(modulations))),
        pa.array([row for _, m in modulations for row in m.by_position.float().cpu().numpy()], pa.list_(pa.float32())),
        pa.array(torch.cat([m.clipped for _, m in modulations]).float().cpu().numpy()),
    ]
    return pa.table(columns, TABLES["steps"])


def gradient_table(
    epoch: int, modalities: Sequence[str], modules: Sequence[str], steps: Sequence[TrainingStep]
) -> pa.Table:
    """The `gradients` table of one epoch, without what took no part."""
    norms = torch.stack([step.gradients for step in steps]).float().cpu().numpy()  # (steps, G, M + 1)
    step, module, owner = np.nonzero(~np.isnan(norms))
    columns = [
        pa.array(np.full(len(step), epoch, np.int32)),
        pa.array(step.astype(np.int32)),
        word_column(modules, module),
        word_column([*modalities, "all"], owner),
        pa.array(norms[step, module, owner]),
    ]
    return pa.table(columns, TABLES["gradients"])


def utterance_table(epoch: int, task: Task, utterances: Utterances, steps: Sequence[TrainingStep]) -> pa.Table:
    """The `utterances` table of one epoch: coefficient, error and correctness of every modality; empty without heads."""
    M, N, labels = len(utterances.modalities), len(utterances), utterances.labels
    errors = [step.error[:, step.valid] for step in steps if step.error is not None]
    if not errors:
        return TABLES["utterances"].empty_table()
    error = torch.cat(errors, 1).float().cpu().numpy()  # (M, N)
    predictions = np.stack([step_predictions(steps, name) for name in utterances.modalities])  # (M, N, C)
    observed = torch.cat([step.observed[step.valid] for step in steps]).cpu().numpy()  # (N, M)
    known = ~np.isnan(labels)
    truth = labels - np.float32(0 if task.classes else task.neutral)
    right = predictions.argmax(-1) == truth if task.classes else (predictions[..., 0] > 0) == (truth > 0)
    counted = known if task.classes else known & (truth != 0)
    held = [step.modulation.coefficients[:, step.valid] for step in steps if step.modulation]
    coefficient = torch.cat(held, 1).float().cpu().numpy() if held else np.zeros((M, N), np.float32)
    conversations = np.repeat(np.arange(len(utterances.ids)), utterances.lengths)
    columns = [
        pa.array(np.full(M * N, epoch, np.int32)),
        word_column(utterances.ids, np.tile(conversations, M)),
        pa.array(np.tile(utterances.positions, M).astype(np.int32)),
        word_column(utterances.modalities, np.repeat(np.arange(M), N)),
        pa.array(observed.T.ravel()),
        half(coefficient.ravel(), np.tile(counted & bool(held), M)),
        half(error.ravel(), np.tile(known, M)),
        pa.array(right.ravel(), mask=~np.tile(counted, M)),
    ]
    return pa.table(columns, TABLES["utterances"])


def half(values: NDArray[np.float32], known: NDArray[np.bool_]) -> pa.Array:
    """A column of 16-bit floats, held to their range; null where nothing is known."""
    return pa.array(np.clip(values, -65504, 65504).astype(np.float16), pa.float16(), mask=~known)
