"""Measures every page in Chromium: from a change until all is still, what figures weigh on the wire, the server's memory.

    python -m benchmarks.pages [--pages live,robustness] [--checkpoint hazumi] [--changes 8] [--interactions 200]

Starts the dashboard itself, on the longest conversation. For every page it prints when the first chart was there and when
the page was still, then for every kind of change the median and the worst milliseconds until nothing moved any more, both
with the processor time they took, and the heaviest figure. Then it goes round the pages until `--interactions` changes were
made and prints the server's memory.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from benchmarks.live_click import FLAGS, PORT, ROOT, serving
from comp_viz.data.source import open_data

PAGES = "live,overview,prototypes,propagation,coordinator,why,modulation,imbalance,robustness,compare"
NOT_OWN = re.compile("Compare with|Split")  # selectboxes that draw a page twice, or have a whole split measured
DRAWN = "[data-testid=stMain] .js-plotly-plot .main-svg, [data-testid=stMain] .diagram svg, .availability_matrix .plot path"  # a chart, or the diagram
QUIET = 300  # milliseconds without a run of the server or a change on the page after which it counts as still
STILL = f"""window.ran && performance.now() - window.last > {QUIET}
  && !document.querySelector('[data-testid=stMain] [data-testid=stProgress]')"""
PATIENCE = 600_000  # milliseconds; Robustness measures for minutes on a busy machine
# Notes the last moment at which the server ran or something on the page changed.
WATCH = """
() => {
  const app = document.querySelector('[data-testid=stApp]');
  window.begun = window.last = performance.now();
  window.ran = false;
  const touched = () => { window.last = performance.now(); };
  window.watcher?.disconnect();
  window.watcher = new MutationObserver((changes) => {
    window.ran ||= changes.some((change) => change.attributeName === 'data-test-script-state');
    touched();
  });
  window.watcher.observe(app, { childList: true, subtree: true, attributes: true, characterData: true });
  cancelAnimationFrame(window.looking);
  const look = () => {
    if (app.dataset.testScriptState === 'running') { window.ran = true; touched(); }
    window.looking = requestAnimationFrame(look);
  };
  look();
}
"""


class Wire:
    """What came from the server: the heaviest message that carries a figure, and all bytes."""

    def __init__(self, page: Page) -> None:
        self.heaviest = self.total = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self.received))

    def received(self, payload: str | bytes) -> None:
        """Count a message."""
        self.total += len(payload)
        if isinstance(payload, bytes) and b'"layout":' in payload:
            self.heaviest = max(self.heaviest, len(payload))


def settled(page: Page, change: Callable[[], object]) -> float:
    """Make a change; milliseconds until the page was still, without the waiting that shows it is."""
    page.evaluate(WATCH)
    change()
    page.wait_for_function(STILL, timeout=PATIENCE)
    return float(page.evaluate("window.last - window.begun"))


def navigation_link(page: Page, title: str) -> Locator:
    """The link to a page in the navigation, its group opened."""
    link = page.get_by_test_id("stTopNav").get_by_role("link", name=title)
    for group in page.get_by_test_id("stTopNavSection").all():
        if link.count():
            break
        group.click()
        page.get_by_role("menuitem").first.wait_for()
        link = page.get_by_role("menuitem", name=title)
        if not link.count():
            page.keyboard.press("Escape")
            page.get_by_role("menuitem").first.wait_for(state="hidden")
    return link


def opened(page: Page, name: str) -> tuple[float, float]:
    """Go to a page by the navigation; milliseconds until it shows a chart, and until it is still."""
    link = navigation_link(page, name.capitalize())
    page.evaluate("window.last = 0")
    start = time.perf_counter()
    page.evaluate(WATCH)
    link.click()
    page.wait_for_url(re.compile(rf"/{name}\b" if name != "live" else r"\d/(\?|$)"))
    page.locator(DRAWN).first.wait_for(timeout=PATIENCE)
    first = 1000 * (time.perf_counter() - start)
    page.wait_for_function(STILL, timeout=PATIENCE)
    return first, float(page.evaluate("window.last - window.begun"))


def other_option(page: Page, box: Locator) -> None:
    """Take the option of a selectbox below the one it shows, and of the last one the first."""
    shown = box.locator("input").input_value()
    box.locator("input").click()
    options = page.get_by_role("option")
    options.first.wait_for()
    names = options.all_inner_texts()
    options.nth((names.index(shown) + 1) % len(names)).click()


def other_button(group: Locator) -> None:
    """Press the button after the one that is pressed, and after the last one the first: the same one again changes nothing."""
    buttons = group.get_by_role("radio")
    pressed = buttons.evaluate_all("all => all.findIndex(button => button.ariaChecked === 'true')")
    buttons.nth((pressed + 1) % buttons.count()).click()


def kinds(page: Page) -> dict[str, Callable[[], object]]:
    """The changes that the open page offers: another utterance, another missing pattern, its own first control."""
    changes: dict[str, Callable[[], object]] = {}
    step = page.locator("[data-testid=stMain]").get_by_test_id("stNumberInputStepUp").first
    if step.count():
        changes["another utterance"] = step.click
    pattern = page.locator("[data-testid=stSidebar] [data-testid=stSelectbox]").filter(has_text="Missing pattern")
    changes["another pattern"] = lambda: other_option(page, pattern)
    main = page.locator("[data-testid=stMain]")
    own = main.locator("[data-testid=stSelectbox]").filter(has_not_text=NOT_OWN).first
    if own.count():
        changes[f"its control: {own.inner_text().splitlines()[0]}"] = lambda: other_option(page, own)
        return changes
    group = main.get_by_test_id("stButtonGroup").first
    if group.count():
        changes["its control"] = lambda: other_button(group)
    return changes


def memory(server: subprocess.Popen[bytes]) -> float:
    """Resident memory of the server, in MB."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


