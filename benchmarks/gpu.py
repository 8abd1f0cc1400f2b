"""Trains two epochs of every method on a GPU and evaluates it, holds its numbers against the CPU's, and writes one file.

    python -m benchmarks.gpu [--out gpu.json] [--data lab] [--only gcnet imder] [--size published] [--minutes 7.5]

Needs no network: the data are the lab's, made on the spot. Without a GPU it is a dry run on the CPU, which shows that everything
works and nothing of a GPU. For each method: utterances trained on a second, the peak of the GPU's memory, how often a training
step makes the host wait for the GPU, and how far a step's loss, predictions and accuracy are from the CPU's. What would begin
after `--minutes` is left out, and named. Ends with status 1 where a difference is above 1e-3 or a step waits.
"""

import argparse
import copy
import json
import sys
import time
import warnings
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.lengths import usual_max_length
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import open_data
from comp_viz.evaluation.evaluate import predict
from comp_viz.evaluation.metrics import metrics
from comp_viz.methods.registry import find_method, method_names
from comp_viz.training.loop import Trainer
from comp_viz.training.resolve import resolve
from comp_viz.versions import versions

DATA = "lab(conversations=64/8/16, lengths=60/100)"
TOLERANCE = 1e-3  # of losses and accuracies as they are, of predictions in units of their deviation
EVALUATED = Pattern.parse("uniform(0.5)")


@dataclass(frozen=True)
class Measured:
    """What one method came to."""

    method: str
    parameters: int
    device: str
    utterances_per_second: float  # of training, the first step of each stage left out
    peak_memory_mb: float | None  # of the GPU; None without one
    waits_per_step: dict[int, int] | None  # stage -> times that a step waits for the GPU; None without one
    loss_difference: float  # of the task and of the reconstruction, in one step without dropout, at the trained weights
    prediction_difference: float  # the largest on the test split, in deviations of the predictions
    accuracy: float
    accuracy_difference: float
    seconds: float  # all of it

    @property
    def agrees(self) -> bool:
        """Whether the device gives the CPU's numbers, and no step waits for it."""
        differences = (self.loss_difference, self.prediction_difference, self.accuracy_difference)
        return max(differences) <= TOLERANCE and not sum((self.waits_per_step or {}).values())


def make_trainer(data: DataSet, name: str, size: str, device: torch.device) -> Trainer:
    """A trainer of one epoch for each stage of a method, two where it has one stage."""
    method, training = find_method(name), data.split("train")
    preset = method.presets.get(size) or method.presets["ours"]
    length = usual_max_length(data.utterances)
    config = method.config(data.modalities, data.dims, data.task.outputs, length, **preset.architecture)
    recipe = resolve(replace(preset.recipe, first_epochs=1, second_epochs=1), Utterances.of(training))
    standardise = Standardiser.fit(training)
    streams = [Stream(part, standardise, device) for part in (training, data.split("validation"))]
    return Trainer(data.task, config, recipe, streams[0], streams[1], device)


