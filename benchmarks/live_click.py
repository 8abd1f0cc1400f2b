"""Measures Live in Chromium: a click until every chart is redrawn, a drag, the first answer, a slow phone, many visitors.

    python -m benchmarks.live_click [--other FOLDER] [--checkpoint hazumi] [--conversation ID] [--clicks 30] [--visitors 30]

Starts the dashboard itself; of the checkout in `--other` as well, so that two builds are measured by turns in one run. Times are
milliseconds unless stated otherwise, as a median with the 90th percentile.
"""

import argparse
import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from benchmarks.builds import ROOT, TURNS, Build, chromium, serving_builds
from benchmarks.live_visitors import LiveVisitors
from benchmarks.server_runs import note_runs
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.source import open_data

DRAWN = ".js-plotly-plot .main-svg, .availability_matrix .plot path"
HERE = ".availability_matrix .where[data-here=yes]"  # the model runs in the browser
# `lines` is what the charts show, of Plotly or of our own component; `hatched` how many bars stand for missing entries, in our
# own only; `missing` how many cells of the matrix do. Noted are the moments of the pointer, by its own clock, with what was
# missing then; those of every redrawing, with what it showed; and when the server's run was over.
WATCH = """
() => {
  const roots = () => [document, ...[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].map((host) => host.shadowRoot)];
  const all = (selector) => roots().flatMap((root) => [...(root?.querySelectorAll(selector) ?? [])]);
  const drawn = (selector) => all(selector).map((line) => line.getAttribute('d')).join();
  const lines = () => drawn('.js-plotly-plot path.js-line, .plot path');
  const hatched = () => drawn('.plot path[fill="url(#missing)"]').split('M').length - 1;
  const missing = () => all('.cell.missing[data-s]').length;
  const before = { missing: missing(), hatched: hatched() };
  window.watched = { lifted: null, finished: null, moves: [], redraws: [] };
  const seen = window.watched;
  let last = lines();
  const look = () => {
    if (seen !== window.watched) return;
    const at = performance.now();
    const now = lines();
    if (now && now !== last) { last = now; seen.redraws.push({ at, taken: hatched() - before.hatched }); }
    if (seen.lifted && seen.redraws.length && window.serverRan(seen.lifted)) seen.finished ??= performance.now();
    requestAnimationFrame(afterFrame);
  };
  const afterFrame = () => setTimeout(look); // after all that is drawn in this frame, whoever asked for the frame first
  const moved = (event) => {
    if (seen === window.watched && event.buttons) seen.moves.push({ at: event.timeStamp, taken: missing() - before.missing });
  };
  addEventListener('pointerdown', moved, { once: true });
  addEventListener('pointermove', moved);
  addEventListener('pointerup', () => (seen.lifted = performance.now()), { once: true, capture: true });
  requestAnimationFrame(afterFrame);
}
"""


@dataclass
class LiveBuild(Build):
    """A build that is served, its page in a browser, and what was measured of it."""

    page: Page | None = None
    first: list[float] = field(default_factory=list)  # seconds: frame, first picture, model in the browser
    clicks: list[float] = field(default_factory=list)
    runs: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def open_page(build: LiveBuild, browser: Browser, query: str) -> None:
    """Open Live anew, and note when its frame, the first picture and the model were there."""
    build.page = page = browser.new_page(viewport={"width": 1440, "height": 1200})
    note_runs(page.context)
    begin = time.perf_counter()
    page.goto(build.address + query)
    marks = []
    for selector in (".cell[data-s]", DRAWN, HERE):
        if selector == HERE and not page.locator(".availability_matrix .where").count():
            break  # a build whose server answers
        page.locator(selector).first.wait_for(state="attached", timeout=120_000)
        marks.append(time.perf_counter() - begin)
    build.first = marks
    page.wait_for_timeout(2000)


def cell(page: Page, utterance: int, modality: int) -> Locator:
    """A cell of the matrix, which older builds call by another name."""
    return page.locator(f'.cell[data-s="{utterance}"][data-m="{modality}"]')


def click(build: LiveBuild, utterance: int, modality: int, whole: bool = True) -> tuple[float, float]:
    """Click a cell; milliseconds until all charts were redrawn, and, with the `whole`, until the server's run was over."""
    page = build.page
    assert page
    page.evaluate(WATCH)
    cell(page, utterance, modality).click()
    over = "window.watched.finished" if whole else "window.watched.lifted && window.watched.redraws.length"
    page.wait_for_function(over, timeout=60_000)
    redrawn, finished = page.evaluate(
        """() => {
          const { moves: [{ at: pressed }], redraws, finished, lifted } = window.watched;
          return [redraws.find(({ at }) => at > pressed).at - pressed, finished - lifted];
        }"""
    )
    page.wait_for_timeout(300 if whole else 1500)
    return redrawn, finished


