"""Times training epochs, and sets them against what the processor can multiply; with `--published`, against the published code.

    OMP_NUM_THREADS=1 python -m benchmarks.training [--data mosi.npz] [--published FOLDER] [--only NAME] [--repeats 3]

All contestants take turns. On one thread seconds are the processor's own, which others on the machine hardly disturb, otherwise
those of the clock; the smallest of the repeats counts. Operations are those of matrix products and attention. With `--only`,
one contestant runs by itself, and its peak of memory is printed.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.published_code import PublishedCode
from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.lengths import usual_max_length
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import open_data
from comp_viz.methods.comp.method import METHOD
from comp_viz.network.config import ComPConfig
from comp_viz.network.product import product
from comp_viz.training.loop import Trainer
from comp_viz.training.resolve import resolve

CPU = torch.device("cpu")
OURS = [("published", "float32"), ("ours", "float32"), ("ours", "bfloat16")]


# What PyTorch's counter does not know of.
UNKNOWN: dict[Any, Callable[..., int]] = {
    torch.ops.mkldnn._linear_pointwise: lambda x, w, *_, **__: 2 * x[0] * x[1] * w[0],
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: lambda q, k, *_, **__: 4 * int(np.prod(q)) * k[-2],
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: lambda g, q, k, *_, **__: (
        10 * int(np.prod(q)) * k[-2]  # the scores are computed anew
    ),
}


def clock() -> float:
    """Seconds that passed, of this process alone where it has one thread."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def seconds(task: Callable[[], Any]) -> float:
    """How long a task takes."""
    start = clock()
    task()
    return clock() - start


def best_product(dtype: torch.dtype, rows: int, width: int) -> float:
    """Operations a second of the layers' product at these sizes and nothing else."""
    x, w = torch.randn(3, rows, width, dtype=dtype), torch.randn(3, width, width, dtype=dtype)
    return 2 * x.numel() * width / min(seconds(lambda: product(x, w)) for _ in range(30))


@dataclass
class Contestant:
    """Something that trains an epoch of either stage."""

    name: str
    epoch: Callable[[bool], Any]
    dtype: torch.dtype = torch.float32
    hidden: int = 256
    batch: int = 32
    times: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    operations: dict[bool, int] = field(default_factory=dict)

    def count(self, first: bool) -> None:
        """Count an epoch's operations; this also warms up."""
        with FlopCounterMode(display=False, custom_mapping=UNKNOWN) as counter:
            self.epoch(first)
        self.operations[first] = counter.get_total_flops()

    def measure(self, first: bool) -> None:
        """Time one more epoch."""
        self.times[first].append(seconds(lambda: self.epoch(first)))


def ours(data: DataSet, preset: str, precision: str) -> Contestant:
    """A preset of this package."""
    training = data.split("train")
    standardise = Standardiser.fit(training)
    config = ComPConfig(
        data.modalities,
        data.dims,
        data.task.outputs,
        usual_max_length(data.utterances),
        **METHOD.presets[preset].architecture,
    )
    recipe = resolve(replace(METHOD.presets[preset].recipe, precision=precision), Utterances.of(training))
    streams = [Stream(part, standardise, CPU) for part in (training, data.split("validation"))]
    trainer = Trainer(data.task, config, recipe, streams[0], streams[1], CPU)

    def epoch(first: bool) -> None:
        trainer.epoch = 0 if first else recipe.first_epochs
        trainer.one_epoch(trainer.stages[0 if first else 1])

    return Contestant(f"{preset}, {precision}", epoch, getattr(torch, precision), config.hidden, recipe.batch)


def published(data: DataSet, folder: Path, batch: int = 32) -> Contestant:
    """The published code at its published size."""
    training = data.split("train")
    standardise, pattern, task = Standardiser.fit(training), Pattern.parse("uniform(0.3)"), data.task
    code = PublishedCode(folder, data.dims, usual_max_length(data.utterances))
    parts = [[training[i] for i in range(s, min(s + batch, len(training)))] for s in range(0, len(training), batch)]
    batches = [code.batch(part, standardise, task.neutral) for part in parts]
    stream, rng = Stream(training, standardise, CPU), np.random.default_rng(0)
    shown = np.split(pattern(stream.utterances, task, rng), stream.utterances.starts[1:-1])
    masks = [shown[s : s + batch] for s in range(0, len(shown), batch)]
    return Contestant("published code", lambda first: code.epoch(batches, masks, first))


def compare(name: str, folder: Path | None, only: str | None, repeats: int) -> None:
    """Measure all contestants on one data set, taking turns, and print a table."""
    data = open_data(name)
    contestants = [published(data, folder)] if folder else []
    contestants += [ours(data, *which) for which in OURS]
    contestants = [one for one in contestants if only in (None, one.name)]
    rows = data.split("train")
    per_conversation = sum(map(len, rows)) / len(rows)
    for first in (True, False):
        for one in contestants:
            one.count(first)
        for _ in range(repeats):
            for one in contestants:
                one.measure(first)
        print(f"\n{name}, stage {2 - first}   s/epoch   GFLOP   GFLOP/s   of bare product   times as fast")
        for one in contestants:
            least = min(one.times[first])
            rate = one.operations[first] / least
            peak = best_product(one.dtype, round(one.batch * per_conversation), one.hidden)
            faster = f"{min(contestants[0].times[first]) / least:.1f}" if folder else "-"
            numbers = f"{least:8.2f} {one.operations[first] / 1e9:8.0f} {rate / 1e9:8.0f} {rate / peak:14.0%}"
            print(f"{one.name:24} {numbers} {faster:>14}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["hazumi_online.npz", "mosi.npz"])
    parser.add_argument("--published", type=Path, help="folder with an unpacked copy of the published code")
    parser.add_argument("--only", help="the contestant by the name in the table, for instance 'ours, bfloat16'")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(
        f"{torch.get_num_threads()} of {os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}, torch {torch.__version__}"
    )
    for name in options.data:
        compare(name, options.published, options.only, options.repeats)
    if options.only:
        print(f"peak of memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
