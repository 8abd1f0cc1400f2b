"""Times the evaluation of a test split under all missing rates, and the prediction of one conversation.

OMP_NUM_THREADS=1 python -m benchmarks.prediction [--checkpoint hazumi] [--data hazumi_online.npz]
"""

import argparse
import statistics
import time
from pathlib import Path

import torch

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import open_data
from comp_viz.evaluation.evaluate import evaluate

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
PATTERNS = [Pattern.parse(f"uniform({rate / 10})") for rate in range(1, 8)]
SEEDS = 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", default="hazumi")
    parser.add_argument("--data", default="hazumi_online.npz")
    options = parser.parse_args()
    checkpoint, data = load_checkpoint(CHECKPOINTS / options.checkpoint), open_data(options.data)
    test = data.split("test")
    start = time.perf_counter()
    evaluate(checkpoint.model, data.task, checkpoint.standardise, test, "test", PATTERNS, SEEDS)
    print(
        f"{len(PATTERNS)} missing rates x {SEEDS} masks of {len(test)} conversations: {time.perf_counter() - start:.1f} s"
    )
    one = min(test, key=lambda c: abs(len(c) - 100))
    batch = Batch.of([one], checkpoint.standardise)
    times = []
    with torch.inference_mode():
        for _ in range(50):
            start = time.perf_counter()
            checkpoint.model(batch.features, batch.observed, batch.valid)
            times.append(1000 * (time.perf_counter() - start))
    print(
        f"forward of {len(one)} utterances: median {statistics.median(times):.1f} ms, {torch.get_num_threads()} threads"
    )


if __name__ == "__main__":
    main()
