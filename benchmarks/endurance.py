"""Random visits of a crowd to a started dashboard for as long as one likes, with kills and damaged files in between.

    python -m benchmarks.endurance [--minutes 10] [--clients 10] [--seed 1] [--checkpoints lab,hazumi] [--damaged 40] [--quiet]

Copies the product and serves the copy, with a data folder and a temporary folder of its own. Visitors speak the browser's
protocol: they walk over the pages with random checkpoints, patterns, comparisons, stories and data sets, follow lectures, compare
checkpoints, hand over damaged data sets, and bring clips, damaged ones and the example, which is analysed. Damaged checkpoints,
stories and data sets lie among the sound ones; all are made from the seed. Charts of Coordinator, Propagation, Why and Compare,
and of the example clip, are compared with the library's. Meanwhile trainings, imports and analyses are begun and killed (not with
`--quiet`). In the end one page says what was seen; memory, threads, descriptors, child processes and temporary files before,
meanwhile, at most, and a minute after the last visitor. It exits with 1 when anything was wrong.
"""

import argparse
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from benchmarks.endurance_files import Damaged, write_damaged
from benchmarks.endurance_kills import Kills
from benchmarks.endurance_load import Load, State, settled
from benchmarks.endurance_visits import Crowd, Library, Seen, visit
from benchmarks.visitor import Visitor
from comp_viz.data.source import open_data

ROOT = Path(__file__).parents[1]
PARTS = ("app.py", ".streamlit", "comp_viz", "pages", "stories", "results", "examples", "docs", "checkpoints")
AFTER = 60  # seconds from the last visitor to the last look
MOST_WRONG = 40  # of what is wrong, in words


def copy_product(folder: Path) -> Path:
    """A copy that damaged things can be put into, and that stays as it is when the checkout changes."""
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder


@contextmanager
def serving(product: Path, data: Path, temporary: Path, log: Path) -> Iterator[tuple[int, str]]:
    """The dashboard while it runs: its process and address."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    environment = os.environ | {"COMP_VIZ_DATA": str(data), "TMPDIR": str(temporary)}
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=product, stdout=output, stderr=output, env=environment)
    try:
        wait_for(f"http://localhost:{port}/_stcore/health", log)
        yield server.pid, f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait()


def wait_for(health: str, log: Path) -> None:
    """Return once the server answers."""
    for _ in range(600):
        try:
            urlopen(health, timeout=5).read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The dashboard did not start: {log.read_text()}")


def endure(crowd: Crowd, clients: int, seed: int, kills: Kills | None, work: Path, table: Path) -> None:
    """Have so many visitors there at once until the time is over, and kill commands meanwhile."""
    with ThreadPoolExecutor(clients) as threads:
        visits = [threads.submit(visit, crowd, random.Random(1000 * seed + number)) for number in range(clients)]
        rng = random.Random(seed)
        while kills and not crowd.over:
            kills.once(rng, work, table)
    for one in visits:
        one.result()


def report(seen: Seen, kills: Kills | None, loads: dict[str, State], heading: str) -> str:
    """One page, in Markdown."""
    every = sorted(second for seconds in seen.seconds.values() for second in seconds)
    wrong = [*seen.wrong, *(kills.wrong if kills else ())]
    total, by_page = (
        seen.compared.total(),
        ", ".join(f"{page} {count}" for page, count in sorted(seen.compared.items())),
    )
    lines = [
        f"{heading}: {len(every)} pages opened, median {statistics.median(every):.2f} s, "
        f"19 of 20 within {every[int(0.95 * (len(every) - 1))]:.2f} s, worst {every[-1]:.2f} s; "
        f"{total - seen.different} of {total} answers equal to the library's ({by_page}).",
        "", f"| | {' | '.join(loads)} |", "|---" * (len(loads) + 1) + "|",
        *(f"| {name} | {' | '.join(str(load[name]) for load in loads.values())} |" for name in loads["before"]),
        "", "| page | opened | median, s | worst, s |", "|---|---|---|---|",
        *(f"| {page} | {len(s)} | {statistics.median(s):.2f} | {max(s):.2f} |" for page, s in sorted(seen.seconds.items())),
        "", f"Visits: {counted(seen.counts)}.",
        f"Killed: {counted(kills.counts)} ({kills.ended} had ended by themselves)." if kills else "Killed: nothing.",
        f"Wrong: {len(wrong)}.", *(f"- {text[:300]}" for text in wrong[:MOST_WRONG]),
    ]  # fmt: skip
    return "\n".join(lines)


def counted(counts: Counter[str]) -> str:
    """How often there was what."""
    return ", ".join(f"{count} × {name}" for name, count in sorted(counts.items())) or "nothing"


def run(options: argparse.Namespace, own: Path) -> int:
    """Prepare everything in a folder of our own, run, print the page, and return 1 when anything was wrong."""
    product, data, temporary, work = (own / name for name in ("product", "data", "temporary", "work"))
    for folder in (product, data, temporary, work):
        folder.mkdir()
    copy_product(product)
    damaged: Damaged = write_damaged(
        product, data, open_data("lab(conversations=20/5/5)"), options.damaged, options.seed
    )
    checkpoints, stories = (
        options.checkpoints.split(","),
        sorted(path.stem for path in (ROOT / "stories").glob("*.yaml")),
    )
    library, seen, kills = Library(product, work), Seen(), None if options.quiet else Kills(product)
    with serving(product, data, temporary, own / "log") as (process, address), Load(process, temporary) as load:
        with Visitor(address) as first:
            first.open("live", checkpoint=checkpoints[0])
        loads = {"before": load.now()}
        end = time.monotonic() + 60 * options.minutes
        crowd = Crowd(address, checkpoints, stories, damaged, library, seen, end)
        load.seen.clear()
        endure(crowd, options.clients, options.seed, kills, work, data / "sound.arrow")
        loads |= {f"after {share * options.minutes:g} min": load.at(share) for share in (0.25, 0.5, 0.75, 1)}
        loads |= {"at most": load.most(), "a minute after": settled(load, AFTER)}
    for line in (own / "log").read_text().splitlines():
        if any(f'File "{product / room}' in line for room in ("comp_viz", "pages", "app.py")):
            seen.fault(f"the server's log: {line}")
    heading = f"{options.minutes:g} minutes, {options.clients} visitors at once, seed {options.seed}"
    print(report(seen, kills, loads, heading))
    return bool(seen.wrong or (kills and kills.wrong))


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=10, help="visitors at once; 30 are a lecture hall")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--checkpoints", default="lab,lab-balanced,lab-dominant")
    parser.add_argument("--damaged", type=int, default=40, help="damaged files of each kind of thing")
    parser.add_argument("--quiet", action="store_true", help="kill nothing meanwhile")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="comp-viz-endurance-") as own:
        return run(options, Path(own))


if __name__ == "__main__":
    sys.exit(main())
