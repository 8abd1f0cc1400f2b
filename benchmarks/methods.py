"""Times a training step of every method, on the shape of Hazumi: 8 conversations, 664 utterances; and beside the published codes.

    OMP_NUM_THREADS=1 python -m benchmarks.methods [--only gcnet imder] [--size ours] [--precision bfloat16] [--repeats 3]

Seconds are the processor's own on one thread, which others on the machine disturb little; the smallest of the repeats counts.
IMDer's generation is timed on its own: what all score networks take for one step of the sampler on the whole batch.

    OMP_NUM_THREADS=1 python -m benchmarks.methods --published FOLDER

runs the published codes themselves beside ours, on the same arrays and by turns, and prints how far their losses are apart over
five steps without dropout; `--precision` is that of ours, theirs is float32. FOLDER holds their repositories as MoMKE, GCNet
(with MMIN's variant for utterances), SDR-GNN, DiCMoR and IMDer; GCNet and SDR-GNN need `torch_geometric`. DiCMoR and IMDer,
which answer once a recording and not at every utterance, are compared part by part, and DiCMoR's time as a whole.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks.published_methods import (
    BUILDERS,
    SCALE,
    Pair,
    dicmor_loss,
    in_bfloat16,
    largest_difference,
    published_pairs,
    sampling,
    whole_dicmor,
)
from comp_viz.data.batch import Batch
from comp_viz.methods.imder.network import IMDer
from comp_viz.methods.learning import Stage
from comp_viz.methods.registry import find_method, method_names

MODALITIES, DIMS = ("audio", "text", "video"), (384, 768, 66)
LENGTHS = (112, 100, 95, 90, 80, 70, 60, 57)
RATE = 0.3
SAMPLER_STEPS = 10  # in a training step of IMDer's second stage; published: 100
STEPS = 5  # over which losses are compared
CONVERSATIONS, SAMPLED_STEPS = 38, 2  # of Hazumi's test split, and of the sampler that generates them


def example(seed: int = 0) -> Batch:
    """Random conversations of the usual lengths, three in ten entries missing."""
    generator = torch.Generator().manual_seed(seed)
    B, S = len(LENGTHS), max(LENGTHS)
    valid = torch.arange(S) < torch.tensor(LENGTHS)[:, None]
    features = {
        u: torch.randn(B, S, width, generator=generator) * valid[..., None]
        for u, width in zip(MODALITIES, DIMS, strict=True)
    }
    recorded = valid[..., None].expand(-1, -1, len(DIMS)).clone()
    observed = recorded & (torch.rand(B, S, len(DIMS), generator=generator) > RATE)
    labels = torch.where(valid, torch.randn(B, S, generator=generator).clamp(-3, 3), torch.nan)
    return Batch(features, observed, valid, labels, recorded)


def least(task: Callable[[], object], repeats: int) -> float:
    """The fewest seconds of processor time a task took."""
    times = []
    for _ in range(repeats + 1):  # the first warms up
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    return min(times[1:])


def in_turn(first: Callable[[], object], second: Callable[[], object], repeats: int) -> tuple[float, float]:
    """The fewest seconds of processor time of two tasks that take turns."""
    times = [(least(first, 1), least(second, 1)) for _ in range(repeats)]
    return min(one[0] for one in times), min(one[1] for one in times)


def learning_of(name: str, size: str) -> Any:
    """A new network of a method with its objective, by a preset."""
    method = find_method(name)
    preset = method.presets.get(size) or method.presets["ours"]
    shape = dict(preset.architecture) | ({"sampler_steps": SAMPLER_STEPS} if name == "imder" else {})
    torch.manual_seed(0)
    network = method.build(method.config(MODALITIES, DIMS, max_length=max(LENGTHS), **shape)).train()
    return method.learning(network, SCALE, replace(preset.recipe, first_epochs=1, second_epochs=1))


def training_step(learning: Any, stage: Stage, batch: Batch, mixed: bool) -> Callable[[], None]:
    """One step of ours, in bfloat16 where `mixed`."""
    parameters = [*learning.network.parameters(), *learning.companion.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)
    shown = replace(batch, observed=batch.recorded) if stage.complete else batch

    def loss(batch: Batch) -> torch.Tensor:
        total: torch.Tensor = learning.objective(stage, batch, batch.labels, ~batch.labels.isnan()).losses["loss"]
        return total

    run = in_bfloat16(loss) if mixed else loss
    return step_of(learning.network, lambda: run(shown), optimizer)


def measure(name: str, size: str, mixed: bool, repeats: int) -> None:
    """Time every stage of one method and print the lines."""
    method, batch, learning = find_method(name), example(), learning_of(name, size)
    network = learning.network
    size_words = f"{sum(p.numel() for p in network.parameters()) / 1e6:6.2f} M"
    for stage in method.stages(learning.recipe):
        learning.begin(stage)
        seconds = least(training_step(learning, stage, batch, mixed), repeats)
        print(f"{method.title:18} {size_words} stage {stage.number} {seconds:8.3f} s", flush=True)
    if isinstance(network, IMDer):
        projected = network.eval().project(batch.features, batch.observed, batch.valid)
        seconds = least(lambda: network.transfer(projected), repeats) / network.config.sampler_steps
        print(f"{'':18} {'':8} sampler {seconds:8.3f} s", flush=True)


def compare(name: str, folder: Path, mixed: bool, repeats: int) -> None:
    """Run a published code beside ours on the same arrays and print the lines."""
    batches = [example(seed) for seed in range(STEPS)]
    torch.manual_seed(0)
    both = [published_pairs(name, folder, DIMS, dropout) for dropout in (0, 0.5)]
    if mixed:
        both = [[replace(pair, our_loss=in_bfloat16(pair.our_loss)) for pair in pairs] for pairs in both]
    for plain, pair in zip(*both, strict=True):
        times = in_turn(adam_step(pair, True, batches[0]), adam_step(pair, False, batches[0]), repeats)
        print_times(pair.title, *times, f"{largest_difference(plain, batches):.0e}")
    if name == "dicmor":
        network = whole_dicmor(folder, DIMS)
        theirs = step_of(
            network, lambda: dicmor_loss(network, batches[0]), torch.optim.Adam(network.parameters(), 1e-4)
        )
        ours = training_step(learning_of(name, "published"), Stage(2, 1), batches[0], mixed)
        print_times("DiCMoR as a whole", *in_turn(theirs, ours, repeats))
    if name == "imder" and not mixed:
        tasks = sampling(folder, CONVERSATIONS, SAMPLED_STEPS)
        print_times(f"  {SAMPLED_STEPS} steps of sampling", *in_turn(*tasks, repeats))


def adam_step(pair: Pair, published: bool, batch: Batch) -> Callable[[], None]:
    """One step of Adam of either side of a pair, as each of them trains."""
    network, loss = (pair.theirs, pair.their_loss) if published else (pair.ours, pair.our_loss)
    learned = [p for p in network.parameters() if p.requires_grad]
    kind = {} if published else {"fused": True}
    optimizer = torch.optim.Adam(learned, lr=pair.learning_rate, weight_decay=pair.weight_decay, **kind)
    return step_of(network, lambda: loss(batch), optimizer)


def step_of(
    network: nn.Module, loss: Callable[[], torch.Tensor], optimizer: torch.optim.Optimizer
) -> Callable[[], None]:
    """One step of a network in training."""
    network.train()

    def step() -> None:
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

    return step


def print_times(title: str, theirs: float, ours: float, apart: str = "") -> None:
    """A line of seconds."""
    print(f"{title:22} {ours:8.3f} {theirs:10.3f} {theirs / ours:8.1f}      {apart}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=method_names(), default=method_names())
    parser.add_argument("--size", choices=("published", "ours"), default="published")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="of ours")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--published", type=Path, metavar="FOLDER", help="of the unpacked published codes")
    options = parser.parse_args()
    torch.set_num_threads(1)
    mixed = options.precision == "bfloat16"
    if options.published:
        print("seconds                    ours  published  times as fast  losses apart")
    for name in options.only:
        if not options.published:
            measure(name, options.size, mixed, options.repeats)
        elif name in BUILDERS:
            compare(name, options.published, mixed, options.repeats)


if __name__ == "__main__":
    main()
