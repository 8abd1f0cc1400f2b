"""Measures every page in Chromium: from a change until all is still, what figures weigh on the wire, the server's memory.

    python -m benchmarks.pages [--other FOLDER] [--pages live,robustness] [--checkpoint hazumi] [--changes 9] [--interactions 200]

Starts the dashboard itself, on the longest conversation; that of the checkout in `--other` as well, so that two builds are
measured by turns. Of every page it prints when the first chart was there and when the page was still, then of every kind of
change the milliseconds from the press until nothing moved any more, the processor time of server and page, and the heaviest
figure; of two builds the ratios of medians and of the smallest, which a busy machine disturbs less. Then it goes round the pages
of this build until `--interactions` changes were made, and prints the server's memory. Motion is reduced, else the clip on the
first page would play and nothing would ever be still.
"""

import argparse
import os
import re
import statistics
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.builds import TURNS, Build, chromium, serving_builds
from benchmarks.page_changes import common_changes, navigation_link, own_controls, shared_control
from benchmarks.page_watch import PATIENCE, first_chart, settled
from benchmarks.server_runs import note_runs
from comp_viz.data.source import open_data

PAGES = "example,live,overview,prototypes,propagation,coordinator,why,modulation,imbalance,claims,robustness,compare"
ELSEWHERE = "lecture"  # a page that is not measured, and has no chart


@dataclass(frozen=True)
class Cost:
    """What one change cost: milliseconds by the clock and of the processor."""

    clock: float
    server: float = 0
    browser: float = 0


@dataclass
class PagesBuild(Build):
    """A build that is served, its page in a browser, and what was measured of it by page and kind of change."""

    page: Page
    wire: "Wire"
    costs: dict[tuple[str, str], list[Cost]] = field(default_factory=lambda: defaultdict(list))
    heaviest: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # bytes of a figure's message, by page
    controls: dict[str, str] = field(default_factory=dict)  # the name of a page's own first control

    def __post_init__(self) -> None:
        self.tools = self.page.context.new_cdp_session(self.page)
        self.tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def processor(self) -> tuple[float, float]:
        """Milliseconds of the server and of the page's main thread so far, which other work on the machine hardly changes."""
        page = {each["name"]: each["value"] for each in self.tools.send("Performance.getMetrics")["metrics"]}
        return 1000 * self.seconds(), 1000 * page["TaskDuration"]

    def note(self, name: str, kind: str, measure: Callable[[], float]) -> None:
        """Measure a change and keep what it cost."""
        server, browser = self.processor()
        self.wire.heaviest = 0
        clock = measure()
        after = self.processor()
        self.costs[name, kind].append(Cost(clock, after[0] - server, after[1] - browser))
        self.heaviest[name] = max(self.heaviest[name], self.wire.heaviest)

    def memory(self) -> float:
        """Resident memory of the server, in MB."""
        status = Path(f"/proc/{self.server.pid}/status").read_text(encoding="utf-8")
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


class Wire:
    """What comes from the server: the heaviest message that carries a figure."""

    def __init__(self, page: Page) -> None:
        self.heaviest = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self.receive))

    def receive(self, payload: str | bytes) -> None:
        """Weigh a message."""
        if isinstance(payload, bytes) and b'"layout":' in payload:
            self.heaviest = max(self.heaviest, len(payload))


def begin(build: Build, browser: Browser, query: str) -> PagesBuild:
    """Open a page of a build from which all others are opened, with what is to be measured."""
    page = browser.new_context(viewport={"width": 1440, "height": 1200}, reduced_motion="reduce").new_page()
    page.set_default_timeout(PATIENCE)
    note_runs(page.context)
    wire = Wire(page)
    page.goto(f"{build.address}{ELSEWHERE}?{query}")
    page.get_by_test_id("stTopNav").wait_for()
    page.wait_for_function("window.serverRan(0)")
    return PagesBuild(**vars(build), page=page, wire=wire)


def open_from_navigation(build: PagesBuild, name: str) -> bool:
    """Open a page, if the build has it, coming from one that is not measured; note what it cost."""
    page = build.page
    if not page.url.split("?")[0].endswith(f"/{ELSEWHERE}") and (way := navigation_link(page, ELSEWHERE)):
        settled(page, way.click)
    if not (link := navigation_link(page, name)):
        return False
    build.note(name, "opened, still", lambda: settled(page, link.click))
    if (drawn := first_chart(page)) is not None:  # a part of a page may be a table
        build.costs[name, "opened, first chart"].append(Cost(drawn))
    return True


