"""Random visits of a crowd to a started dashboard for as long as one likes, with kills and damaged files in between.

    python -m benchmarks.endurance [--minutes 10] [--clients 10] [--seed 1] [--checkpoints lab,lab-dominant] [--quiet]

Starts the dashboard itself, with a data folder and a temporary folder of its own. Visitors speak the browser's protocol:
each opens pages with random checkpoints, patterns, comparisons, stories and data sets, damaged ones among them, and leaves
again. Charts of some pages are compared with the library's. Meanwhile trainings, imports and analyses are begun and
killed (not with `--quiet`). In the end one page says what was seen; memory, threads, descriptors and temporary files before,
at most, and a minute after the last visitor. It exits with 1 when anything was wrong.
"""

import argparse
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import numpy as np
from websockets.exceptions import ConnectionClosed

from benchmarks.endurance_files import Kills, write_damaged
from benchmarks.visitor import PageShown, Visitor, chart_values
from comp_viz import View
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.source import open_data
from comp_viz.view_figures import figure

ROOT = Path(__file__).parents[1]
PAGES = (
    "live", "overview", "prototypes", "propagation", "coordinator", "why", "modulation", "imbalance", "robustness", "compare",
    "clips", "lecture", "data",
)  # fmt: skip
# Page -> the chart of it that is compared with the library's.
COMPARED = {"coordinator": "coordinator weights", "propagation": "attention row", "why": "contributions"}
STORIES = sorted(path.stem for path in (ROOT / "stories").glob("*.yaml"))
AFTER = 60  # seconds from the last visitor to the last look
DAMAGED = 40  # files
ROUNDING = 1e-4  # of single precision, with another number of threads


