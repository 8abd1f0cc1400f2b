"""Carries out one run: trains unless that is done, evaluates, and leaves the numbers in the run's folder."""

import json
import time
import traceback
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.checkpoint.measurements import Measurement
from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import evaluate, measure_patterns
from comp_viz.evaluation.linear import fit_linear
from comp_viz.methods.registry import method_of
from comp_viz.sweep.plan import Run, open_fold
from comp_viz.training.run import train
from comp_viz.training.split import splits
from comp_viz.versions import versions

TRAINED_FILE, FAILURE_FILE, LOCK_FILE = "trained.json", "failure.txt", "lock"
RunDetails = dict[str, Any]

open_fold_once = lru_cache(maxsize=2)(open_fold)  # a worker makes many runs on the same data, one after the other


def attempt(run: Run, root: Path, device: str, threads: int) -> str:
    """Carry out a run; "" when it went well, else why it did not, with all the details in the run's `failure.txt`."""
    folder = root / run.folder
    torch.set_num_threads(threads)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(
            folder / LOCK_FILE
        ):  # another sweep on this machine may be making the same run: wait, and take its result
            if not (folder / run.result).is_file():
                carry_out(run, folder, torch.device(device))
        (folder / FAILURE_FILE).unlink(missing_ok=True)
    except Exception as error:  # whatever it is, the other runs go on
        reason = str(error) if isinstance(error, CompVizError) else f"{type(error).__name__}: {error}"
        note_failure(folder, traceback.format_exc())
        return reason
    return ""


def note_failure(folder: Path, text: str) -> None:
    """Leave the details of a failure in the run's folder, if that can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FAILURE_FILE).write_text(text, encoding="utf-8")
    except OSError:
        pass  # the disk may be full; the reason itself is reported all the same


def carry_out(run: Run, folder: Path, device: torch.device) -> None:
    """Train and evaluate, and write the result. Raises `CompVizError` when the data is not what the plan was made on."""
    data = open_fold_once(run.data, run.fold)
    if data.digest != run.digest:
        raise CompVizError(f"{run.data} has other contents here than where the sweep was planned; use the same file.")
    facts, measurements = (run_linear if run.linear else run_network)(run, data, folder, device)
    result = {
        "run": run.trained,
        "evaluation": run.evaluation.model_dump(),
        **facts,
        "measurements": [asdict(m) for m in measurements],
    }
    write_json(folder / run.result, result)


def run_network(run: Run, data: DataSet, folder: Path, device: torch.device) -> tuple[RunDetails, list[Measurement]]:
    """Train a network, or take up where an earlier sweep stopped, and evaluate the checkpoint as it was saved."""
    learns_fused = method_of(run.config).learns_fused(run.recipe)
    if not (folder / TRAINED_FILE).is_file():
        start = time.perf_counter()
        card = train(data, run.config, run.recipe, folder, device)
        assert card.training is not None
        facts = {
            "selection": card.training.selection,
            "epoch": card.training.epoch if learns_fused else None,  # without it each modality has its own
            "seconds": time.perf_counter() - start,
            "versions": versions(),
        }
        write_json(folder / TRAINED_FILE, facts)
    saved = load_checkpoint(folder, str(device))
    evaluation = run.evaluation
    measurements = evaluate(
        saved.model,
        data.task,
        saved.standardise,
        data.split(evaluation.split),
        evaluation.split,
        patterns(run),
        evaluation.mask_seeds,
    )
    if not learns_fused:
        measurements = [m for m in measurements if m.predictor != "fused"]
    return json.loads((folder / TRAINED_FILE).read_text(encoding="utf-8")), measurements


def run_linear(run: Run, data: DataSet, folder: Path, device: torch.device) -> tuple[RunDetails, list[Measurement]]:
    """Fit the linear reference and evaluate it; quick enough to be done again for another evaluation."""
    start, recipe, evaluation = time.perf_counter(), run.recipe, run.evaluation
    parts = splits(data, recipe.seed, recipe.select)
    model = fit_linear(data.task, parts.training, parts.selection, recipe.missing, recipe.selection, recipe.seed)
    seconds = time.perf_counter() - start
    conversations = data.split(evaluation.split)
    measurements = measure_patterns(
        model.evaluator(conversations),
        data.task,
        Utterances.of(conversations),
        evaluation.split,
        patterns(run),
        evaluation.mask_seeds,
    )
    return {"selection": parts.protocol, "epoch": None, "seconds": seconds, "versions": versions()}, measurements


def patterns(run: Run) -> list[Pattern]:
    """The missing patterns a run is evaluated under."""
    return [Pattern.parse(text) for text in run.evaluation.patterns]


def write_json(path: Path, value: RunDetails) -> None:
    """Write plain values, whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")