def wait_for(device: torch.device) -> None:
    """Wait until all that was asked of a GPU is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def train_timed(trainer: Trainer, device: torch.device) -> tuple[float, dict[int, int]]:
    """Train to the end; utterances a second over all steps but the first of each stage, and waits of its last step by stage."""
    times, counts, waits = [], [], {}
    original = trainer.step

    def timed(rows: Any, rng: np.random.Generator, stage: Any) -> Any:
        wait_for(device)
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            if device.type == "cuda":
                torch.cuda.set_sync_debug_mode("warn")
            step = original(rows, rng, stage)
            if device.type == "cuda":
                torch.cuda.set_sync_debug_mode("default")
        wait_for(device)
        if stage.number in waits:  # the first step of a stage makes buffers, and warms up
            times.append(time.perf_counter() - start)
            counts.append(int(trainer.train.utterances.pick(rows).lengths.sum()))
        waits[stage.number] = sum("synchroniz" in str(one.message) for one in warned)
        return step

    trainer.step = timed  # type: ignore[method-assign]
    for _ in trainer.run():
        pass
    return sum(counts) / max(sum(times), 1e-9), waits


def on_cpu(trainer: Trainer, data: DataSet, name: str, size: str) -> Trainer:
    """The same network on the CPU, with its companion."""
    other = make_trainer(data, name, size, torch.device("cpu"))
    for mine, its in ((other.model, trainer.model), (other.companion, trainer.companion)):
        state = {key: value.detach().cpu() for key, value in its.state_dict().items()}
        if hasattr(mine, "fit_lengths"):
            mine.fit_lengths(state)
        mine.load_state_dict(state)
    return other


@torch.no_grad()
def quiet_loss(trainer: Trainer) -> float:
    """The loss of one step of the last stage without dropout, under the same missing pattern on every device."""
    batch = trainer.train.pick(range(min(8, len(trainer.train))))
    chosen = trainer.train.utterances.pick(range(len(batch)))
    batch = batch.showing(EVALUATED(chosen, trainer.task, np.random.default_rng(0)))
    targets = batch.labels if trainer.task.classes else batch.labels - trainer.task.neutral
    trainer.model.eval()
    trainer.companion.eval()
    stage = trainer.stages[-1]
    trainer.learning.begin(stage)
    losses = trainer.learning.objective(stage, batch, targets, ~targets.isnan()).losses
    # Further terms draw random numbers, which are others on another device.
    return float(sum(losses[term] for term in ("fused", "reconstruction") if term in losses))


def measure(data: DataSet, name: str, size: str, device: torch.device) -> Measured:
    """Train and evaluate one method on a device, and again evaluate it on the CPU."""
    began = time.perf_counter()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    trainer = make_trainer(data, name, size, device)
    speed, waits = train_timed(trainer, device)
    memory = torch.cuda.max_memory_allocated(device) / 1e6 if device.type == "cuda" else None
    other = on_cpu(trainer, data, name, size)
    standardise, test = Standardiser.fit(data.split("train")), data.split("test")
    predictions, accuracies = [], []
    for one in (trainer, other):
        stream = Stream(test, standardise, one.device)
        shown = EVALUATED(stream.utterances, data.task, np.random.default_rng(0))
        predictions.append(predict(copy.deepcopy(one.model).eval(), stream, shown)["fused"])
        accuracies.append(metrics(data.task, predictions[-1], stream.utterances.labels)["ACC"])
    apart = float(np.abs(predictions[0] - predictions[1]).max() / max(float(predictions[1].std()), 1e-6))
    return Measured(
        method=name,
        parameters=sum(p.numel() for p in trainer.model.parameters()),
        device=str(device),
        utterances_per_second=round(speed, 1),
        peak_memory_mb=memory,
        waits_per_step=waits if device.type == "cuda" else None,
        loss_difference=abs(quiet_loss(trainer) - quiet_loss(other)),
        prediction_difference=apart,
        accuracy=accuracies[0],
        accuracy_difference=abs(accuracies[0] - accuracies[1]),
        seconds=round(time.perf_counter() - began, 1),
    )


def line(one: Measured) -> str:
    """One method in a line."""
    memory = "-" if one.peak_memory_mb is None else f"{one.peak_memory_mb:.0f}"
    waits = "-" if one.waits_per_step is None else str(sum(one.waits_per_step.values()))
    return (
        f"{one.method:10}{one.parameters / 1e6:8.2f}{one.utterances_per_second:12,.0f}{memory:>10}{waits:>7}{one.loss_difference:11.1e}"
        f"{one.prediction_difference:11.1e}{one.accuracy:8.3f}{one.accuracy_difference:9.4f}{one.seconds:8.1f}"
        f"{'' if one.agrees else '  DIFFERS'}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and write the file; 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("gpu.json"))
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--only", nargs="+", choices=method_names(), default=method_names())
    parser.add_argument("--size", choices=("ours", "published"), default="ours")
    parser.add_argument("--minutes", type=float, default=7.5, help="no method is begun after so many")
    options = parser.parse_args(arguments)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False  # 10 bits are not enough for 1e-3
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "no GPU: a dry run on the CPU"
    print(f"{name}. Differences are to the CPU; predictions in deviations.")
    print("method     million  utterances/s  MB     waits     loss  predictions  ACC    its ACC  seconds")
    began, data, done, left = time.perf_counter(), open_data(options.data), [], []
    for method in options.only:
        if time.perf_counter() - began > 60 * options.minutes:
            left.append(method)
        else:
            done.append(measure(data, method, options.size, device))
            print(line(done[-1]), flush=True)
        facts = {"device": name, "data": data.name, "size": options.size, "versions": versions(), "left_out": left}
        with atomic_write(options.out) as temporary:
            temporary.write_text(json.dumps(facts | {"methods": [asdict(one) for one in done]}, indent=1) + "\n")
    if left:
        print(f"Left out, as {options.minutes:g} minutes were over: {', '.join(left)}.")
    return int(not all(one.agrees for one in done))


if __name__ == "__main__":
    sys.exit(main())
