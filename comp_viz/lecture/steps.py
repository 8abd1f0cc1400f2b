"""The steps of a story, each with what its figure shows."""

from functools import cache

from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.data.patterns.pattern import AS_RECORDED
from comp_viz.data.source import LAB, open_data
from comp_viz.errors import CompVizError
from comp_viz.report.live_figure.lecture import LectureStep
from comp_viz.report.origin import Origin
from comp_viz.resources import find
from comp_viz.stories import Story, StoryStep
from comp_viz.story_settings import StepSettings

DEFAULT_SPLIT, DEFAULT_SEED = "test", 1


def lecture_steps(story: Story, data_name: str | None = None) -> list[LectureStep]:
    """All steps of a story; `data_name` is for those that name no data set.

    Raises `CompVizError` where a checkpoint or data set is not there, or they do not fit each other.
    """
    opened = cache(lambda name: load_checkpoint(find(f"checkpoints/{name}")))
    return [
        lecture_step(opened(str(settings["checkpoint"])), settings, step, data_name)
        for step, settings in ((step, story.settings(number)) for number, step in enumerate(story.steps))
    ]


def lecture_step(checkpoint: Checkpoint, settings: StepSettings, step: StoryStep, data_name: str | None) -> LectureStep:
    """What a step's figure shows: the view that is set for it, which on other pages is behind their charts as well."""
    source = str(settings.get("data", data_name or training_lab(checkpoint)))
    data = open_data(source)
    checkpoint.check(data)
    conversation = data.find(str(settings.get("conversation", data.first_of(DEFAULT_SPLIT))))
    pattern, seed = str(settings.get("pattern", AS_RECORDED)), int(settings.get("seed", DEFAULT_SEED))
    selected = int(settings["utterance"]) - 1 if "utterance" in settings else None
    name = f"checkpoints/{settings['checkpoint']}"
    return LectureStep(
        step.say, step.ask, Origin(name, checkpoint, source, data, conversation, pattern, seed), selected
    )


def training_lab(checkpoint: Checkpoint) -> str:
    """The lab that a checkpoint was trained on. Raises `CompVizError` where it was trained on something else."""
    name = checkpoint.card.data.name if checkpoint.card.data else ""
    if not name.startswith(LAB):
        raise CompVizError(
            f"Checkpoint {checkpoint.card.name!r} was not trained on the lab: name its data set in the story's view, "
            "or with --data."
        )
    return name