@dataclass
class Seen:
    """What happened, from all visitors."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # by page
    compared: int = 0
    wrong: list[str] = field(default_factory=list)  # in words
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, shown: PageShown, address: dict[str, str]) -> None:
        """A page that came."""
        with self.lock:
            self.seconds[shown.page].append(shown.seconds)
            self.wrong += [f"{shown.page} {address}: {message}" for message in shown.exceptions]

    def compare(self, shown: PageShown, address: dict[str, str], view: View) -> None:
        """What a page drew, with what the library draws."""
        expected = chart_values(figure(view, COMPARED[shown.page]).to_json())
        with self.lock:
            self.compared += 1
            drawn = [values for spec in shown.charts if (values := chart_values(spec)).shape == expected.shape]
            if not any(np.allclose(values, expected, atol=ROUNDING, equal_nan=True) for values in drawn):
                self.wrong.append(f"{shown.page} {address}: another chart than the library's")


@dataclass
class Load:
    """What the server takes."""

    process: int  # its number
    temporary: Path
    most: dict[str, int] = field(default_factory=dict)

    def now(self) -> dict[str, int]:
        """Megabytes, threads, descriptors and temporary files, as Linux tells."""
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        state = {
            "MB of memory": int(status["VmRSS"].split()[0]) >> 10, "threads": int(status["Threads"]),
            "descriptors": len(os.listdir(f"/proc/{self.process}/fd")), "temporary files": sum(path.is_file() for path in self.temporary.rglob("*")),
        }  # fmt: skip
        self.most = {name: max(value, self.most.get(name, 0)) for name, value in state.items()}
        return state


def random_address(rng: random.Random, checkpoints: list[str], damaged: list[str]) -> dict[str, str]:
    """What the address of a visitor names."""
    address = {"checkpoint": rng.choice(checkpoints)}
    if rng.random() < 0.8:
        kind = rng.choice(("uniform({})", "uniform({})", "only(text)", "rates(audio={},video={})"))
        address["pattern"] = kind.format(*[rng.randint(1, 7) / 10 for _ in range(2)])
        address["seed"] = str(rng.randint(1, 50))
    if rng.random() < 0.15:
        address["compare"] = rng.choice(checkpoints)
    if rng.random() < 0.1:
        address |= {"story": rng.choice(STORIES), "step": str(rng.randint(1, 7))}
    if rng.random() < 0.1:
        address["data"] = rng.choice(damaged)
    return address


def visit(address: str, end: float, rng: random.Random, checkpoints: list[str], damaged: list[str], seen: Seen) -> None:
    """One visitor after another, until the time is over: each opens an address, and goes from page to page."""
    while time.monotonic() < end:
        named = random_address(rng, checkpoints, damaged)
        plain = not {"data", "compare", "story"} & named.keys() and "uniform" in named.get("pattern", "")
        view = library_view(named) if plain else None
        try:
            with Visitor(address) as visitor:
                for page in rng.choices(PAGES, k=rng.randint(1, 8)):
                    shown = visitor.open(page, **named)
                    seen.note(shown, named)
                    if view and page in COMPARED:
                        seen.compare(shown, named, view)
                    if time.monotonic() > end:
                        return
        except (OSError, TimeoutError, ConnectionClosed) as error:
            with seen.lock:
                seen.wrong.append(f"a visitor was cut off: {error}")


def library_view(named: dict[str, str]) -> View | None:
    """What pages show at an address, to which data and conversation are added; None for checkpoints of other data than labs."""
    checkpoint = load_checkpoint(ROOT / "checkpoints" / named["checkpoint"])
    if checkpoint.card.data is None or not checkpoint.card.data.name.startswith("lab"):
        return None
    data = open_data(checkpoint.card.data.name)
    named |= {"data": checkpoint.card.data.name, "conversation": data.split("test")[0].id}
    return View.of(checkpoint, data, named["conversation"], named["pattern"], int(named["seed"]))


def serve(data: Path, temporary: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start the dashboard; its process and address."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    environment = os.environ | {"COMP_VIZ_DATA": str(data), "TMPDIR": str(temporary)}
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=environment)
    for _ in range(600):
        try:
            urlopen(f"http://localhost:{port}/_stcore/health", timeout=5).read()
            return server, f"http://localhost:{port}"
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The dashboard did not start: {log.read_text()}")


def report(seen: Seen, kills: Kills, loads: dict[str, dict[str, int]], minutes: float, clients: int) -> str:
    """One page, in Markdown."""
    every = sorted(second for seconds in seen.seconds.values() for second in seconds)
    lines = [
        f"{minutes:g} minutes, {clients} visitors at once: {len(every)} pages opened, median {statistics.median(every):.2f} s, "
        f"19 of 20 within {every[int(0.95 * (len(every) - 1))]:.2f} s, worst {every[-1]:.2f} s; "
        f"{seen.compared - sum('library' in text for text in seen.wrong)} of {seen.compared} answers equal to the library's.",
        "", f"| | {' | '.join(loads)} |", "|---" * (len(loads) + 1) + "|",
        *(f"| {name} | {' | '.join(str(load[name]) for load in loads.values())} |" for name in loads["before"]),
        "", "| page | opened | median, s | worst, s |", "|---|---|---|---|",
        *(f"| {page} | {len(s)} | {statistics.median(s):.2f} | {max(s):.2f} |" for page, s in sorted(seen.seconds.items())),
        "", f"Killed: {', '.join(f'{count} × {name}' for name, count in sorted(kills.counts.items())) or 'nothing'}"
        f" ({kills.ended} had ended by themselves).",
        f"Wrong: {len(seen.wrong) + len(kills.wrong)}.", *(f"- {text[:300]}" for text in [*seen.wrong, *kills.wrong][:30]),
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    """Run, print the page, and return 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--checkpoints", default="lab,lab-balanced,lab-dominant")
    parser.add_argument("--quiet", action="store_true", help="kill nothing meanwhile")
    options = parser.parse_args()
    checkpoints, seen, kills = options.checkpoints.split(","), Seen(), Kills()
    with tempfile.TemporaryDirectory(prefix="comp-viz-endurance-") as own:
        data, temporary, work = (Path(own) / name for name in ("data", "temporary", "work"))
        for folder in (data, temporary, work):
            folder.mkdir()
        damaged = write_damaged(data, open_data("lab(conversations=20/5/5)"), DAMAGED, options.seed)
        server, address = serve(data, temporary, Path(own) / "log")
        try:
            load = Load(server.pid, temporary)
            with Visitor(address) as first:
                first.open("live", checkpoint=checkpoints[0])
            loads = {"before": load.now()}
            end = time.monotonic() + 60 * options.minutes
            with ThreadPoolExecutor(options.clients + 1) as threads:
                visits = [
                    threads.submit(
                        visit, address, end, random.Random(1000 * options.seed + n), checkpoints, damaged, seen
                    )
                    for n in range(options.clients)
                ]
                rng = random.Random(options.seed)
                while time.monotonic() < end:
                    load.now()
                    if options.quiet:
                        time.sleep(1)
                    else:
                        kills.once(rng, work, data / "sound.arrow")
            for one in visits:
                one.result()
            loads |= {"at most": load.most}
            time.sleep(AFTER)
            loads |= {"a minute after": load.now()}
        finally:
            server.terminate()
            server.wait()
        seen.wrong += [
            f"the server's log: {line}"
            for line in (Path(own) / "log").read_text().splitlines()
            if f'File "{ROOT}/comp_viz' in line
        ]
    print(report(seen, kills, loads, options.minutes, options.clients))
    return bool(seen.wrong or kills.wrong)


if __name__ == "__main__":
    sys.exit(main())