def click_along(build: LiveBuild, count: int, utterances: int, begin: int) -> None:
    """Click cells of two modalities along the conversation."""
    before = build.seconds()
    for i in range(begin, begin + count):
        redrawn, finished = click(build, (7 * i + 3) % utterances, 2 * (i % 2))
        build.clicks.append(redrawn)
        build.runs.append(finished)
    build.processor.append(1000 * (build.seconds() - before) / count)


def drag(build: LiveBuild, utterances: int) -> tuple[float, list[float]]:
    """Drag along the second modality, which was not clicked, a cell a move; redraws a second until the finger lifts.

    And how many milliseconds after each move that took something away a picture without it was there, of our own charts.
    """
    page = build.page
    assert page
    boxes = [box for s in range(2, utterances - 2) if (box := cell(page, s, 1).bounding_box())]
    page.evaluate(WATCH)
    for i, box in enumerate(boxes):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        if i == 0:
            page.mouse.down()
        page.wait_for_timeout(8)
    page.mouse.up()
    page.wait_for_timeout(3000)
    moves, redraws = page.evaluate("[window.watched.moves, window.watched.redraws]")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_timeout(2000)
    during = sum(each["at"] <= moves[-1]["at"] for each in redraws)
    taking = [now for before, now in zip([{"taken": 0}, *moves], moves, strict=False) if now["taken"] > before["taken"]]
    shown = [next((each["at"] for each in redraws if each["taken"] >= move["taken"]), None) for move in taking]
    late = [at - move["at"] for at, move in zip(shown, taking, strict=True) if at]
    return 1000 * during / (moves[-1]["at"] - moves[0]["at"]), late


def slowed(build: LiveBuild, count: int, utterances: int) -> list[float]:
    """Clicks with the page's processor slowed four times; Chromium slows the page's own thread, not the worker's."""
    assert build.page
    session = build.page.context.new_cdp_session(build.page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    times = [click(build, (11 * i + 5) % utterances, 2 * (i % 2), whole=False)[0] for i in range(count)]
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    return times


def forward(checkpoint: str, data: str, conversation: str, runs: int = 50) -> float:
    """Median milliseconds of the model's prediction alone, at the server."""
    loaded, talk = load_checkpoint(ROOT / "checkpoints" / checkpoint), open_data(data).find(conversation)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        predict_conversation(loaded, talk, talk.observed)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def middle(times: list[float]) -> str:
    """Median and 90th percentile."""
    return f"{statistics.median(times):.0f} ({sorted(times)[int(0.9 * len(times))]:.0f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--other", type=Path, help="a checkout of another build, measured by turns with this one")
    parser.add_argument("--checkpoint", default="hazumi")
    parser.add_argument("--data", default="hazumi_online.npz")
    parser.add_argument("--conversation", help="default: the one nearest to 100 utterances")
    parser.add_argument("--clicks", type=int, default=30)
    parser.add_argument("--visitors", type=int, default=30, help="0 leaves the crowd out")
    options = parser.parse_args()
    conversations = open_data(options.data).conversations
    nearest = min(conversations, key=lambda c: abs(len(c) - 100))
    conversation = next((c for c in conversations if c.id == options.conversation), nearest)
    S, query = len(conversation), f"?checkpoint={options.checkpoint}&conversation={conversation.id}"
    print(f"{conversation.id}: {S} utterances, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with serving_builds(options.other) as served, chromium() as browser:
        builds = [LiveBuild(**vars(build)) for build in served]
        for build in builds:
            open_page(build, browser, query)
            for i in range(3):  # the first clicks fill caches
                click(build, 2 * i, 0)
        for turn in range(TURNS):
            for build in builds:
                click_along(build, options.clicks // TURNS, S, begin=turn * options.clicks // TURNS)
        for build in builds:
            print(f"\n{build.name}, {build.folder}")
            print(
                "seconds until the frame, the first picture, the model in the browser: "
                + ", ".join(f"{x:.1f}" for x in build.first)
            )
            print(
                f"click to all charts redrawn: {middle(build.clicks)}; to the end of the server's run: {middle(build.runs)}"
            )
            print(f"processor time of the server a click: {statistics.median(build.processor):.0f}")
            redraws, late = drag(build, S)
            print(
                f"drag: {redraws:.0f} redraws a second"
                + (f", behind the finger by {middle(late)}, at worst {max(late):.0f}" if late else "")
            )
            print(f"click, page slowed four times: {middle(slowed(build, 6, S))}")
            if options.visitors:
                with LiveVisitors(build.port, query, options.visitors) as visitors:
                    times = [click(build, (5 * i + 1) % S, 0, whole=False)[0] for i in range(10)]
                print(
                    f"click while {options.visitors} others drag, {visitors.gestures} gestures: {middle(times)}; theirs at the server {middle(visitors.times)}"
                )
    print(f"\nmodel's forward at the server, alone: {forward(options.checkpoint, options.data, conversation.id):.1f}")


if __name__ == "__main__":
    main()
