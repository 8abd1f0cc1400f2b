"""Ray, started in one way wherever it is used: on this machine or joined by its address, and left at the end."""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from comp_viz.child_process import check_importable
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

STORE = 100 << 20  # bytes of Ray's shared memory: what is handed over here is small
INSTALL = "pip install 'comp-viz[sweep]', or pip install ray."


@contextmanager
def running_ray(
    needed_by: str,
    threads: int,
    address: str | None = None,
    cpus: int | None = None,
    modules: tuple[str, ...] = (),
    otherwise: str = "",
) -> Iterator[Any]:
    """Give the library while its workers run, each with `threads`; without an address they run here, on at most `cpus`.

    `modules` are further ones that are used. Raises `CompVizError` when Ray is not installed, which says what it is `needed_by`
    and what to do `otherwise`; when it cannot be reached; and when workers here could not import this package.
    """
    ray = _import_ray(modules, f"{needed_by} one more library: {INSTALL} {otherwise}".strip())
    options: dict[str, Any] = {
        "runtime_env": {"env_vars": worker_environment(threads)},
        "log_to_driver": False,
        "logging_level": "ERROR",
    }
    if address is None:
        check_importable()
        options |= {"num_cpus": cpus, "object_store_memory": STORE, "include_dashboard": False}
    try:
        ray.init(address=address or "local", **options)  # "local": not a cluster that happens to run here
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = f"at {address} " if address else ""
        raise CompVizError(
            f"Ray could not be reached {where}({shortened(' '.join(str(error).split()), 300)})."
        ) from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _import_ray(modules: tuple[str, ...], problem: str) -> Any:
    """The library, set to report nothing and to give workers the priority of other work."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing about anybody's data is reported to anyone
    os.environ.setdefault("RAY_worker_niceness", "0")  # else workers give way to all other work, unlike one worker
    try:
        import ray

        for name in modules:
            importlib.import_module(name)
    except ImportError:
        raise CompVizError(problem) from None
    return ray


def worker_environment(threads: int) -> dict[str, str]:
    """Of the workers: few threads, and the data root wherever Ray was started."""
    data = {"COMP_VIZ_DATA": str(Path(root).resolve())} if (root := os.environ.get("COMP_VIZ_DATA")) else {}
    return {"OMP_NUM_THREADS": str(threads)} | data
