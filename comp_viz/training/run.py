"""A training run on disk: log, resumable state, and at the end the checkpoint with its measurements."""

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from comp_viz.checkpoint.card import FORMAT, Card, DataCard, Measurement, TrainingCard
from comp_viz.checkpoint.folder import load_checkpoint, save_checkpoint
from comp_viz.checkpoint.tensors import load_plain
from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.conversation import Conversation
from comp_viz.data.dataset import DataSet, Utterances, pick
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import PROTOCOL, Pattern
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import evaluate, predict
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.training.loop import Row, Trainer
from comp_viz.training.recipe import Recipe
from comp_viz.versions import versions

LOG, STATE = "training.jsonl", "resume.pt"
RUNNING = LOG + ".part"  # the log of a run that is not over; it takes the place of an older one at the end
SAVE_EVERY = 10  # epochs; what a killed run loses at most
PATTERNS, SEEDS = PROTOCOL, 5  # what a finished model is measured under


def train(
    data: DataSet,
    config: ComPConfig,
    recipe: Recipe,
    out: Path,
    device: torch.device,
    progress: Callable[[int, int, Row], None] = lambda done, of, row: None,
) -> Card:
    """Train on `data` and write a checkpoint folder to `out`, with the training log beside it.

    A run that was interrupted goes on from its last saved epoch, with the numbers an uninterrupted run would have given.
    `progress(epochs done, of all, the epoch's row)` is called after every epoch. Raises `CompVizError` when `out` holds
    another run's state or the data does not fit.
    """
    if config.outputs != data.task.outputs:
        raise CompVizError(f"outputs: expected {data.task.outputs} for {data.task.scale}, got {config.outputs}.")
    check_lengths(data.utterances, config.max_length)
    training, selection, protocol = splits(data, recipe.seed)
    check_split(data, "training", Utterances.of(training), [recipe.missing])
    check_split(data, "selection", Utterances.of(selection), recipe.selection)
    standardise = Standardiser.fit(training)
    streams = [Stream(part, standardise, device) for part in (training, selection)]
    trainer = Trainer(data.task, config, recipe, streams[0], streams[1], device)
    out.mkdir(parents=True, exist_ok=True)
    identity = {"data": data.digest, "config": asdict(config), "recipe": asdict(recipe)}
    resume(trainer, out, identity)
    with (out / RUNNING).open("a", encoding="utf-8") as log:
        for row in trainer.run():
            if not np.isfinite(row["loss"]):
                raise CompVizError(
                    f"Training diverged: the loss is {row['loss']} in epoch {row['epoch']}. Lower the learning rate "
                    f"({recipe.learning_rate:g}). {out} keeps the state before it."
                )
            log.write(json.dumps(row) + "\n")
            log.flush()
            if trainer.epoch % SAVE_EVERY == 0:
                save_state(trainer, out, identity)
            progress(trainer.epoch, trainer.epochs, row)
    criterion = "highest ACC" if data.task.classes else "lowest mean absolute error"
    protocol = f"{protocol}; epoch with the {criterion} of the fused prediction there, under {', '.join(recipe.selection)} together"
    judged = data.split("test") if "test" in data.utterances.splits else selection
    card = Card(
        format=FORMAT,
        name=data.name,
        architecture=config,
        task=data.task,
        sources=dict(data.sources),
        data=DataCard(data.name, data.digest, data.licence),
        training=TrainingCard(
            recipe.missing,
            recipe.seed,
            protocol,
            trainer.best.epoch if trainer.best.state else trainer.epoch - 1,
            asdict(recipe),
            rounding(trainer.model, Stream(judged, standardise, device)),
        ),
        measurements=(),
        versions=versions(),
    )
    save_checkpoint(out, trainer.model, card, standardise)
    card = replace(card, measurements=measure(out, data))
    save_checkpoint(out, trainer.model, card, standardise)
    (out / RUNNING).replace(out / LOG)
    (out / STATE).unlink(missing_ok=True)
    return card


def check_split(data: DataSet, name: str, utterances: Utterances, patterns: Sequence[str]) -> None:
    """Raise `CompVizError` when a part of the data has no labels, or missing patterns do not fit it."""
    if np.isnan(utterances.labels).all():
        raise CompVizError(f"{data.name}: the {name} conversations have no label at all.")
    for text in patterns:
        Pattern.parse(text).check_data(utterances, data.task)


def rounding(model: ComP, stream: Stream) -> float:
    """How far 16-bit weights move any prediction on some conversations."""
    rounded = copy.deepcopy(model).half().float()
    exact, stored = (predict(one, stream, stream.utterances.observed) for one in (model, rounded))
    return max(float(np.abs(exact[name] - stored[name]).max()) for name in exact)


def measure(folder: Path, data: DataSet) -> tuple[Measurement, ...]:
    """Metrics of the weights as saved, on the test split; empty when the data has none."""
    if "test" not in data.utterances.splits:
        return ()
    saved = load_checkpoint(folder)
    return tuple(evaluate(saved.model, data.task, saved.standardise, data.split("test"), "test", PATTERNS, SEEDS))


def splits(data: DataSet, seed: int) -> tuple[Sequence[Conversation], Sequence[Conversation], str]:
    """Training and selection conversations, and the protocol in words. Without a validation split one is cut, seeded."""
    there = set(data.utterances.splits)
    training = data.split("train" if "train" in there or "" not in there else "")
    if "validation" in there:
        return training, data.split("validation"), "validation split of the data set"
    if len(training) < 2:
        raise CompVizError(f"{data.name}: training needs at least two conversations, got {len(training)}.")
    order = np.random.default_rng([seed, 2]).permutation(len(training))
    cut = max(1, round(0.15 * len(training)))
    selection, rest = pick(training, np.sort(order[:cut]).tolist()), pick(training, np.sort(order[cut:]).tolist())
    return rest, selection, f"{cut} conversations held out of training"


def save_state(trainer: Trainer, out: Path, identity: dict[str, Any]) -> None:
    """Write the run's state under a temporary name, then rename it into place."""
    temporary = out / (STATE + ".part")
    torch.save({"identity": json.dumps(identity), **trainer.state()}, temporary)
    temporary.replace(out / STATE)


def resume(trainer: Trainer, out: Path, identity: dict[str, Any]) -> None:
    """Take up an interrupted run, cutting the log back to the saved epoch; otherwise start a fresh log."""
    if not (out / STATE).is_file():
        (out / RUNNING).write_text("")
        return
    state = load_plain(out / STATE)
    if not isinstance(state, dict) or state.pop("identity", None) != json.dumps(identity):
        raise CompVizError(
            f"{out} holds an unfinished run with other settings or data. Repeat that run's command, or remove {out / STATE} to start anew."
        )
    trainer.restore(state)
    rows = (out / RUNNING).read_text(encoding="utf-8").splitlines(keepends=True) if (out / RUNNING).is_file() else []
    (out / RUNNING).write_text("".join(rows[: trainer.epoch]), encoding="utf-8")
