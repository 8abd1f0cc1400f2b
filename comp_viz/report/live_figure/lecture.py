"""A story as a folder of pages, each step with its live figure: for any web server, or a USB stick."""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from comp_viz.errors import CompVizError
from comp_viz.report.live_figure.facts import figure_facts
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

    def write(self, folder: Path, words: bool = False) -> None:
        """Write the pages and, once for all of them, models and runtime. Nothing is there until everything is.

        Raises `CompVizError` where the folder holds something already, and as `live_figure` does.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CompVizError(f"{folder} is there already. Give the name of a folder that is not, or is empty.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".lecture-") as temporary:
            fresh = Path(temporary) / "lecture"
            (fresh / "parts").mkdir(parents=True)
            for name, block in shared_blocks().items():
                write_block(fresh, name, name, block)
            for number, step in enumerate(self.steps):
                (fresh / page_name(number)).write_text(self.page(number, step, fresh, words), encoding="utf-8")
            (fresh / INDEX).write_text(self.index(), encoding="utf-8")
            fresh.replace(folder)

    def page(self, number: int, step: LectureStep, folder: Path, words: bool) -> str:
        """The page of a step; its model and conversation are written into the folder where they are not there yet."""
        conversation = conversation_block(step.origin)
        files = {name: name for name in shared_blocks()}
        files["model"] = f"model-{step.origin.checkpoint.digest[:16]}"
        files["conversation"] = f"conversation-{hashlib.sha256(conversation).hexdigest()[:16]}"
        if not block_path(folder, files["model"]).exists():
            write_block(folder, files["model"], "model", model_block(step.origin))
        write_block(folder, files["conversation"], "conversation", conversation)
        data = "\n".join(f'<script src="parts/{name}.js"></script>' for name in files.values())
        facts = figure_facts(step.origin, words) | {"guess": True}
        if step.selected is not None:
            facts["selected"] = min(step.selected, facts["utterances"] - 1)
        above = f'{self.navigation(number)}<p class="ask">{escape(step.ask)}</p>'
        return render_page(
            FigurePage(
                step.say, facts, about_figure(step.origin), self.command, look(step.origin), data, above, FOLDER_POLICY
            )
        )

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
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(self.title)}</title>
<style>{look(self.steps[0].origin)} li {{ margin: 0.6rem 0; font-size: 1.15rem; }} a {{ color: inherit; }}</style>
</head>
<body>
<h1>{escape(self.title)}</h1>
<p>{escape(self.about)}</p>
<ol>{items}</ol>
</body>
</html>
"""


def page_name(number: int) -> str:
    """The file of a step, counted from 0."""
    return f"step-{number + 1}.html"


def block_path(folder: Path, name: str) -> Path:
    """Where a block of bytes lies."""
    return folder / "parts" / f"{name}.js"


def write_block(folder: Path, name: str, block_name: str, block: bytes) -> None:
    """A block as a script that puts it into the page: a page that is opened from disk may load nothing else."""
    text = f"""document.currentScript.after(
  Object.assign(document.createElement("script"), {{ type: "text/plain", id: "{block_name}", textContent: "{encoded(block)}" }}),
);
"""
    block_path(folder, name).write_text(text, encoding="utf-8")
