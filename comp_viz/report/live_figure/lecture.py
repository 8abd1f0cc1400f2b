"""A story as a folder of pages, each step with its live figure: for any web server, or a USB stick."""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from comp_viz.analysis.lecture.answers import Question
from comp_viz.analysis.lecture.question import prepared_question
from comp_viz.errors import CompVizError
from comp_viz.report.live_figure.facts import figure_facts, observed_entries
from comp_viz.report.live_figure.hall_page import BANNER, HALL_SCRIPTS, INDEX_POLICY, PARTS, asking, follow_script
from comp_viz.report.live_figure.page import (
    POLICY,
    FigurePage,
    about_figure,
    conversation_block,
    encoded,
    look,
    model_block,
    render_page,
    shared_blocks,
)
from comp_viz.report.origin import Origin

# As of one file, and scripts that lie beside the page.
FOLDER_POLICY = POLICY.replace("script-src ", "script-src 'self' file: ")
INDEX = "index.html"


@dataclass(frozen=True)
class LectureStep:
    """A step of a story with what its figure shows."""

    say: str
    ask: str
    origin: Origin
    selected: int | None = None  # utterance, counted from 0


@dataclass(frozen=True)
class LectureFolder:
    """A story with its steps."""

    title: str
    about: str
    steps: Sequence[LectureStep]
    command: str  # that makes it again
    words: bool = False  # whether transcripts are in it
    hall: str = ""  # the story's key where our own server serves it, so that its pages follow the class

    def write(self, folder: Path) -> None:
        """Write the pages and, once for all of them, models and runtime. Nothing is there until everything is.

        Raises `CompVizError` where the folder holds something already, and as `live_figure` does.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CompVizError(f"{folder} is there already. Give the name of a folder that is not, or is empty.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".lecture-") as temporary:
            fresh = Path(temporary) / "lecture"
            (fresh / PARTS).mkdir(parents=True)
            shared = {name: write_block(fresh, name, block) for name, block in shared_blocks().items()}
            models: dict[str, str] = {}  # digest of a checkpoint -> its file
            for number, (step, facts) in enumerate(zip(self.steps, self.facts, strict=True)):
                digest = step.origin.checkpoint.digest
                if digest not in models:
                    models[digest] = write_block(fresh, "model", model_block(step.origin))
                conversation = write_block(fresh, "conversation", conversation_block(step.origin))
                files = [*shared.values(), models[digest], conversation]
                (fresh / page_name(number)).write_text(self.page(number, facts, files), encoding="utf-8")
            (fresh / INDEX).write_text(self.index(), encoding="utf-8")
            fresh.replace(folder)

    @cached_property
    def facts(self) -> list[dict[str, Any]]:
        """What each step's figure knows."""
        return [self.step_facts(number, step) for number, step in enumerate(self.steps)]

    def step_facts(self, number: int, step: LectureStep) -> dict[str, Any]:
        """What the figure of a step knows."""
        facts = figure_facts(step.origin, self.words) | {"guess": True}
        if step.selected is not None:
            facts["selected"] = min(step.selected, facts["utterances"] - 1)
        return facts | ({"hall": {"base": "../", "story": self.hall, "step": number}} if self.hall else {})

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The question of each step: which modality moves the prediction of the selected utterance most."""
        return tuple(
            prepared_question(
                step.origin.checkpoint, step.origin.conversation, observed_entries(step.origin), facts["selected"]
            )
            for step, facts in zip(self.steps, self.facts, strict=True)
        )

    def page(self, number: int, facts: dict[str, Any], files: Sequence[str]) -> str:
        """The page of a step, whose blocks lie in `files`."""
        step = self.steps[number]
        data = "\n".join(f'<script src="{name}"></script>' for name in files)
        above = f'{self.banner}{self.navigation(number)}<p class="ask">{escape(step.ask)}</p>'
        about, policy = about_figure(step.origin), asking(FOLDER_POLICY) if self.hall else FOLDER_POLICY
        scripts = HALL_SCRIPTS if self.hall else ()
        return render_page(
            FigurePage(step.say, facts, about, self.command, look(step.origin), data, above, policy, scripts)
        )

    @property
    def banner(self) -> str:
        """Where a page that follows the class says whether it does."""
        return BANNER if self.hall else ""

    def navigation(self, number: int) -> str:
        """Links to the steps beside a step, and to all of them."""
        links = [f'<a href="{INDEX}">{escape(self.title)}</a>', f"<span>Step {number + 1} of {len(self.steps)}</span>"]
        links += [f'<a rel="prev" href="{page_name(number - 1)}">‹ earlier</a>'] if number else []
        links += [f'<a rel="next" href="{page_name(number + 1)}">next ›</a>'] if number + 1 < len(self.steps) else []
        return f'<nav aria-label="Steps">{"".join(links)}</nav>'

    def index(self) -> str:
        """The list of all steps."""
        items = "".join(
            f'<li><a href="{page_name(k)}">{escape(step.say)}</a></li>' for k, step in enumerate(self.steps)
        )
        return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{asking(INDEX_POLICY) if self.hall else INDEX_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(self.title)}</title>
<style>{look(self.steps[0].origin)} li {{ margin: 0.6rem 0; font-size: 1.15rem; }} a {{ color: inherit; }}</style>
</head>
<body>
{self.banner}<h1>{escape(self.title)}</h1>
<p>{escape(self.about)}</p>
<ol>{items}</ol>
{follow_script("../") if self.hall else ""}</body>
</html>
"""


def page_name(number: int) -> str:
    """The file of a step, counted from 0."""
    return f"step-{number + 1}.html"


def write_block(folder: Path, name: str, block: bytes) -> str:
    """Write a block as a script that puts it into the page, as a page that is opened from disk may load nothing else.

    Returns the path of its file in the folder, which changes with the content.
    """
    text = f"""document.currentScript.after(
  Object.assign(document.createElement("script"), {{ type: "text/plain", id: "{name}", textContent: "{encoded(block)}" }}),
);
"""
    path = f"{PARTS}/{name}-{hashlib.sha256(block).hexdigest()[:16]}.js"
    (folder / path).write_text(text, encoding="utf-8")
    return path
