"""Makes many runs: one after the other in this process, or several at once as tasks of Ray, here or on a cluster."""

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import comp_viz
from comp_viz.device import choose_device
from comp_viz.errors import CompVizError
from comp_viz.sweep.carry_out import attempt, note_failure
from comp_viz.sweep.file import Sweep
from comp_viz.sweep.plan import Run

Outcome = tuple[Run, str]  # and why it failed, "" when it did not
STORE = 100 << 20  # bytes of Ray's shared memory; runs hand over a few words


def make_runs(runs: Sequence[Run], sweep: Sweep, root: Path) -> Iterator[Outcome]:
    """Make all runs in folders below `root`, giving each as it ends. Raises `CompVizError` when Ray is needed and absent."""
    if sweep.workers == 1 and sweep.address is None:
        return in_turn(runs, sweep, root)
    return on_ray(runs, sweep, root)


def in_turn(runs: Sequence[Run], sweep: Sweep, root: Path) -> Iterator[Outcome]:
    """One run after the other in this process: needs no Ray."""
    choose_device(device(sweep))  # say it once when there is no GPU, not for every run
    for run in runs:
        yield run, attempt(run, root, device(sweep), threads(sweep))


def on_ray(runs: Sequence[Run], sweep: Sweep, root: Path) -> Iterator[Outcome]:
    """As many runs at once as there are workers, each a task of Ray in a process of its own."""
    ray = start_ray(sweep)
    try:
        task = ray.remote(num_cpus=sweep.cpus, num_gpus=sweep.gpus, max_retries=0)(attempt)
        waiting, under_way = list(reversed(runs)), dict[Any, Run]()
        while waiting or under_way:
            while waiting and len(under_way) < sweep.workers:
                run = waiting.pop()
                under_way[task.remote(run, root.resolve(), device(sweep), threads(sweep))] = run
            done, _ = ray.wait(list(under_way))
            run = under_way.pop(done[0])
            try:
                yield run, ray.get(done[0])
            except ray.exceptions.RayError as error:  # the process itself came to an end: killed, or out of memory
                note_failure(root / run.folder, str(error))
                yield run, f"its process ended early: {' '.join(str(error).split())[:300]}"
    finally:
        ray.shutdown()


def start_ray(sweep: Sweep) -> Any:
    """Ray, started on this machine or joined by address. Raises `CompVizError` when that cannot be."""
    try:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing about anybody's sweep is reported to anyone
        os.environ.setdefault("RAY_worker_niceness", "0")  # else workers give way to all other work, unlike one worker
        import ray
    except ImportError:
        raise CompVizError(
            "Several workers need one more library: pip install 'comp-viz[sweep]', or pip install ray. "
            "With workers: 1 the sweep runs without it."
        ) from None
    options: dict[str, Any] = {
        "runtime_env": {"env_vars": environment(sweep)},
        "log_to_driver": False,
        "logging_level": "ERROR",
    }
    if sweep.address is None:
        options |= {"num_cpus": math.ceil(sweep.workers * sweep.cpus), "object_store_memory": STORE}
        options |= {"include_dashboard": False}
    try:
        ray.init(address=sweep.address or "local", **options)  # "local": not a cluster that happens to run here
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = f"at {sweep.address} " if sweep.address else ""
        raise CompVizError(f"Ray could not be reached {where}({' '.join(str(error).split())[:300]}).") from None
    there = ray.cluster_resources()
    for kind, wanted in (("CPU", sweep.cpus), ("GPU", sweep.gpus)):
        if wanted > there.get(kind, 0):  # it would wait for ever
            ray.shutdown()
            raise CompVizError(
                f"field '{kind.lower()}s': each run asks for {wanted:g}, and there are {there.get(kind, 0):g} {kind}s."
            )
    return ray


def environment(sweep: Sweep) -> dict[str, str]:
    """Of the workers: this package and the data root wherever the sweep was started, and few threads."""
    places = [str(Path(comp_viz.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    found = {"PYTHONPATH": os.pathsep.join(filter(None, places)), "OMP_NUM_THREADS": str(threads(sweep))}
    if root := os.environ.get("COMP_VIZ_DATA"):
        found["COMP_VIZ_DATA"] = str(Path(root).resolve())
    return found


def device(sweep: Sweep) -> str:
    """Where each run is trained: on the share of a GPU it asks for, else on the processor."""
    return "cuda" if sweep.gpus else "cpu"


def threads(sweep: Sweep) -> int:
    """Of each run: two that share a core would only slow each other down."""
    return max(1, int(sweep.cpus))
