"""`analyse`: clips, or folders of them -> a Parquet table of utterances and what a checkpoint makes of them."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from comp_viz.analysis.clips.batch import ClipRow, as_json, clip_rows, clips_in, read_rows, write_rows
from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.clips import faces
from comp_viz.clips.settings import Settings, settings_for
from comp_viz.clips.tracks import Tracks
from comp_viz.commands.data_text import printable
from comp_viz.errors import CompVizError

WRITE_EVERY = 20  # clips after which the table is written, so that a break costs no more than these


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "analyse", help="clips of people talking through a checkpoint"
    )
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP", help="video or sound files, or folders of them")
    parser.add_argument("--checkpoint", required=True, help="checkpoint folder, or hub:owner/name, trained on clips")
    parser.add_argument("--out", required=True, type=Path, help="Parquet table; clips that it holds are not done again")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON as well")
    parser.add_argument(
        "--engine", choices=("here", "ray"), default="here", help="ray: as Ray Data, for thousands of clips"
    )
    for kind in ("sound", "video"):
        parser.add_argument(
            f"--{kind}-track",
            type=int,
            default=0,
            metavar="N",
            help=f"which track of {kind}, from 1; else as players do",
        )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Analyse what the table does not hold yet; status 1 when some could not be."""
    checkpoint = load_checkpoint(options.checkpoint)
    settings = settings_for(checkpoint.card.sources, checkpoint.card.name)
    settings = replace(settings, tracks=Tracks(options.sound_track, options.video_track))
    paths = clips_in(options.clips)
    kept = read_rows(options.out, checkpoint)
    done = {row["file"] for row in kept}
    left = [path for path in paths if str(path) not in done]
    rows, failed, fresh = kept, list[ClipRow](), 0
    try:
        for clip_rows in tqdm(
            rows_by_clip(left, options, checkpoint, settings), total=len(left), unit="clip", disable=None
        ):
            rows += clip_rows
            fresh += 1
            failed += [row for row in clip_rows if row["error"]]
            if fresh % WRITE_EVERY == 0:
                write_rows(rows, options.out)
    finally:
        faces.close()
        if rows:
            write_rows(rows, options.out)
    for row in failed:
        print(printable(f"Failed: {row['file']}: {row['error']}"), file=sys.stderr)
    print(f"Wrote {options.out}: {len(paths) - len(failed)} of {len(paths)} clips.", file=sys.stderr)
    if options.json:
        wanted = {str(path) for path in paths}
        print(as_json([row for row in rows if row["file"] in wanted]))
    return 1 if failed else 0


def rows_by_clip(
    left: list[Path], options: argparse.Namespace, checkpoint: Checkpoint, settings: Settings
) -> Iterator[list[ClipRow]]:
    """Rows of each clip, as they are ready."""
    if not left:
        return iter(())
    if options.engine == "here":
        return (clip_rows(path, checkpoint, settings) for path in left)
    if str(options.checkpoint).startswith("hub:"):
        raise CompVizError(
            "--engine ray: expected a checkpoint folder that every machine can read, got a name on the hub."
        )
    from comp_viz.analysis.clips.on_ray import rows_on_ray

    return rows_on_ray(left, Path(options.checkpoint).resolve(), settings)
