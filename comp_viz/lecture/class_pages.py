"""What phones are served of a story."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from comp_viz.analysis.lecture.answers import Question
from comp_viz.stories import Story


@dataclass(frozen=True)
class ClassPages:
    """Pages and what they load, and the question of each step."""

    files: Mapping[str, bytes]  # by their path below the story's address, compressed by gzip
    questions: tuple[Question, ...]


def story_key(story: Story) -> str:
    """The name of a story in addresses: another one when anything in it changes."""
    return hashlib.sha256(story.model_dump_json().encode()).hexdigest()[:16]
