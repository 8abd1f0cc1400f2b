"""Lecture stories: text files of prepared views, each with a sentence, a question to the audience and notes."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from comp_viz.errors import CompVizError
from comp_viz.page_parts import part_showing
from comp_viz.resources import shipped
from comp_viz.story_settings import StepSettings, check_settings
from comp_viz.yaml_file import read_yaml

Text = Annotated[str, Field(min_length=1)]


def check_page(name: str) -> str:
    """Raise for a page there is not."""
    pages = sorted(path.stem for path in shipped("pages").glob("*.py"))
    if name not in pages:
        raise CompVizError(f"expected one of {', '.join(pages)}")
    return name


class StoryStep(BaseModel, extra="forbid", frozen=True):
    """One prepared view."""

    page: Annotated[str, Field(pattern=r"^[a-z]+$"), AfterValidator(check_page)]
    say: Text  # one sentence, read from the back row
    ask: Text  # a question to the audience
    notes: Text  # for whoever presents
    show: str = ""  # key of the chart that is brought into view, the top of the page where none is named
    view: Annotated[
        StepSettings, AfterValidator(check_settings)
    ] = {}  # where it differs from the view that all steps share


def check_names_checkpoint(view: StepSettings) -> StepSettings:
    """Raise for a view that would depend on what was open before."""
    if "checkpoint" not in view:
        raise CompVizError("expected the name of a checkpoint in it")
    return view


class Story(BaseModel, extra="forbid", frozen=True):
    """Five to eight steps that make one point."""

    title: Text
    about: Text
    minutes: Annotated[int, Field(ge=1, le=120)]
    place: Annotated[int, Field(ge=1)] = 99  # in the list of stories
    view: Annotated[
        StepSettings, AfterValidator(check_settings), AfterValidator(check_names_checkpoint)
    ]  # shared by all steps
    steps: Annotated[tuple[StoryStep, ...], Field(min_length=5, max_length=8)]

    def settings(self, number: int) -> StepSettings:
        """Everything that is set for a step, counted from 0; with the part of a page that has the chart to be shown."""
        step = self.steps[number]
        return part_showing(step.page, step.show) | self.view | step.view


def read_story(path: Path) -> Story:
    """Read and check a story. Raises `CompVizError` naming the file, the field, what was expected and what came."""
    return read_yaml(path, Story)
