"""Measures the import of a pickle of MMSA of 2 GB beside `pickle.load` of the same file: time, and memory at most.

    python -m benchmarks.import_pickle [--gigabytes 2] [--rounds 3] [--protocol 4]

Makes the file first, in the shape of MOSEI's `unaligned_50.pkl`, and removes it; `pickle.load` is given no other. Every
measurement is a process of its own, the two in turn, with the file in the system's cache; memory is the whole process with
all it imports.
"""

import argparse
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

STEPS = {"text": 50, "audio": 500, "vision": 500}
WIDTHS = {"text": 768, "audio": 74, "vision": 35}
SPLITS = {"train": 0.7, "valid": 0.1, "test": 0.2}
OURS = "from comp_viz.data.source import open_data\nstart = time.perf_counter()\ndata = open_data({path!r})"
THEIRS = "import pickle, numpy\nstart = time.perf_counter()\nwith open({path!r}, 'rb') as file:\n    data = pickle.load(file)"
MEASURED = """
import time
{act}
seconds = time.perf_counter() - start
with open("/proc/self/status") as file:
    print(seconds, next(line for line in file if line.startswith("VmHWM")).split()[1])
"""


def split_fields(rng: np.random.Generator, count: int) -> dict[str, Any]:
    """One split of so many utterances, four to a video."""
    fields: dict[str, Any] = {
        "id": [f"video{row // 4}_{count}$_${row % 4}" for row in range(count)],
        "raw_text": np.array([f"the words of utterance {row}" for row in range(count)]),
        "regression_labels": rng.uniform(-3, 3, count).astype(np.float32),
        "audio_lengths": rng.integers(50, 501, count).tolist(),
        "vision_lengths": rng.integers(50, 501, count).tolist(),
    }
    for name, steps in STEPS.items():
        lengths = np.array(fields.get(f"{name}_lengths", rng.integers(5, 51, count)))
        fields[name] = rng.standard_normal((count, steps, WIDTHS[name]), np.float32)
        fields[name][np.arange(steps) >= lengths[:, None]] = 0
    return fields


def make_pickle(path: Path, gigabytes: float, protocol: int) -> None:
    """Write the file."""
    utterance = 4 * sum(steps * WIDTHS[name] for name, steps in STEPS.items())
    count = gigabytes * 1e9 / utterance
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        pickle.dump({name: split_fields(rng, int(share * count)) for name, share in SPLITS.items()}, file, protocol)


def measure(act: str, path: Path) -> tuple[float, float]:
    """Seconds, and bytes of memory at most, of a process that does this with the file."""
    code = MEASURED.format(act=act.format(path=str(path)))
    seconds, kilobytes = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    return float(seconds), 1024 * float(kilobytes)


def main() -> None:
    """Measure both in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--protocol", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "unaligned_50.pkl"
        make_pickle(path, options.gigabytes, options.protocol)
        size = path.stat().st_size
        print(f"{path}: {size / 1e9:.2f} GB")
        measure(THEIRS, path)  # so that all measured ones find the file in the system's cache
        rounds = [(measure(OURS, path), measure(THEIRS, path)) for _ in range(options.rounds)]
    for ours, theirs in rounds:
        print(
            f"import {ours[0]:6.2f} s {ours[1] / 1e6:6.0f} MB    pickle.load {theirs[0]:6.2f} s {theirs[1] / 1e6:6.0f} MB"
        )
    faster = median(theirs[0] / ours[0] for ours, theirs in rounds)
    memory = max(ours[1] for ours, _ in rounds) / size
    print(f"as fast as pickle.load: {faster:.2f} times; memory at most {memory:.2f} of the file's size")


if __name__ == "__main__":
    main()
