"""`python -m recipes.clips.make_data`: single-modality corpora -> the data set that the clip checkpoint is trained on."""

import argparse
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from comp_viz.clips import faces
from comp_viz.clips.extractors.registry import extractors_missing
from comp_viz.clips.settings import Settings
from comp_viz.commands import exit_status
from comp_viz.data.table.writer import check_suffix, write_table
from comp_viz.errors import CompVizError
from comp_viz.wording import how_many
from recipes.clips import dialogues, face_images, speech
from recipes.clips.data_set import KINDS, clip_data
from recipes.clips.features import Table, read_corpus

CORPORA = (speech.CORPUS, dialogues.CORPUS, face_images.CORPUS)  # in the order of the modalities


def run(options: argparse.Namespace) -> None:
    """Read the corpora, put the data set together, write it."""
    check_suffix(options.out)
    settings = Settings()
    for _, names in settings.extractors:
        if problem := extractors_missing(names):
            raise CompVizError(f"The clip extractors are not all here. {problem}")
    kept = options.kept or options.out.parent / "features"
    tables = []
    for corpus in CORPORA:
        with tqdm(desc=corpus.name, unit="utterance") as bar:

            def tick(done: int, of: int, bar: Any = bar) -> None:
                bar.total, bar.n = of, done
                bar.refresh()

            tables.append(read_corpus(corpus, options.corpora, kept, settings, tick))
    faces.close()
    for table in tables:
        print(summary(table))
    data = clip_data(tables, options.kind, options.seed, settings)
    write_table(options.out, data)
    print(
        f"Wrote {options.out}: {how_many(len(data.conversations), 'conversation')}, {how_many(len(data.utterances), 'utterance')}."
    )


def summary(table: Table) -> str:
    """How much of a corpus could be read, in a line."""
    there = sum(not reason for reason in table.reasons)
    return f"{table.corpus.name}: {there:,} of {how_many(len(table.items), 'utterance')} ({there / len(table.items):.1%}) have features."


def main(arguments: list[str] | None = None) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.clips.make_data",
        description="read speech, face and dialogue corpora with the clip extractors; goes on where it was interrupted",
    )
    parser.add_argument("corpora", type=Path, help="folder with ravdess_speech, fer2013_faces.npz and meld_*.csv")
    parser.add_argument("out", type=Path, help="file to write, .arrow or .parquet")
    parser.add_argument(
        "--kind", choices=KINDS, default="mix", help="training on single corpora, composites of them, or both"
    )
    parser.add_argument("--seed", type=int, default=66, help="of orders, lengths and draws")
    parser.add_argument(
        "--kept", type=Path, help="folder that features are kept in; default: beside OUT, in 'features'"
    )
    return exit_status(run, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
