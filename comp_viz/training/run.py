"""A training run on disk: its settings, its telemetry, the state to go on from, and at the end the checkpoint."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError

from comp_viz.checkpoint.card import Card
from comp_viz.checkpoint.torch_file import load_plain
from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.methods.contract import check_method
from comp_viz.methods.recipe import Recipe
from comp_viz.methods.registry import method_of, usable_methods
from comp_viz.network.config import NetworkConfig
from comp_viz.training.finish import write_checkpoint
from comp_viz.training.loop import Trainer
from comp_viz.training.record import Epoch
from comp_viz.training.resolve import resolve
from comp_viz.training.split import splits
from comp_viz.training.telemetry import Telemetry
from comp_viz.versions import versions

RUNNING = "running"  # folder in the run's own for all that belongs to a run which is not over
RUN_FILE, STATE_FILE, PROGRESS = "run.json", "resume.pt", "progress.json"  # in it
TELEMETRY = "telemetry"  # in it as well, and in the end beside the checkpoint
SAVE_EPOCHS, SAVE_SECONDS = 10, 60.0  # the state is saved when either has gone by: what a killed run loses at most
SHOW_SECONDS = 5.0  # between parts of telemetry


def train(
    data: DataSet,
    config: NetworkConfig,
    recipe: Recipe,
    out: Path,
    device: torch.device,
    progress: Callable[[int, int, Epoch], None] = lambda done, of, epoch: None,
) -> Card:
    """Train on `data` and write a checkpoint folder to `out`, with the run's telemetry in it.

    A run that was interrupted goes on from its last saved epoch, with the numbers an uninterrupted run would have given.
    `progress(epochs done, of all, the epoch)` is called after every epoch. Raises `CompVizError` when `out` holds
    another unfinished run, the data does not fit, the method breaks its contract, training diverges, or nothing can be
    written any more.
    """
    if config.outputs != data.task.outputs:
        raise CompVizError(f"outputs: expected {data.task.outputs} for {data.task.scale}, got {config.outputs}.")
    check_lengths(data.utterances, config.max_length)
    parts = splits(data, recipe.seed, recipe.select)
    training = Utterances.of(parts.training)
    check_split(data, "training", training, [recipe.missing])
    check_split(data, "selection", Utterances.of(parts.selection), recipe.selection)
    settled = resolve(recipe, training)
    check_method(method_of(config), config, data.task, settled, usable_methods())
    standardise = Standardiser.fit(parts.training)
    streams = [Stream(part, standardise, device) for part in (parts.training, parts.selection)]
    trainer = Trainer(data.task, config, settled, streams[0], streams[1], device)
    request = {
        "data": {"name": data.name, "digest": data.digest},
        "method": config.method,
        "architecture": asdict(config),
        "recipe": asdict(settled),
        "selection": parts.protocol,
        "versions": versions(),
    }
    telemetry = Telemetry(out / RUNNING / TELEMETRY)
    with writing(out):
        begin_run(trainer, out / RUNNING, telemetry, json.dumps(request, indent=1) + "\n")
    learn(trainer, out, telemetry, progress)
    with writing(out):
        card = write_checkpoint(out, trainer, data, parts, standardise)
        telemetry.join(out / TELEMETRY)
        (out / RUNNING / STATE_FILE).unlink(missing_ok=True)  # from here on the run is over
        shutil.rmtree(out / RUNNING)
    return card


def check_split(data: DataSet, name: str, utterances: Utterances, patterns: Sequence[str]) -> None:
    """Raise `CompVizError` when a part of the data has no labels, or missing patterns do not fit it."""
    if np.isnan(utterances.labels).all():
        raise CompVizError(f"{data.name}: the {name} conversations have no label at all.")
    for text in patterns:
        Pattern.parse(text).check_data(utterances, data.task)


def begin_run(trainer: Trainer, folder: Path, telemetry: Telemetry, request: str) -> None:
    """Continue an interrupted run of the same settings, cutting its telemetry back to the saved epoch, or start afresh."""
    if not (folder / STATE_FILE).is_file():
        shutil.rmtree(folder, ignore_errors=True)
        with atomic_write(folder / RUN_FILE) as temporary:
            temporary.write_text(request, encoding="utf-8")
        return
    before = (folder / RUN_FILE).read_text(encoding="utf-8") if (folder / RUN_FILE).is_file() else ""
    if before != request:
        raise CompVizError(
            f"{folder} holds an unfinished run with other {difference(before, request)}. "
            "Repeat that run's command to go on with it, or remove the folder to start anew."
        )
    try:
        trainer.restore(load_plain(folder / STATE_FILE))
    except (KeyError, TypeError, ValueError, RuntimeError):
        raise CompVizError(
            f"{folder / STATE_FILE} is not the state of this run. Remove {folder} to start anew."
        ) from None
    telemetry.cut(trainer.epoch)


def difference(before: str, request: str) -> str:
    """Which parts of two `run.json` differ."""
    try:
        old: dict[str, Any] = json.loads(before)
        return " and ".join(name for name, value in json.loads(request).items() if old.get(name) != value)
    except (ValueError, AttributeError):
        return f"settings: its {RUN_FILE} cannot be read"


def learn(trainer: Trainer, out: Path, telemetry: Telemetry, progress: Callable[[int, int, Epoch], None]) -> None:
    """Train to the end, keeping telemetry and state as it goes."""
    folder, saved, shown, last = out / RUNNING, time.monotonic(), time.monotonic(), trainer.epoch
    for epoch in trainer.run():
        if not np.isfinite(epoch.loss):
            raise CompVizError(
                f"Training diverged: the loss is {epoch.loss} in epoch {epoch.number}. Lower the learning rate "
                f"({trainer.recipe.learning_rate:g}). {folder} keeps the state saved before it, if any, and the telemetry."
            )
        telemetry.add(epoch.tables)
        now, over = time.monotonic(), trainer.epoch == trainer.epochs
        due = over or trainer.epoch - last >= SAVE_EPOCHS or now - saved >= SAVE_SECONDS
        with writing(out):
            if due or now - shown >= SHOW_SECONDS:
                telemetry.flush()
                shown = now
            if due:
                save_state(trainer, folder)
                saved, last = now, trainer.epoch
            with atomic_write(folder / PROGRESS) as temporary:
                done = {"epoch": trainer.epoch, "of": trainer.epochs, "stage": epoch.stage}
                temporary.write_text(json.dumps(done), encoding="utf-8")
        progress(trainer.epoch, trainer.epochs, epoch)


def save_state(trainer: Trainer, folder: Path) -> None:
    """Write the state to go on from, in place of the one before."""
    with atomic_write(folder / STATE_FILE) as temporary:
        torch.save(trainer.state(), temporary)


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Say in words what it means when a file of the run cannot be written: what was written before is whole."""
    try:
        yield
    except CompVizError:
        raise
    except (OSError, RuntimeError, SafetensorError) as error:
        try:
            free = f"{shutil.disk_usage(out.parent).free / 1e6:,.0f} MB are free there"
        except OSError:
            free = "the folder above it cannot be reached"
        raise CompVizError(
            f"{out} cannot be written to ({error}); {free}. What was saved before is whole: mend it, and repeat the "
            "command to go on from the last saved epoch."
        ) from error
