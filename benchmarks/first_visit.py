"""How long the first visitor of a server waits for a picture: `python -m benchmarks.first_visit [--other FOLDER] [--visits 3]`.

Starts a fresh server for every visit, of this build and of the checkout in `--other` by turns, and opens it in a fresh Chromium
as soon as it answers. Prints the seconds from then until the first chart was there, and of the clip, where there is one, a frame.
"""

import argparse
import os
import statistics
import time
from collections import defaultdict
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.builds import chromium, folders, serving
from benchmarks.page_watch import DRAWN, PATIENCE


def first_picture(page: Page, address: str) -> float:
    """Seconds from asking for a page until it shows its picture."""
    start = time.perf_counter()
    page.goto(address)
    page.locator(DRAWN).first.wait_for(timeout=PATIENCE)
    if (clip := page.locator(".switchboard video")).count():
        clip.evaluate(
            "(clip) => clip.readyState >= 2 || new Promise((there) => clip.addEventListener('loadeddata', there))"
        )
    return time.perf_counter() - start


def visit(name: str, folder: Path, path: str) -> tuple[float, float]:
    """Seconds until the first picture of a fresh server, and of its processor."""
    with chromium() as browser, serving(name, folder) as build:
        seconds = first_picture(browser.new_page(viewport={"width": 1440, "height": 900}), build.address + path)
        return seconds, build.seconds()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--other", type=Path, help="a checkout of another build, measured by turns with this one")
    parser.add_argument("--path", default="", help="what to open, such as live?checkpoint=lab")
    parser.add_argument("--visits", type=int, default=3)
    options = parser.parse_args()
    visits: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(options.visits):
        for name, folder in folders(options.other).items():
            visits[name].append(visit(name, folder, options.path))
            print(f"{name}: {visits[name][-1][0]:.1f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    for name, times in visits.items():
        seconds, used = ([one[i] for one in times] for i in range(2))
        print(
            f"{name}: median {statistics.median(seconds):.1f} s, worst {max(seconds):.1f}; server's processor {statistics.median(used):.1f}"
        )


if __name__ == "__main__":
    main()
