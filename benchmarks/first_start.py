"""How long a fresh machine waits for the first picture: `python -m benchmarks.first_start`, with Chromium on the PATH.

Clones this checkout into a temporary folder, installs it there as `make run` does, starts the dashboard, and waits in a browser
for the first chart. What pip and uv have in their caches counts as downloaded:
`PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1` downloads it again.
"""

import os
import re
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

from comp_viz.resources import PRODUCT

LARGEST = 10
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print seconds by the clock and of the processor, step by step, and the largest packages."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", str(PRODUCT), folder], check=True)
        began = time.monotonic()
        subprocess.run(["make", "setup"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(
            f"installed after {time.monotonic() - began:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of the processor"
        )
        packages = next(Path(folder).glob(".venv/lib/python*/site-packages"))
        first_picture(Path(folder), began)
        print(f"{megabytes(packages):,.0f} MB, of which")
        for path in sorted(packages.iterdir(), key=megabytes)[: -LARGEST - 1 : -1]:
            print(f"  {path.name} {megabytes(path):,.0f}")


def first_picture(folder: Path, began: float) -> None:
    """Start the dashboard and wait for its first chart."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [".venv/bin/comp-viz", "run", f"--server.port={port}", "--server.headless=true"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://localhost:{port}/_stcore/health")
        print(f"server answers after {time.monotonic() - began:.0f} s")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(f"http://localhost:{port}/")
            page.locator(".js-plotly-plot .main-svg, .availability_matrix .plot path").first.wait_for(timeout=300_000)
            seconds = sum(processor_seconds(server.pid))
            print(
                f"first picture after {time.monotonic() - began:.0f} s, {seconds:.0f} s of the server's processor time"
            )
            browser.close()
    finally:
        server.terminate()
        server.wait(60)


def wait_for(address: str) -> None:
    """Return once something answers there."""
    while True:
        try:
            urlopen(address, timeout=5).read()
            return
        except OSError:
            time.sleep(0.1)


def processor_seconds(pid: int) -> Iterator[float]:
    """Of a process so far, in user and system mode."""
    fields = re.sub(r"^.*\) ", "", Path(f"/proc/{pid}/stat").read_text()).split()
    return (int(ticks) / TICKS for ticks in fields[11:13])


def megabytes(path: Path) -> float:
    """Size of a file or folder."""
    files = [path] if path.is_file() else [inside for inside in path.rglob("*") if inside.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


if __name__ == "__main__":
    main()
