"""The end of a training run: the checkpoint with its card and measurements."""

import copy
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from comp_viz.checkpoint.card import CHECKPOINT_FORMAT, Card, DataCard, TrainingCard
from comp_viz.checkpoint.folder import load_checkpoint, save_checkpoint
from comp_viz.checkpoint.measurements import Measurement
from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.dataset import DataSet
from comp_viz.data.patterns.pattern import PROTOCOL
from comp_viz.evaluation.evaluate import evaluate, predict
from comp_viz.network.base import Network
from comp_viz.training.loop import Trainer
from comp_viz.training.split import Splits
from comp_viz.versions import versions

MEASURED_PATTERNS, MEASURED_SEEDS = PROTOCOL, 5  # what a finished model is measured under


def write_checkpoint(out: Path, trainer: Trainer, data: DataSet, parts: Splits, standardise: Standardiser) -> Card:
    """Save the trained model to `out`, measure it as saved, and save it with its measurements. Returns its card."""
    recipe, task = trainer.recipe, data.task
    criterion = "highest ACC" if task.classes else "lowest mean absolute error"
    fused = trainer.method.learns_fused(recipe)
    which = "the fused prediction" if fused else "each modality head by itself"
    protocol = (
        f"{parts.protocol}; epoch with the {criterion} of {which} there, under {', '.join(recipe.selection)} together"
    )
    evaluated = data.split("test") if "test" in data.utterances.splits else parts.selection
    training = TrainingCard(
        recipe.missing,
        recipe.seed,
        protocol,
        trainer.best.epoch if trainer.best.state else trainer.epoch - 1,
        asdict(recipe),
        rounding(trainer.model, Stream(evaluated, standardise, trainer.device)),
    )
    card = Card(
        format=CHECKPOINT_FORMAT,
        name=data.name,
        architecture=trainer.model.config,
        task=task,
        sources=dict(data.sources),
        data=DataCard(data.name, data.digest, data.licence),
        training=training,
        measurements=(),
        versions=versions(),
        method=trainer.method.name,
    )
    save_checkpoint(out, trainer.model, card, standardise)
    measurements = measure_saved(out, data)
    if not fused:  # nothing fused was ever learned
        measurements = tuple(m for m in measurements if m.predictor != "fused")
    card = replace(card, measurements=measurements)
    save_checkpoint(out, trainer.model, card, standardise)
    return card


def rounding(model: Network, stream: Stream) -> float:
    """How far 16-bit weights move any prediction on some conversations."""
    rounded = copy.deepcopy(model).half().float()
    exact, stored = (predict(one, stream, stream.utterances.observed) for one in (model, rounded))
    return max(float(np.abs(exact[name] - stored[name]).max()) for name in exact)


def measure_saved(folder: Path, data: DataSet) -> tuple[Measurement, ...]:
    """Metrics of the weights as saved, on the test split; empty when the data has none."""
    if "test" not in data.utterances.splits:
        return ()
    saved = load_checkpoint(folder)
    return tuple(
        evaluate(
            saved.model, data.task, saved.standardise, data.split("test"), "test", MEASURED_PATTERNS, MEASURED_SEEDS
        )
    )
