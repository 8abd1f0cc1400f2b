"""`python -m recipes.robustness CHECKPOINT DATA OUT`: what the Robustness page measures of a checkpoint, to be shipped."""

import argparse
import sys
from pathlib import Path

from comp_viz.analysis.robustness.drawings import evaluate_drawing, page_drawings
from comp_viz.analysis.robustness.shipped_scores import MeasuredWith, write_scores
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.commands import exit_status
from comp_viz.data.batch import Stream
from comp_viz.data.lengths import check_lengths
from comp_viz.data.source import open_data

SPLIT, THIRDS = "test", (1, 2)


def write_table(options: argparse.Namespace) -> None:
    """Measure a checkpoint under every drawing of the page, and write the table."""
    checkpoint, data = load_checkpoint(options.checkpoint), open_data(options.data)
    checkpoint.check(data)
    stream = Stream(data.split(SPLIT), checkpoint.standardise, checkpoint.model.device)
    check_lengths(stream.utterances, checkpoint.config.max_length)
    drawings = dict.fromkeys(one for thirds in THIRDS for one in page_drawings(data.modalities, thirds))
    measured = {one: evaluate_drawing(checkpoint, data.task, stream, one) for one in drawings}
    write_scores(options.out, measured, MeasuredWith(checkpoint.digest, data.digest, SPLIT))
    print(f"Wrote {options.out}: {len(measured)} passes.")


def main(arguments: list[str] | None = None) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.robustness", description="measure robustness of a checkpoint on a test split"
    )
    parser.add_argument("checkpoint", type=Path, help="folder of a checkpoint")
    parser.add_argument("data", help="file of the data set, or the name of a lab")
    parser.add_argument("out", type=Path, help="Parquet file to write")
    return exit_status(write_table, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
