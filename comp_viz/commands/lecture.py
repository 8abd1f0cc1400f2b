"""`lecture`: a story -> a folder of pages with live figures, for any web server or a USB stick."""

import argparse
import shlex
from pathlib import Path
from typing import Any

from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.commands.report import first_of
from comp_viz.data.patterns.pattern import AS_RECORDED
from comp_viz.data.source import LAB, open_data
from comp_viz.errors import CompVizError
from comp_viz.report.live_figure.lecture import LectureFolder, LectureStep
from comp_viz.report.origin import Origin
from comp_viz.resources import find, places
from comp_viz.stories import StoryStep, read_story
from comp_viz.story_settings import StepSettings

DEFAULT_SPLIT, DEFAULT_SEED = "test", 1


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
    opened: dict[str, Checkpoint] = {}
    steps = [lecture_step(story.settings(k), step, options.data, opened) for k, step in enumerate(story.steps)]
    parts = ["comp-viz", "lecture", options.story, *(["--data", options.data] if options.data else [])]
    command = shlex.join([*parts, *(["--words"] if options.words else []), "--out", "folder"])
    LectureFolder(story.title, story.about, steps, command).write(options.out, options.words)
    print(f"Wrote {options.out}: open {options.out / 'index.html'}, or put the folder on any web server.")


def story_file(name: str) -> Path:
    """The file of a story by its name or path. Raises `CompVizError` naming those there are."""
    known = {path.stem: path for folder in reversed(places("stories")) for path in sorted(folder.glob("*.yaml"))}
    path = known.get(name, Path(name))
    if not path.is_file():
        raise CompVizError(f"There is no story {name!r:.80}, only {', '.join(known)}.")
    return path


def lecture_step(
    settings: StepSettings, step: StoryStep, data_name: str | None, opened: dict[str, Checkpoint]
) -> LectureStep:
    """What a step's figure shows: the view that is set for it, which on other pages is behind their charts as well."""
    name = str(settings["checkpoint"])
    if name not in opened:
        opened[name] = load_checkpoint(find(f"checkpoints/{name}"))
    checkpoint = opened[name]
    source = str(settings.get("data", data_name or training_lab(checkpoint)))
    data = open_data(source)
    checkpoint.check(data)
    conversation = data.find(str(settings.get("conversation", first_of(data, DEFAULT_SPLIT))))
    pattern, seed = str(settings.get("pattern", AS_RECORDED)), int(settings.get("seed", DEFAULT_SEED))
    selected = int(settings["utterance"]) - 1 if "utterance" in settings else None
    origin = Origin(f"checkpoints/{name}", checkpoint, source, data, conversation, pattern, seed)
    return LectureStep(step.say, step.ask, origin, selected)


def training_lab(checkpoint: Checkpoint) -> str:
    """The lab that a checkpoint was trained on. Raises `CompVizError` where it was trained on something else."""
    name = checkpoint.card.data.name if checkpoint.card.data else ""
    if not name.startswith(LAB):
        raise CompVizError(
            f"Checkpoint {checkpoint.card.name!r} was not trained on the lab: name its data set with --data."
        )
    return name
