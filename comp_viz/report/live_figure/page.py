"""The page of a live figure: its frame, the engine, the model and the conversation, in one HTML file."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from comp_viz.browser.assets import compressed, engine_script, runtime_wasm, worker_script
from comp_viz.browser.model import conversation_pack, model_pack
from comp_viz.errors import CompVizError
from comp_viz.figures.style import DARK, LIGHT
from comp_viz.report.live_figure.facts import CAPTION, colours, command, figure_facts, figure_title
from comp_viz.report.origin import Origin, OriginFacts, origin_facts

HERE = Path(__file__).parent
SCRIPTS = ("dom.js", "text.js", "figure.js", "matrix.js", "along.js", "selected.js", "guess.js")
MOST_BYTES = 12_000_000
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; worker-src blob:; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'"
)  # no connection of any kind
CITATION = (
    "He, Zhu, Zhang: Cross-modal Prompting for Balanced Incomplete Multi-modal Emotion Recognition. "
    "Proceedings of the AAAI Conference on Artificial Intelligence, AAAI 2026."
)
RUNTIME_LICENCE = (
    "The model is run by ONNX Runtime, © Microsoft Corporation, MIT licence. The page is of ComP Viz, MIT licence."
)


@dataclass(frozen=True)
class FigurePage:
    """One page with a live figure."""

    title: str
    facts: Mapping[str, Any]  # what its script reads, as JSON can hold it
    about: OriginFacts
    command: str  # that makes it again
    style: str
    data: str  # HTML that holds the blocks of bytes, or fetches them from beside the page
    above: str = ""  # HTML before the figure
    policy: str = POLICY
    scripts: Sequence[str] = ()  # further ones, before that of the page


def live_figure(origin: Origin, words: bool = False) -> str:
    """The whole file. Transcripts are in it only with `words`, features of the recordings only of methods other than ComP.

    Raises `CompVizError` when the checkpoint cannot become a graph, the conversation does not fit it, or the file would be
    larger than such a file may be.
    """
    blocks = shared_blocks() | {"model": model_block(origin), "conversation": conversation_block(origin)}
    data = "\n".join(f'<script type="text/plain" id="{name}">{encoded(x)}</script>' for name, x in blocks.items())
    page = render_page(
        FigurePage(
            figure_title(origin),
            figure_facts(origin, words),
            about_figure(origin),
            command(origin, words),
            look(origin),
            data,
        )
    )
    if len(page) > MOST_BYTES:
        raise CompVizError(
            f"The file would have {len(page) / 1e6:.1f} MB, at most {MOST_BYTES / 1e6:.0f} are allowed: the model or the "
            "conversation is too large for one. Choose a smaller network or a part of the conversation."
        )
    return page


def shared_blocks() -> dict[str, bytes]:
    """What every figure needs, whatever its model: the worker and the runtime."""
    return {"worker": worker_script().encode(), "wasm": runtime_wasm()}


def model_block(origin: Origin) -> bytes:
    """The checkpoint for the engine, compressed."""
    return compressed(model_pack(origin.checkpoint))


def conversation_block(origin: Origin) -> bytes:
    """The conversation for the engine, compressed."""
    return compressed(conversation_pack(origin.checkpoint, origin.conversation))


def encoded(block: bytes) -> str:
    """Bytes as text that may stand in HTML and in a script: a quarter longer, where base 64 would be a third."""
    return base64.b85encode(block).decode().replace("<", ".")


def about_figure(origin: Origin) -> OriginFacts:
    """Where the numbers come from, and what to name when they are used."""
    cited = [("How to cite", CITATION)] if origin.checkpoint.is_comp else []  # other methods name theirs
    return [*origin_facts([origin]), *cited, ("Software", RUNTIME_LICENCE)]


def look(origin: Origin) -> str:
    """The style with the colours of both grounds."""
    light, dark = (
        "".join(f"--{name}:{colour};" for name, colour in colours(origin.checkpoint, palette).items())
        for palette in (LIGHT, DARK)
    )
    style = (HERE / "page.css").read_text(encoding="utf-8")
    return (
        f":root{{{light}}}@media (prefers-color-scheme:dark){{:root:not([data-look=light]){{{dark}}}}}"
        f":root[data-look=dark]{{{dark}}}:root[data-look=light]{{color-scheme:light}}:root[data-look=dark]{{color-scheme:dark}}{style}"
    )


def render_page(page: FigurePage) -> str:
    """The HTML. Facts and blocks are data in it, which the page's script reads; nothing from a file is ever markup.

    Blocks come last: the page is drawn from its facts while megabytes of them are still on their way.
    """
    held = json.dumps(page.facts, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    own = [(HERE / name).read_text(encoding="utf-8") for name in (*SCRIPTS, *page.scripts, "page.js")]
    script = "\n".join([engine_script().replace("export ", ""), *own])
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in page.about)
    body = (HERE / "page.html").read_text(encoding="utf-8")
    parts = {"TITLE": escape(page.title), "CAPTION": escape(CAPTION), "COMMAND": escape(page.command)}
    for name, text in (parts | {"ABOVE": page.above, "ABOUT": rows}).items():
        body = body.replace(f"<!--{name}-->", text)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{page.policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(page.title)}</title>
<style>{page.style}</style>
</head>
<body>
{body}
<script type="application/json" id="facts">{held}</script>
<script>
"use strict";
{script}
</script>
{page.data}
</body>
</html>
"""
