"""The Clips page in a real browser on the real example: upload, play, edit, degrade, another page; nothing is left behind."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from clip_cases import write_reader
from playwright.sync_api import Page, expect, sync_playwright

from comp_viz.clips import faces, whisper
from comp_viz.clips.extractors.registry import feature_names, what_is_missing
from comp_viz.clips.settings import Settings
from comp_viz.ui.intake import EXAMPLE

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
NAME = "reader-of-the-browser-test"
SENT: list[object] = []  # all that the page sent to the server
MISSING = " ".join(
    filter(None, (whisper.missing(), faces.missing(), *(what_is_missing(names) for _, names in Settings().extractors)))
)

if CHROMIUM is None:
    pytest.skip("needs Chromium on the PATH", allow_module_level=True)
if MISSING:
    pytest.skip(MISSING, allow_module_level=True)
if not EXAMPLE.is_file():
    pytest.skip("needs a clip of some 15 s with faces and voices at examples/example.mp4", allow_module_level=True)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a checkpoint that reads clips, in a temporary folder of its own that must be empty in the end."""
    settings, folder, temporary = Settings(), ROOT / "checkpoints" / NAME, tmp_path_factory.mktemp("temporary")
    write_reader(folder, settings, {u: len(feature_names(names)) for u, names in settings.extractors}, max_length=40)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    log = temporary.parent / "clips-server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, env=os.environ | {"TMPDIR": str(temporary)}
        )
        try:
            for _ in range(600):
                try:
                    urlopen(f"http://localhost:{port}/_stcore/health").read()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://localhost:{port}/"
            uploads = list(temporary.glob("comp-viz-clips-*/*/*.mp4"))
            assert len(uploads) == 1
            assert uploads[0].name != EXAMPLE.name
        finally:
            server.terminate()
            server.wait()
            shutil.rmtree(folder)
    ours = [f'File "{ROOT / room}' for room in ("comp_viz", "pages", "app.py")]
    assert not [line for line in log.read_text().splitlines() if any(room in line for room in ours)]
    assert not list(temporary.glob("comp-viz-clips-*"))


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 1600})
        page.set_default_timeout(60_000)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: request.url.startswith((address, "data:", "blob:")) or problems.append(request.url),
        )
        page.on("websocket", lambda opened: opened.on("framesent", lambda frame: SENT.append(frame)))
        page.goto(f"{address}clips?checkpoint={NAME}")
        page.locator("input[type=file]").first.set_input_files(EXAMPLE)
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()
        page.locator(".player .part").first.wait_for(timeout=400_000)
        settled(page)
        yield page
        assert not problems
        browser.close()


def settled(page: Page) -> None:
    page.wait_for_timeout(400)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def media(page: Page, script: str):
    return page.locator(".player video").evaluate(f"m => {script}")


def test_a_click_on_an_utterance_plays_from_its_exact_start_and_marks_it(page):
    part = page.locator(".player .part").nth(2)
    start = float(part.get_attribute("aria-label").split("from ")[1].split(" s")[0])
    part.click()
    assert start - 0.06 <= media(page, "m.currentTime") <= start + 3
    assert not media(page, "m.paused")
    expect(page.locator(".player .now b")).to_have_text("3")
    media(page, "m.pause()")
    settled(page)
    expect(part).to_have_class("part playing selected")
    assert "utterance=3" in page.url


def test_playing_on_asks_nothing_of_the_server_and_a_pause_takes_the_utterance_in_hand(page):
    page.locator(".player .part").nth(0).click()
    settled(page)
    page.wait_for_timeout(500)
    before = len(SENT)
    page.wait_for_timeout(1200)
    assert len(SENT) == before
    assert 1 < media(page, "m.currentTime") < 2.5
    media(page, "m.pause()")
    settled(page)
    expect(page.locator(".player .part").nth(0)).to_have_class("part playing selected")


def test_subtitles_carry_words_and_probabilities(page):
    cues = media(page, "[...m.textTracks[0].cues].map(cue => cue.text)")
    assert len(cues) == page.locator(".player .part").count()
    assert any("better" in cue and "%" in cue for cue in cues)


def test_muting_an_utterance_shows_before_and_after(page):
    page.get_by_role("button", name="Mute: utterance").click()
    expect(page.get_by_text("now missing: audio at 1", exact=False)).to_be_visible(timeout=120_000)
    settled(page)


def test_other_words_go_on_top_and_are_taken_back(page):
    page.get_by_role("radio", name="Other words").or_(page.get_by_role("button", name="Other words")).first.click()
    box = page.get_by_label("Words instead")
    box.fill("I am delighted, this is wonderful")
    box.press("Enter")
    settled(page)
    page.get_by_role("button", name="Other words: utterance").click()
    expect(page.get_by_text("I am delighted, this is wonderful").first).to_be_visible(timeout=120_000)
    settled(page)
    page.get_by_role("button", name="Take all back").click()
    expect(page.get_by_text("Nothing is degraded yet.")).to_be_visible()
    settled(page)


def test_another_page_opens_on_the_clip(page):
    page.get_by_role("link", name="Coordinator").click()
    expect(page.get_by_text("clip: example.mp4").first).to_be_visible()
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    settled(page)
