"""`lecture`: a story -> a folder of pages with live figures, for any web server or a USB stick."""

import argparse
import shlex
from pathlib import Path
from typing import Any

from comp_viz.errors import CompVizError
from comp_viz.lecture.steps import lecture_steps
from comp_viz.report.live_figure.lecture import LectureFolder
from comp_viz.resources import places
from comp_viz.stories import read_story
from comp_viz.wording import shortened


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser("lecture", help="a story as pages with live figures")
    parser.add_argument("story", help="name of a story in the folder stories, or a file")
    parser.add_argument(
        "--data", help="for steps that name no data set; default: what the checkpoint was trained on, of the lab"
    )
    parser.add_argument("--words", action="store_true", help="keep what was said in the recordings")
    parser.add_argument("--out", required=True, type=Path, help="the folder")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Make the pages and write them."""
    story = read_story(story_file(options.story))
    steps = lecture_steps(story, options.data)
    parts = ["comp-viz", "lecture", options.story, *(["--data", options.data] if options.data else [])]
    command = shlex.join([*parts, *(["--words"] if options.words else []), "--out", "folder"])
    LectureFolder(story.title, story.about, steps, command, options.words).write(options.out)
    print(f"Wrote {options.out}: open {options.out / 'index.html'}, or put the folder on any web server.")


def story_file(name: str) -> Path:
    """The file of a story by its name or path. Raises `CompVizError` naming those there are."""
    known = {path.stem: path for folder in reversed(places("stories")) for path in sorted(folder.glob("*.yaml"))}
    path = known.get(name, Path(name))
    if not path.is_file():
        raise CompVizError(f"There is no story {shortened(name, 80)!r}, only {', '.join(known)}.")
    return path
