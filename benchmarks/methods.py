"""Times a training step of every method at its published size, on the shape of Hazumi: 8 conversations, 664 utterances.

    OMP_NUM_THREADS=1 python -m benchmarks.methods [--only gcnet imder] [--size ours] [--repeats 3]

Seconds are the processor's own on one thread, which others on the machine disturb little; the smallest of the repeats counts.
Published seconds were measured once, with the published code on an idle machine of the same kind. IMDer's generation is timed
on its own: what all score networks take for one step of the sampler on the whole batch.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Task
from comp_viz.methods.imder.network import IMDer
from comp_viz.methods.learning import Stage
from comp_viz.methods.registry import find_method, method_names

MODALITIES, DIMS = ("audio", "text", "video"), (384, 768, 66)
LENGTHS = (112, 100, 95, 90, 80, 70, 60, 57)
RATE = 0.3
SCALE = Task("sentiment", (), -3, 3, 0)
# Seconds of the published code for the same step; of IMDer without generating, of MoMKE both stages.
PUBLISHED = {
    ("momke", 1): 1.18, ("momke", 2): 3.21, ("gcnet", 2): 3.84, ("sdr_gnn", 2): 5.4, ("mmin", 2): 0.51,
    ("dicmor", 2): 1.7, ("imder", 1): 0.98,
}  # fmt: skip
PUBLISHED_PASS = 0.176  # of one of IMDer's score networks
SAMPLER_STEPS = 10  # in a training step of IMDer's second stage; published: 100


def example() -> Batch:
    """Random conversations of the usual lengths, three in ten entries missing."""
    generator = torch.Generator().manual_seed(0)
    B, S = len(LENGTHS), max(LENGTHS)
    valid = torch.arange(S) < torch.tensor(LENGTHS)[:, None]
    features = {u: torch.randn(B, S, width, generator=generator) for u, width in zip(MODALITIES, DIMS, strict=True)}
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


def compare(name: str, size: str, repeats: int) -> None:
    """Time every stage of one method and print the lines."""
    method, batch = find_method(name), example()
    preset = method.presets.get(size) or method.presets["ours"]
    shape = dict(preset.architecture)
    if name == "imder":
        shape["sampler_steps"] = SAMPLER_STEPS
    torch.manual_seed(0)
    network = method.build(method.config(MODALITIES, DIMS, max_length=max(LENGTHS), **shape)).train()
    recipe = replace(preset.recipe, first_epochs=1, second_epochs=1)
    learning = method.learning(network, SCALE, recipe)
    parameters = [*network.parameters(), *learning.companion.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)
    counted = ~batch.labels.isnan()

    def step(stage: Stage) -> None:
        shown = replace(batch, observed=batch.recorded) if stage.complete else batch
        optimizer.zero_grad()
        learning.objective(stage, shown, batch.labels, counted).losses["loss"].backward()
        optimizer.step()

    size_words = f"{sum(p.numel() for p in network.parameters()) / 1e6:6.2f} M"
    for stage in method.stages(recipe):
        learning.begin(stage)
        seconds = least(lambda stage=stage: step(stage), repeats)
        published = PUBLISHED.get((name, stage.number)) if size == "published" else None
        faster = f"{published:10.2f} {published / seconds:6.1f}" if published else ""
        print(f"{method.title:18} {size_words} stage {stage.number} {seconds:8.3f} s {faster}", flush=True)
    if isinstance(network, IMDer):
        print_generation(network.eval(), batch, repeats)


def print_generation(network: IMDer, batch: Batch, repeats: int) -> None:
    """What one step of the sampler takes, for all missing entries of the batch."""
    projected = network.project(batch.features, batch.observed, batch.valid)
    seconds = least(lambda: network.transfer(projected), repeats) / network.config.sampler_steps
    published = len(DIMS) * PUBLISHED_PASS
    faster = f"{published:10.2f} {published / seconds:6.1f}"
    print(f"{'':18} {'':8} sampler {seconds:8.3f} s {faster}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=method_names(), default=method_names())
    parser.add_argument("--size", choices=("published", "ours"), default="published")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("method             parameters            ours  published  times as fast")
    for name in options.only:
        compare(name, options.size, options.repeats)


if __name__ == "__main__":
    main()
