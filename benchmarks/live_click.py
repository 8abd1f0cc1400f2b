"""Measures a click on the availability matrix until every view is redrawn, in Chromium, and the model's share of it.

    python -m benchmarks.live_click [--checkpoint hazumi] [--conversation ID] [--clicks 30]

Starts the dashboard itself. Prints medians and the 90th percentile in milliseconds.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.source import open_data

ROOT = Path(__file__).parents[1]
PORT = 8699
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
# Notes when the mouse button is released, when the figure, which comes after headline, numbers and matrix, has been painted
# anew, and when the server's run was over as well.
WATCH = """
() => {
  const app = document.querySelector('[data-testid=stApp]');
  window.clicked = window.redrawn = window.finished = null;
  addEventListener('pointerup', () => (window.clicked = performance.now()), { once: true, capture: true });
  const lines = () => [...document.querySelectorAll('.js-plotly-plot path.js-line')].map((line) => line.getAttribute('d')).join();
  const before = lines();
  const look = () => {
    if (window.clicked && !window.redrawn && lines() && lines() !== before)
      setTimeout(() => (window.redrawn = performance.now()));
    if (window.redrawn && app.dataset.testScriptState !== 'running') window.finished = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


def serve() -> subprocess.Popen[bytes]:
    """Start the dashboard and wait until it answers."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={PORT}"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            urlopen(f"http://localhost:{PORT}/_stcore/health").read()
            return server
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The dashboard did not start.")


def clicks(page: Page, count: int, utterances: int) -> list[tuple[float, float]]:
    """Click cells of all modalities along the conversation; milliseconds until all was redrawn, and until the run was over."""
    times = []
    for i in range(count + 3):
        cell = page.locator(f'.availability_matrix .cell[data-s="{(7 * i + 3) % utterances}"][data-m="{2 * (i % 2)}"]')
        page.evaluate(WATCH)
        cell.click()
        page.wait_for_function("window.finished", timeout=10_000)
        times.append(tuple(page.evaluate("[window.redrawn - window.clicked, window.finished - window.clicked]")))
        page.wait_for_timeout(300)
    return times[3:]  # the first clicks fill caches


def forward(checkpoint: str, data: str, conversation: str, runs: int = 50) -> float:
    """Median milliseconds of the model's prediction alone."""
    loaded, talk = load_checkpoint(ROOT / "checkpoints" / checkpoint), open_data(data).find(conversation)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        predict_conversation(loaded, talk, talk.observed)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", default="hazumi")
    parser.add_argument("--data", default="hazumi_online.npz")
    parser.add_argument("--conversation", help="default: the one nearest to 100 utterances")
    parser.add_argument("--clicks", type=int, default=30)
    options = parser.parse_args()
    conversations = open_data(options.data).conversations
    nearest = min(conversations, key=lambda c: abs(len(c) - 100))
    conversation = next((c for c in conversations if c.id == options.conversation), nearest)
    server = serve()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 1200})
            start = time.perf_counter()
            page.goto(f"http://localhost:{PORT}/?checkpoint={options.checkpoint}&conversation={conversation.id}")
            page.wait_for_selector(".js-plotly-plot .main-svg", timeout=60_000)
            first = time.perf_counter() - start
            page.wait_for_timeout(2000)
            times = clicks(page, options.clicks, len(conversation))
            browser.close()
    finally:
        server.terminate()
    redrawn, finished = (sorted(column) for column in zip(*times, strict=True))
    print(f"{conversation.id}: {len(conversation)} utterances, {os.cpu_count()} cores")
    print(f"first picture after {first:.1f} s")
    tail = redrawn[int(0.9 * len(redrawn))]
    print(f"click to all views redrawn: median {statistics.median(redrawn):.0f} ms, 90 % below {tail:.0f} ms")
    print(f"click to the run's end: median {statistics.median(finished):.0f} ms")
    print(f"model's forward alone: median {forward(options.checkpoint, options.data, conversation.id):.1f} ms")


if __name__ == "__main__":
    main()
