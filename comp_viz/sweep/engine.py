"""Makes many runs: one after the other in this process, or several at once as tasks of Ray, here or on a cluster."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from comp_viz.device import choose_device
from comp_viz.errors import CompVizError
from comp_viz.ray_start import running_ray
from comp_viz.sweep.carry_out import attempt, note_failure
from comp_viz.sweep.file import Sweep
from comp_viz.sweep.plan import Run
from comp_viz.wording import shortened

Outcome = tuple[Run, str]  # and why it failed, "" when it did not


def make_runs(runs: Sequence[Run], sweep: Sweep, root: Path) -> Iterator[Outcome]:
    """Make all runs in folders below `root`, giving each as it ends. Raises `CompVizError` when Ray is needed and absent."""
    if sweep.workers == 1 and sweep.address is None:
        return make_in_turn(runs, sweep, root)
    return make_on_ray(runs, sweep, root)


def make_in_turn(runs: Sequence[Run], sweep: Sweep, root: Path) -> Iterator[Outcome]:
    """One run after the other in this process: needs no Ray."""
    choose_device(run_device(sweep))  # say it once when there is no GPU, not for every run
    for run in runs:
        yield run, attempt(run, root, run_device(sweep), run_threads(sweep))


def make_on_ray(runs: Sequence[Run], sweep: Sweep, root: Path) -> Iterator[Outcome]:
    """As many runs at once as there are workers, each a task of Ray in a process of its own."""
    cpus = math.ceil(sweep.workers * sweep.cpus)
    without = "With workers: 1 the sweep runs without it."
    with running_ray("Several workers need", run_threads(sweep), sweep.address, cpus, otherwise=without) as ray:
        check_resources(sweep, ray.cluster_resources())
        task = ray.remote(num_cpus=sweep.cpus, num_gpus=sweep.gpus, max_retries=0)(attempt)
        waiting, under_way = list(reversed(runs)), dict[Any, Run]()
        while waiting or under_way:
            while waiting and len(under_way) < sweep.workers:
                run = waiting.pop()
                under_way[task.remote(run, root.resolve(), run_device(sweep), run_threads(sweep))] = run
            ended, _ = ray.wait(list(under_way))
            run = under_way.pop(ended[0])
            try:
                yield run, ray.get(ended[0])
            except ray.exceptions.RayError as error:  # the process itself came to an end: killed, or out of memory
                note_failure(root / run.folder, str(error))
                yield run, f"its process ended early: {shortened(' '.join(str(error).split()), 300)}"


def check_resources(sweep: Sweep, resources: Mapping[str, float]) -> None:
    """Raise `CompVizError` when a run asks for more than there is, for which it would wait for ever."""
    for kind, needed in (("CPU", sweep.cpus), ("GPU", sweep.gpus)):
        if needed > resources.get(kind, 0):
            raise CompVizError(
                f"field '{kind.lower()}s': each run asks for {needed:g}, and there are {resources.get(kind, 0):g} {kind}s."
            )


def run_device(sweep: Sweep) -> str:
    """Where each run is trained: on the share of a GPU it asks for, else on the processor."""
    return "cuda" if sweep.gpus else "cpu"


def run_threads(sweep: Sweep) -> int:
    """Of each run: two that share a core would only slow each other down."""
    return max(1, int(sweep.cpus))
