"""Measures a mapped table of a million utterances: opening it, finding a conversation, streaming batches, statistics.

    python -m benchmarks.open_table [--utterances 1000000] [--folder FOLDER]

Makes the table first where the folder has none (2.5 GB, deterministic). Every measurement is a process of its own and
says how long it took and how much memory it held at most, pages of the file included.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas  # noqa: F401  (pyarrow loads it with the first array it hands to NumPy, which is not opening)
import torch

from comp_viz.data.batch import EVALUATED_TOGETHER, Standardiser, Stream
from comp_viz.data.conversation import Conversation, Task
from comp_viz.data.dataset import DataSet, Lazy, Utterances
from comp_viz.data.table.reader import open_table
from comp_viz.data.table.writer import write_table

WIDTHS = {"audio": 384, "text": 768, "video": 66}
LENGTH = 32  # utterances in a conversation
MISSING = 0.1


class Generated(Lazy):
    """Conversations of random features, each made from its number when asked for."""

    def __init__(self, count: int) -> None:
        rng = np.random.default_rng(0)
        N = count * LENGTH
        self.known = Utterances(
            tuple(WIDTHS),
            tuple(f"conversation-{number}" for number in range(count)),
            tuple(rng.choice(["train", "validation", "test"], count, p=[0.8, 0.1, 0.1]).tolist()),
            np.arange(count + 1) * LENGTH,
            rng.random((N, len(WIDTHS))) >= MISSING,
            rng.uniform(-3, 3, N).astype(np.float32),
            np.tile(np.array(["A", "B"], dtype=object), N // 2),
            rng.uniform(1, 8, N).astype(np.float32),
        )

    @property
    def utterances(self) -> Utterances:
        """What is known of all of them."""
        return self.known

    def one(self, row: int) -> Conversation:
        """Conversation number `row`."""
        known, part = self.known, slice(row * LENGTH, (row + 1) * LENGTH)
        noise = np.random.default_rng([1, row]).standard_normal((LENGTH, sum(WIDTHS.values())), np.float32)
        features = dict(zip(WIDTHS, np.split(noise, np.cumsum(list(WIDTHS.values()))[:-1], axis=1), strict=True))
        for u, x in enumerate(features.values()):
            x[~known.observed[part, u]] = 0
        words = tuple(f"utterance {s} of conversation {row}, in so many words" for s in range(LENGTH))
        return Conversation(
            id=known.ids[row],
            features=features,
            observed=known.observed[part],
            labels=known.labels[part],
            words=words,
            context=("",) * LENGTH,
            speakers=tuple(known.speakers[part].tolist()),
            durations=known.durations[part],
            split=known.splits[row],
        )


def make(path: Path, utterances: int) -> None:
    """Write the table where it is not there yet."""
    if path.exists():
        return
    start = time.perf_counter()
    data = DataSet("Generated", Task("sentiment"), Generated(utterances // LENGTH), {}, "none", digest="of the file")
    write_table(path, data, half=True)
    print(f"made {path} in {time.perf_counter() - start:.0f} s, {path.stat().st_size / 1e9:.2f} GB")


def opened(path: Path) -> str:
    """Open the table."""
    return f"{len(open_table(path).utterances):,} utterances"


def one_conversation(path: Path) -> str:
    """Open it and read one conversation by its id."""
    data = open_table(path)
    wanted = data.utterances.ids[-1]
    start = time.perf_counter()
    data.find(wanted)
    return f"the conversation alone {1000 * (time.perf_counter() - start):.1f} ms"


def streamed(path: Path) -> str:
    """Read all conversations in random order, as training does."""
    data = open_table(path)
    stream = Stream(data.conversations, Standardiser.identity(data.widths), torch.device("cpu"))
    order, rows = np.random.default_rng(2).permutation(len(stream)), 0
    for first in range(0, len(order), EVALUATED_TOGETHER):
        rows += int(stream.pick(order[first : first + EVALUATED_TOGETHER].tolist()).valid.sum())
    return f"{rows:,} utterances in batches of {EVALUATED_TOGETHER} conversations"


def fitted(path: Path) -> str:
    """Mean and deviation of every feature."""
    standardise = Standardiser.fit(open_table(path).conversations)
    return f"mean deviation {np.mean([deviation.mean() for deviation in standardise.std.values()]):.4f}"


STEPS: dict[str, Callable[[Path], str]] = {"open": opened, "find": one_conversation, "stream": streamed, "fit": fitted}


def peak() -> float:
    """The most memory this process has held, in GB (Linux)."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 2**20


def measure(step: str, path: Path) -> None:
    """Run one step and print a row of the table."""
    before, start = peak(), time.perf_counter()
    result = STEPS[step](path)
    print(f"{step:8} {time.perf_counter() - start:8.2f} s {before:8.2f} GB {peak():8.2f} GB   {result}")


def main() -> None:
    """Make the table, then measure each step in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--utterances", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "comp-viz-benchmark")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    path = options.folder / f"generated-{options.utterances}.arrow"
    if options.step:
        return measure(options.step, path)
    make(path, options.utterances)
    print(f"{'step':8} {'time':>10} {'imports':>11} {'at most':>11}")
    for step in STEPS:
        command = [sys.executable, __file__, "--utterances", str(options.utterances), "--folder", str(options.folder)]
        subprocess.run([*command, "--step", step], check=True)


if __name__ == "__main__":
    main()
