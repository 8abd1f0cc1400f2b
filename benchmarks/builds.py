"""Serves this build of the dashboard and, to measure both by turns in one run, the checkout of another one."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
TURNS = 3  # between the builds


@dataclass
class Build:
    """A build that is served."""

    name: str
    folder: Path
    port: int
    server: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"http://localhost:{self.port}/"

    def seconds(self) -> float:
        """Processor time of the server so far."""
        times = Path(f"/proc/{self.server.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(name: str, folder: Path) -> Iterator[Build]:
    """Start the dashboard of a checkout and wait until it answers."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urlopen(f"http://localhost:{port}/_stcore/health").read()
                yield Build(name, folder, port, server)
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"The dashboard of {folder} did not start.")
    finally:
        server.terminate()
        server.wait()


def folders(other: Path | None) -> dict[str, Path]:
    """The checkouts to measure, by name: this one, and another if there is one."""
    return {"this build": ROOT} | ({"other build": other} if other else {})


@contextmanager
def serving_builds(other: Path | None) -> Iterator[list[Build]]:
    """Serve this checkout and, if there is one, another."""
    with ExitStack() as stack:
        yield [stack.enter_context(serving(name, folder)) for name, folder in folders(other).items()]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium on the PATH, without a GPU."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()
