"""What tests of a class share: pages of a made-up story, and phones."""

import gzip

from comp_viz.analysis.lecture.answers import Question
from comp_viz.lecture.class_pages import ClassPages

MODALITIES = ("audio", "text", "video")
STEPS = 3
STORY = "0123456789abcdef"
PAGE = b"<!doctype html><title>A step</title>" + b" " * 1000


def made_up_pages() -> ClassPages:
    """Pages of a story of three steps, in which text contributes most."""
    questions = tuple(Question(MODALITIES, step, (0.1, -0.4, 0.2), "the score", False) for step in range(STEPS))
    files = {"step-1.html": PAGE, "index.html": PAGE, "parts/wasm-00.js": b"x" * 400_000}
    return ClassPages({path: gzip.compress(content) for path, content in files.items()}, questions)


def phone(number: int) -> str:
    """The random number of a phone."""
    return f"{number:032x}"
