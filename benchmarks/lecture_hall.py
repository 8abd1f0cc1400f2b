"""Measures a lecture: from the presenter's key until every phone shows the step, what it costs the server, and whether all count.

    python -m benchmarks.lecture_hall [--story dominance] [--phones 30] [--pages 3]

Starts `comp-viz run --lecture`. A presenter in Chromium begins the story and goes through its steps by Page Down; `--phones`
simulated phones and `--pages` real pages of a phone's size follow, and each chooses at every step. Then the answer is shown.
"""

import argparse
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.builds import ROOT, Build, chromium
from benchmarks.class_phones import ClassPhones
from comp_viz.lecture.class_pages import story_key
from comp_viz.resources import shipped
from comp_viz.stories import read_story

PATIENCE = 120  # seconds
IDLE = 20.0  # seconds over which waiting phones are watched
PRESENTER = re.compile(r"http://localhost:\d+/hall/presenter/\S+")
# When a page shows a step, and when its model's contributions to it are there, by the path of the step, in seconds since 1970.
WATCH = """
window.marks = {};
const look = () => {
  const here = (marks[location.pathname] ??= {});
  if (document.querySelector('.guess button')) here.shown ??= Date.now() / 1000;
  if (typeof state !== 'undefined' && state.contributions) here.answered ??= Date.now() / 1000;
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
MARKS = "marks[location.pathname]"


@dataclass
class Step:
    """What was measured of a step, in seconds after the presenter's key."""

    simulated: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)  # by real pages
    answered: list[float] = field(default_factory=list)  # by their models
    processor: float = 0.0  # of the server, until all had it and had chosen
    exact: bool = False  # whether every choice was counted


@contextmanager
def lecturing() -> Iterator[tuple[Build, str]]:
    """The dashboard, started for a lecture, and the presenter's address."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "comp_viz", "run", "--lecture", "--server.headless=true", f"--server.port={port}"]
    with tempfile.NamedTemporaryFile("w+") as output:
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
        try:
            wait_until(lambda: PRESENTER.search(Path(output.name).read_text(encoding="utf-8")), "the server")
            presenter = PRESENTER.search(Path(output.name).read_text(encoding="utf-8"))
            assert presenter
            time.sleep(1)
            yield Build("lecture", ROOT, port, server), presenter[0]
        finally:
            server.terminate()
            server.wait()


def wait_until(there: Callable[[], object], what: str) -> None:
    """Return once something is there."""
    end = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > end:
            raise SystemExit(f"{what} did not come within {PATIENCE} s.")
        time.sleep(0.05)


class Lecture:
    """A presenter, simulated phones and real ones, through the steps of a story."""

    def __init__(self, build: Build, presenter: Page, phones: ClassPhones, pages: list[Page], story: str) -> None:
        self.build, self.presenter, self.phones, self.pages = build, presenter, phones, pages
        self.story, self.key = story, story_key(read_story(shipped(f"stories/{story}.yaml")))

    def step(self, number: int, go: Callable[[], None]) -> Step:
        """Go to a step, have all choose, show the answer."""
        measured = Step()
        seconds, begin = self.build.seconds(), time.time()
        go()
        for page in self.pages:
            page.wait_for_url(f"**/{self.key}/step-{number + 1}.html", timeout=PATIENCE * 1000)
        for page in self.pages:
            wait_until(lambda page=page: page.evaluate(f"Boolean({MARKS}.answered)"), "the model")  # type: ignore[misc]
            shown, answered = page.evaluate(f"[{MARKS}.shown, {MARKS}.answered]")
            measured.shown.append(shown - begin)
            measured.answered.append(answered - begin)
        for k, page in enumerate(self.pages):
            page.locator(".guess button").nth(k % self.phones.modalities).click()
        wait_until(lambda: len(self.phones.shown.get(number, {})) == self.phones.count, f"step {number + 1}")
        measured.simulated = [at - begin for at in self.phones.shown[number].values()]
        everybody = self.phones.count + len(self.pages)
        self.presenter.locator(f".st-key-lecture .tally:has-text('{everybody} have chosen')").wait_for()
        measured.processor = self.build.seconds() - seconds
        self.show(number, measured)
        return measured

    def show(self, number: int, measured: Step) -> None:
        """Show the answer, and see whether all were counted and told the same."""
        wanted = [0] * self.phones.modalities
        for modality in [*self.phones.chosen[number].values(), *(k % len(wanted) for k in range(len(self.pages)))]:
            wanted[modality] += 1
        self.presenter.get_by_role("button", name="Show answers").click()
        wait_until(lambda: len(self.phones.answers.get(number, {})) == self.phones.count, "the answer")
        counts = [*self.phones.answers[number].values()]
        everybody = sum(wanted)
        for page in self.pages:
            bars = page.locator(".guess .bars").first.locator("b")
            bars.first.wait_for()
            counts.append([int(text.split(" of ")[0]) for text in bars.all_text_contents()])
        measured.exact = all(each == wanted for each in counts) and everybody == self.phones.count + len(self.pages)


def present(browser: Browser, build: Build, address: str, story: str, phones: int, pages: int) -> None:
    """The whole lecture, and what was measured."""
    presenter = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    presenter.set_default_timeout(PATIENCE * 1000)
    presenter.goto(address)
    begin = presenter.locator(f".st-key-begin-{story} button")
    begin.wait_for()
    real = []
    for _ in range(pages):
        context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
        context.add_init_script(WATCH)
        real.append(context.new_page())
        real[-1].goto(f"{build.address}hall/")
    with ClassPhones(build.port, phones) as simulated:
        time.sleep(3)
        lecture = Lecture(build, presenter, simulated, real, story)
        report("1, pages made and fetched", lecture.step(0, begin.click))
        seconds = build.seconds()
        time.sleep(IDLE)
        print(f"waiting: {100 * (build.seconds() - seconds) / IDLE:.1f} % of a core")
        steps = []
        for number in range(1, len(read_story(shipped(f"stories/{story}.yaml")).steps)):
            time.sleep(2)
            steps.append(lecture.step(number, lambda: presenter.keyboard.press("PageDown")))
            report(str(number + 1), steps[-1])
        everything = Step(
            [x for step in steps for x in step.simulated],
            [x for step in steps for x in step.shown],
            [x for step in steps for x in step.answered],
            statistics.mean(step.processor for step in steps),
            all(step.exact for step in steps),
        )
        report("all but the first", everything)
    print("failures:", simulated.failures or "none")


def report(name: str, step: Step) -> None:
    """One line about a step."""
    parts = {"simulated": step.simulated, "shown": step.shown, "model answers": step.answered}
    times = [f"{part} {statistics.median(t):.2f} (worst {max(t):.2f}) s" for part, t in parts.items() if t]
    exact = "all choices counted" if step.exact else "CHOICES MISCOUNTED"
    print(f"step {name}: {', '.join(times)}; server {step.processor:.2f} s; {exact}", flush=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--story", default="dominance")
    parser.add_argument("--phones", type=int, default=30)
    parser.add_argument("--pages", type=int, default=3)
    options = parser.parse_args()
    with lecturing() as (build, address), chromium() as browser:
        present(browser, build, address, options.story, options.phones, options.pages)


if __name__ == "__main__":
    main()
