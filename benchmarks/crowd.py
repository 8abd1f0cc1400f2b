"""What a crowd waits for a page: `python -m benchmarks.crowd [--other FOLDER] [--clients 10] [--turns 2]`.

Serves this build and the checkout in `--other` by turns, a fresh server each time. All visitors come at once, each opens four
pages one after the other, without a pause; then all once more on the same server. Every server is asked the same. Visitors have
no browser: a page is there when its script has ended. Prints the seconds of a page and of the server's processor, threads and
descriptors before and a minute after, and the ratios of this build to the other.
"""

import argparse
import os
import random
import statistics
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.builds import Build, folders, serving
from benchmarks.endurance_load import Load, State, settled
from benchmarks.visitor import Visitor

PAGES = (
    "live", "overview", "prototypes", "propagation", "coordinator", "why", "modulation", "imbalance", "robustness", "compare",
)  # fmt: skip
CHECKPOINTS = ("hazumi", "lab", "lab-balanced", "lab-dominant")
EACH = 4  # pages of a visitor
ROUNDS = ("first", "again")
AFTER = 60  # seconds from the last visitor to the last look
Opened = tuple[str, str, float]  # round, page, seconds


def visit(address: str, name: str, seed: int) -> list[Opened]:
    """One visitor: what it opened, which the seed says."""
    rng = random.Random(seed)
    named = {"checkpoint": rng.choice(CHECKPOINTS), "pattern": f"uniform(0.{rng.randint(1, 7)})", "seed": str(seed)}
    with Visitor(address) as visitor:
        return [(name, page, visitor.open(page, **named).seconds) for page in rng.sample(PAGES, EACH)]


def crowd(build: Build, clients: int) -> tuple[list[Opened], State, State]:
    """All visits of one server, and what it takes before and after."""
    load = Load(build.server.pid, Path(os.devnull))
    with Visitor(build.address) as first:
        first.open("live", checkpoint="lab")
    before = load.now()
    opened: list[Opened] = []
    with ThreadPoolExecutor(clients) as threads:
        for name in ROUNDS:
            for one in threads.map(partial(visit, build.address, name), range(clients)):
                opened += one
    return opened, before, settled(load, AFTER)


def measure(clients: int, turns: int, other: Path | None) -> dict[str, list[Opened]]:
    """All visits of each build, printed on the way."""
    visits: dict[str, list[Opened]] = defaultdict(list)
    for _ in range(turns):
        for name, folder in folders(other).items():
            with serving(name, folder) as build:
                opened, before, after = crowd(build, clients)
                used = build.seconds()
            visits[name] += opened
            kept = ", ".join(
                f"{what} {before[what]} → {after[what]}" for what in ("threads", "descriptors", "MB of memory")
            )
            print(f"{name}: processor {used:.1f} s; {kept}; load {os.getloadavg()[0]:.1f}", flush=True)
    return visits


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--other", type=Path, help="a checkout of another build, measured by turns with this one")
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--turns", type=int, default=2)
    options = parser.parse_args()
    visits = measure(options.clients, options.turns, options.other)
    of: dict[tuple[str, str], tuple[float, float]] = {}
    for name, opened in visits.items():
        for when in ROUNDS:
            seconds = {page: [s for r, p, s in opened if (r, p) == (when, page)] for page in PAGES}
            every = [s for each in seconds.values() for s in each]
            of[name, when] = statistics.median(every), max(every)
            slowest = max(seconds, key=lambda page: max(seconds[page], default=0))
            print(f"{name}, {when}: median {of[name, when][0]:.2f} s a page, worst {of[name, when][1]:.2f} ({slowest})")
    for when in ROUNDS if options.other else ():
        mine, its = of["this build", when], of["other build", when]
        print(f"{when}: {mine[0] / its[0]:.2f} of the other's median, {mine[1] / its[1]:.2f} of its worst")


if __name__ == "__main__":
    main()