def measure_page(builds: list[PagesBuild], name: str, changes: int) -> None:
    """Open a page in each build that has it, and make some changes of each kind on it."""
    there = [build for build in builds if open_from_navigation(build, name)]
    if not there:
        raise SystemExit(f"No build has a page called {name}. The pages are {PAGES}.")
    for build, own in zip(there, shared_control([own_controls(build.page) for build in there]), strict=True):
        offered = common_changes(build.page)
        if own:
            offered["its own control"] = own
            build.controls[name] = own.control
        for kind, change in offered.items():
            for _ in range(changes):
                build.note(name, kind, partial(settled, build.page, change.make, change.asks))


def interact(build: PagesBuild, names: list[str], interactions: int) -> None:
    """Go round the pages and their changes; print the server's memory before, in between and at the end."""
    print(f"\nmemory of the server: {build.memory():.0f} MB after every page was open", flush=True)
    made = 0
    for name in cycle(names):
        open_from_navigation(build, name)
        for change in islice(cycle([*common_changes(build.page).values(), *own_controls(build.page)[:1]]), 9):
            settled(build.page, change.make, change.asks)
        made += 10
        print(f"memory of the server: {build.memory():.0f} MB after {made} interactions ({name})", flush=True)
        if made >= interactions:
            return


def median(costs: list[Cost], what: str) -> float:
    """Of one kind of cost."""
    return float(statistics.median(getattr(cost, what) for cost in costs))


def row(builds: list[PagesBuild], name: str, kind: str) -> str:
    """A line of the table: each build's costs, the ratio of their medians, and that of their smallest."""
    cells, clocks = [], []
    for build in builds:
        if not (costs := build.costs.get((name, kind))):
            cells.append("–")
            continue
        times = [cost.clock for cost in costs]
        clocks.append((statistics.median(times), min(times)))
        used = f"; {median(costs, 'server'):.0f} + {median(costs, 'browser'):.0f}" if costs[0].browser else ""
        cells.append(f"{clocks[-1][0]:.0f} ({min(times):.0f} to {max(times):.0f}{used})")
    ratios = [f"{this / other:.2f}" for this, other in zip(*clocks, strict=True)] if len(clocks) == 2 else ["", ""]
    return f"| {name} | {kind} | {' | '.join((*cells, *ratios))} |"


def print_page(builds: list[PagesBuild], name: str) -> None:
    """Print what was measured of a page."""
    kinds = dict.fromkeys(kind for build in builds for page, kind in build.costs if page == name)
    for kind in sorted(kinds, reverse=True):
        print(row(builds, name, kind))
    for build in builds:
        own = f", its own control: {build.controls[name]}" if name in build.controls else ""
        print(f"    {build.name}: heaviest figure {build.heaviest[name] / 1000:.0f} kB{own}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--other", type=Path, help="a checkout of another build, measured by turns with this one")
    parser.add_argument("--pages", default=PAGES)
    parser.add_argument("--checkpoint", default="hazumi")
    parser.add_argument("--data", default="hazumi_online.npz")
    parser.add_argument("--changes", type=int, default=9, help="of each kind on each page")
    parser.add_argument("--interactions", type=int, default=200, help="0 leaves the memory out")
    options = parser.parse_args()
    names = options.pages.split(",")
    longest = max(open_data(options.data).conversations, key=len)
    query = f"checkpoint={options.checkpoint}&conversation={longest.id}"
    with serving_builds(options.other) as served, chromium() as browser:
        builds = [begin(build, browser, query) for build in served]
        print(f"{options.checkpoint} on {longest.id}: {len(longest)} utterances, {os.cpu_count()} cores")
        print(
            "Milliseconds: median (smallest to worst; processor time of the server + of the page). "
            + ", ".join(f"{b.name}: {b.folder}" for b in builds)
        )
        for name in names:
            for _ in range(TURNS):
                measure_page(builds, name, options.changes // TURNS)
            print(f"load {os.getloadavg()[0]:.1f}")
            print_page(builds, name)
        if options.interactions:
            interact(builds[0], names, options.interactions)


if __name__ == "__main__":
    main()
