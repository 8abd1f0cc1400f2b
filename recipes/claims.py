"""`python -m recipes.claims CHECKPOINT DATA OUT`: what the Claims page shows of reconstruction, separation and coordinator."""

import argparse
import sys
from pathlib import Path

import numpy as np

from comp_viz.analysis.claims.inside_sums import ConversationEvidence, conversation_evidence
from comp_viz.analysis.claims.measured import claim_sums, write_claim_sums
from comp_viz.analysis.claims.protocol import TEST_PATTERN, TEST_SEED, TEST_SPLIT
from comp_viz.analysis.inside import look_inside
from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.commands import exit_status
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError


def measure_split(checkpoint: Checkpoint, data: DataSet) -> list[ConversationEvidence]:
    """Two passes over every conversation of the test split: under the pattern of the test, and as recorded."""
    checkpoint.check(data)
    conversations = data.split(TEST_SPLIT)
    utterances = Utterances.of(conversations)
    check_lengths(utterances, checkpoint.config.max_length)
    observed = Pattern.parse(TEST_PATTERN)(utterances, data.task, np.random.default_rng(TEST_SEED))
    return [
        conversation_evidence(
            look_inside(checkpoint, one, observed[first:last]), look_inside(checkpoint, one, one.observed), one.labels
        )
        for one, first, last in zip(conversations, utterances.starts[:-1], utterances.starts[1:], strict=True)
    ]


def write_table(options: argparse.Namespace) -> None:
    """Measure a checkpoint, and write the table."""
    checkpoint, data = load_checkpoint(options.checkpoint), open_data(options.data)
    training = checkpoint.card.training
    if training is None:
        raise CompVizError(f"{options.checkpoint} does not say how it was trained, which the table has to.")
    provenance = {
        "checkpoint": options.checkpoint.name, "checkpoint_digest": checkpoint.digest, "data": Path(options.data).name,
        "data_digest": data.digest, "split": TEST_SPLIT, "pattern": TEST_PATTERN, "mask_seed": TEST_SEED, "seed": training.seed,
        "trained_under": training.missing, "select": str(training.recipe.get("select", "")), "selection": training.selection,
    }  # fmt: skip
    ids = [one.id for one in data.split(TEST_SPLIT)]
    write_claim_sums(options.out, claim_sums(measure_split(checkpoint, data)), ids, provenance)
    print(f"Wrote {options.out}: {len(ids)} conversations.")


def main(arguments: list[str] | None = None) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.claims",
        description="measure reconstruction, separation and coordinator weights of a checkpoint on a test split",
    )
    parser.add_argument("checkpoint", type=Path, help="folder of a checkpoint of ComP")
    parser.add_argument("data", help="file of the data set")
    parser.add_argument("out", type=Path, help="Parquet file to write")
    return exit_status(write_table, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
