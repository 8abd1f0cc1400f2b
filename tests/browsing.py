"""The dashboard in a real browser: its server, Chromium, and a page that is watched for errors and foreign requests."""

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
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def stop(server: "subprocess.Popen[bytes]") -> None:
    """End a server; one that does not listen is killed."""
    server.terminate()
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    log = tmp_path_factory.mktemp("server") / "log"
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
        try:
            for _ in range(600):
                try:
                    urlopen(f"http://localhost:{port}/_stcore/health").read()
                    break
                except OSError:
                    time.sleep(0.1)
            else:
                pytest.fail(f"The dashboard did not start: {log.read_text()}")
            yield f"http://localhost:{port}/"
        finally:
            stop(server)
    # A traceback through our own files; the server's library logs one of its own when a browser leaves in mid-sentence.
    ours = [f'File "{ROOT / room}' for room in ("comp_viz", "pages", "app.py")]
    assert not [line for line in log.read_text().splitlines() if any(room in line for room in ours)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None and os.environ.get("CI") != "true":
        pytest.skip("needs Chromium on the PATH")
    assert CHROMIUM, "CI needs Chromium; .ci/run installs it"
    expect.set_options(timeout=60_000)  # a server that has just started imports for seconds on a busy machine
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1440, "height": 1200})
    page.set_default_timeout(60_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request", lambda request: request.url.startswith((address, "data:", "blob:")) or problems.append(request.url)
    )
    page.goto(f"{address}?checkpoint=lab")
    settled(page)
    yield page
    page.close()
    assert not problems


def settled(page: Page) -> None:
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def fits(page: Page) -> None:
    """Nothing of the page reaches beyond its right edge, once it has taken its place."""
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
