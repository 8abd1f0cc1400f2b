"""`python -m recipes.clips.example`: the example clip -> its features as a data set, and what `checkpoints/clips` says of it."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import Any

from comp_viz.analysis.example.answers import ExampleUtterance
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.clips import faces
from comp_viz.clips.analyse import analyse
from comp_viz.clips.settings import settings_for
from comp_viz.commands import exit_status
from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.conversation import Conversation
from comp_viz.data.dataset import DataSet
from comp_viz.data.patterns.matrices import keep_only
from comp_viz.data.table.reader import open_table
from comp_viz.data.table.writer import write_table
from comp_viz.resources import shipped

CLIP, TABLE, ANSWERS = (shipped(f"examples/example.{kind}") for kind in ("mp4", "arrow", "json"))
LICENCE = "Grid Audio-Visual Speech Corpus (Cooke et al., 2006): CC BY 4.0; see examples/README.md"


def run(options: argparse.Namespace) -> None:
    """Analyse the clip and write both files."""
    checkpoint = load_checkpoint(shipped("checkpoints/clips"))
    settings = settings_for(checkpoint.card.sources, checkpoint.card.name)
    try:
        with tempfile.TemporaryDirectory() as folder:
            clip = analyse(CLIP, Path(folder), settings)
            utterances = [ExampleUtterance(span.start, span.end, span.text) for span in clip.spans]
            conversation = replace(clip.conversation, id="example")
            data = DataSet("Example clip", checkpoint.card.task, [conversation], clip.sources, LICENCE)
            write_table(TABLE, data, half=True)
    finally:
        faces.close()
    facts = example_facts(checkpoint, open_table(TABLE).conversations[0], utterances, clip.digest)
    with atomic_write(ANSWERS) as temporary:
        temporary.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def example_facts(
    checkpoint: Checkpoint, conversation: Conversation, utterances: Sequence[ExampleUtterance], clip: str
) -> dict[str, Any]:
    """What `read_example` reads: the answers for every set of modalities that can be left."""
    names = checkpoint.config.modalities
    return {
        "checkpoint": checkpoint.digest,
        "clip": clip,
        "modalities": names,
        "classes": checkpoint.card.task.classes,
        "utterances": [asdict(utterance) for utterance in utterances],
        "answers": [answer_facts(checkpoint, conversation, kept) for kept in coalitions(names)],
    }


def coalitions(names: Sequence[str]) -> list[list[str]]:
    """Every set of modalities, the whole one first."""
    return [
        [name for name, there in zip(names, left, strict=True) if there]
        for left in product((True, False), repeat=len(names))
    ]


def answer_facts(checkpoint: Checkpoint, conversation: Conversation, kept: list[str]) -> dict[str, Any]:
    """The answer while only `kept` are left, to four digits."""
    observed = keep_only(conversation.observed, checkpoint.config.modalities, kept)
    prediction = predict_conversation(checkpoint, conversation, observed)
    fused, weights = (
        [[round(float(value), 4) for value in row] for row in rows]
        for rows in (prediction.fused, prediction.coordinator)
    )
    return {"kept": kept, "fused": fused, "weights": weights}


def main(arguments: list[str] | None = None) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.clips.example", description="make the example's table and answers"
    )
    return exit_status(run, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
