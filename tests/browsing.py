"""The dashboard in a real browser: its server, Chromium, and a page that is watched for errors and foreign requests."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.request import urlopen

import pytest
from needs import need
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect, sync_playwright

ROOT = Path(__file__).parents[1]
# The first is the same without windows, and takes a third less of the processor.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
NO_BROWSER = None if CHROMIUM else "Chromium on the PATH; .ci/run installs it"
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")  # beeps once a second
PHONE = {"width": 390, "height": 1000}
WAIT = 180_000  # milliseconds; a machine that does much else may need a minute for a first page
LEAVE = 60  # seconds that a server has for its farewell before it is killed


GROUPS = {
    "Data": "Data",
    "Lab": "Data",
    "Claims": "Evaluation",
    "Compare": "Evaluation",
    "Modulation": "Training",
    "Imbalance": "Training",
    "Robustness": "Evaluation",
    "Live": None,
    "Clips": None,
    "Why": None,
    "Lecture": None,
}  # others: Mechanism


@contextmanager
def serving(log: Path, folder: Path = ROOT, **environment: str) -> Iterator[str]:
    """The address of the dashboard in `folder` while it runs; in the end it met no error of our files, and is gone."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, env=os.environ | environment)
    try:
        wait_for(f"http://localhost:{port}/_stcore/health", log)
        yield f"http://localhost:{port}/"
    finally:
        hung = not ended(server)
    assert not hung, f"The dashboard did not end within {LEAVE} s: {log.read_text()}"
    # A traceback through our own files; the server's library logs one of its own when a browser leaves in mid-sentence.
    ours = [f'File "{folder / room}' for room in ("comp_viz", "pages", "app.py")]
    assert not [line for line in log.read_text().splitlines() if any(room in line for room in ours)]


def wait_for(health: str, log: Path) -> None:
    """Return once the server answers."""
    for _ in range(600):
        try:
            urlopen(health, timeout=5).read()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The dashboard did not start: {log.read_text()}")


def ended(server: subprocess.Popen[bytes]) -> bool:
    """Whether the server ended when asked to; one that does not is killed, so that it never holds up what comes after."""
    server.terminate()
    try:
        server.wait(LEAVE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
        return False
    return True


@cache
def driver() -> Playwright:
    """What drives browsers: one for the whole process, as it refuses a second one beside it."""
    started = sync_playwright().start()
    atexit.register(started.stop)
    return started


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A browser of its own."""
    need(NO_BROWSER)
    expect.set_options(timeout=WAIT)
    browser = driver().chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
    yield browser
    browser.close()


@contextmanager
def watched(visitor: BrowserContext, address: str, height: int = 1200) -> Iterator[Page]:
    """A page of a visitor who was never here, and that in the end must have met no error and asked no one but our server."""
    page = visitor.new_page()
    forget(page, address)
    page.set_viewport_size({"width": 1440, "height": height})
    page.set_default_timeout(WAIT)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request", lambda request: request.url.startswith((address, "data:", "blob:")) or problems.append(request.url)
    )
    yield page
    page.close()
    assert not problems, problems


def forget(page: Page, address: str) -> None:
    """Nothing is left of what pages before it kept in the browser: a sidebar once opened would stay so in narrow windows."""
    kept = {"origin": address.rstrip("/"), "storageTypes": "local_storage"}
    page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", kept)


@pytest.fixture(scope="session")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's temporary folder."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="session")
def address(temporary: Path) -> Iterator[str]:
    """One server for all files that drive a browser; of what visitors brought nothing may be left in the end."""
    with serving(temporary.parent / "server.log", TMPDIR=str(temporary)) as found:
        yield found
    assert not list(temporary.glob("comp-viz-clips-*"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium(*MICROPHONE) as found:
        yield found


@pytest.fixture(scope="session")
def visitor(browser: Browser) -> BrowserContext:
    """One for nearly all pages, which keeps fetched and compiled scripts: a fifth of the time until a page is there."""
    return browser.new_context()


@pytest.fixture
def blank(visitor: BrowserContext, address: str) -> Iterator[Page]:
    """A page that shows nothing yet."""
    with watched(visitor, address) as page:
        yield page


@pytest.fixture
def page(blank: Page, address: str) -> Page:
    """Live."""
    blank.goto(f"{address}?checkpoint=lab")
    settled(blank)
    return blank


def settled(page: Page) -> None:
    """A chart is there, and nothing is being computed any more."""
    page.locator(".js-plotly-plot .main-svg, .availability_matrix .plot path").first.wait_for()
    still(page)


def still(page: Page) -> None:
    """Nothing is being computed any more."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def fits(page: Page) -> None:
    """Nothing of the page reaches beyond its right edge, once it has taken its place."""
    page.wait_for_function(
        """() => [document.documentElement, document.querySelector('[data-testid=stMain]')].every(
          (box) => box.scrollWidth <= box.clientWidth)"""
    )


def nav(page: Page, name: str) -> Locator:
    """The way to a page in the navigation, its group opened."""
    bar = page.get_by_test_id("stTopNav")
    if group := GROUPS.get(name, "Mechanism"):
        bar.get_by_role("button", name=group).click()
        return page.get_by_role("menuitem", name=name)
    return bar.get_by_role("link", name=name)


def in_both_themes(page: Page) -> Iterator[str]:
    """Turn the page to one theme after the other, as when a visitor's machine does in the evening."""
    for scheme, ground in (("dark", False), ("light", True)):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(
            "white => (getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor == 'rgb(255, 255, 255)') == white",
            arg=ground,
        )
        yield scheme