class Processor:
    """Processor time of the server and of the page's main thread, which other work on the machine hardly changes."""

    def __init__(self, page: Page, server: subprocess.Popen[bytes]) -> None:
        self.server = server
        self.tools = page.context.new_cdp_session(page)
        self.tools.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.before = self.used()

    def used(self) -> tuple[float, float]:
        """So far, in milliseconds."""
        user, system = Path(f"/proc/{self.server.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        page = {each["name"]: each["value"] for each in self.tools.send("Performance.getMetrics")["metrics"]}
        return 1000 * (int(user) + int(system)) / os.sysconf("SC_CLK_TCK"), 1000 * page["TaskDuration"]

    def since(self, changes: int = 1) -> str:
        """What a change took since it was asked last."""
        before, self.before = self.before, self.used()
        server, browser = ((now - then) / changes for now, then in zip(self.before, before, strict=True))
        return f"processor time: server {server:.0f} ms, browser {browser:.0f} ms"


def measure_page(page: Page, wire: Wire, processor: Processor, name: str, changes: int) -> None:
    """Print what opening a page and each kind of change takes."""
    wire.heaviest = wire.total = 0
    processor.since()
    first, still = opened(page, name)
    result = f"first chart {first:.0f} ms, still {still:.0f} ms, {processor.since()}"
    weighed = f"heaviest figure {wire.heaviest / 1000:.0f} kB, {wire.total / 1000:.0f} kB in all"
    print(f"{name:12} opened: {result}, {weighed}", flush=True)
    for kind, change in kinds(page).items():
        wire.heaviest = 0
        processor.since()
        times = [settled(page, change) for _ in range(changes)]
        result = f"median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms, {processor.since(changes)}"
        print(f"{name:12} {kind}: {result}, heaviest figure {wire.heaviest / 1000:.0f} kB", flush=True)


def interact(page: Page, server: subprocess.Popen[bytes], names: list[str], interactions: int) -> None:
    """Go round the pages and their changes; print the server's memory before, in between and at the end."""
    print(f"memory of the server: {memory(server):.0f} MB after every page was open", flush=True)
    made = 0
    for name in cycle(names):
        opened(page, name)
        for change in islice(cycle(kinds(page).values()), 9):
            settled(page, change)
        made += 10
        print(f"memory of the server: {memory(server):.0f} MB after {made} interactions ({name})", flush=True)
        if made >= interactions:
            return


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", default=PAGES)
    parser.add_argument("--checkpoint", default="hazumi")
    parser.add_argument("--data", default="hazumi_online.npz")
    parser.add_argument("--changes", type=int, default=8)
    parser.add_argument("--interactions", type=int, default=200)
    options = parser.parse_args()
    names = options.pages.split(",")
    longest = max(open_data(options.data).conversations, key=len)
    with serving("this build", ROOT, PORT) as build, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 1200})
        page.set_default_timeout(PATIENCE)
        wire, processor = Wire(page), Processor(page, build.server)
        page.goto(f"{build.address}data?checkpoint={options.checkpoint}&conversation={longest.id}")
        page.get_by_text("Data set to browse").wait_for()
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        print(f"{options.checkpoint} on {longest.id}: {len(longest)} utterances")
        for name in names:
            measure_page(page, wire, processor, name, options.changes)
        interact(page, build.server, names, options.interactions)
        browser.close()


if __name__ == "__main__":
    main()
