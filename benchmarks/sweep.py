"""Times a small grid with two workers against one, on the same machine.

    python -m benchmarks.sweep [--seeds 12] [--epochs 40]

One worker needs no Ray and pays nothing for it; two pay its start. Every run has one thread. Start it on a machine that
does nothing else: the load before each measurement is printed, and the ratio means little beside other work.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def grid(seeds: int, epochs: int) -> dict[str, Any]:
    """A sweep on the lab with as many runs as seeds."""
    return {
        "data": ["lab(conversations=100/20/20)"],
        "missing": [0.3],
        "methods": ["comp"],
        "seeds": list(range(seeds)),
        "evaluation": {"patterns": [0.3], "mask_seeds": 1},
        "recipe": {"first_epochs": epochs // 4, "second_epochs": epochs - epochs // 4},
        "architecture": {"hidden": 64},
    }


def seconds(folder: Path, workers: int) -> float:
    """Of the whole command, in folders of its own."""
    load, start = os.getloadavg()[0], time.perf_counter()
    command = [sys.executable, "-m", "comp_viz", "sweep", str(folder / "grid.yaml"), "--workers", str(workers)]
    subprocess.run(
        [*command, "--runs", str(folder / f"runs-{workers}")],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    took = time.perf_counter() - start
    print(
        f"{workers} worker{'s' * (workers > 1)}: {took:6.1f} s (load before: {load:.1f}, {os.cpu_count()} cores)",
        flush=True,
    )
    return took


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=12, help="runs in the grid")
    parser.add_argument("--epochs", type=int, default=40, help="of each run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "grid.yaml").write_text(json.dumps(grid(options.seeds, options.epochs)), encoding="utf-8")
        one, two = seconds(folder, 1), seconds(folder, 2)
    print(f"two workers take {two / one:.2f} of the time of one")


if __name__ == "__main__":
    main()
