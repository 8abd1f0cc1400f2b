"""The Whisper base model, loaded once for recognition of words and for audio features."""

import threading
from functools import cache
from importlib.util import find_spec
from typing import Any

from comp_viz.clips.weights import WHISPER, content
from comp_viz.clips.weights import missing as weights_missing
from comp_viz.errors import CompVizError

LOCK = threading.Lock()  # one model serves all sessions; two at once would only halve each other's speed


def missing() -> str | None:
    """None when the model can be used on this machine, else what is missing and the command that mends it."""
    return library_missing() or weights_missing(WHISPER)


def library_missing() -> str | None:
    """None when the library is installed, which brings its own detector of voice, else the command that mends it."""
    if find_spec("faster_whisper") is None:
        return "the library faster-whisper is not installed. Run pip install -r requirements-clips.txt."
    return None


@cache
def model() -> Any:
    """`faster_whisper.WhisperModel` in 8-bit integers, from checked files, never from the network. Raises `CompVizError`."""
    if problem := missing():
        raise CompVizError(f"Speech recognition: {problem}")
    from faster_whisper import WhisperModel

    files = {file.name.removeprefix("whisper-base/"): content(file) for file in WHISPER}
    return WhisperModel("whisper-base", device="cpu", compute_type="int8", files=files, cpu_threads=2)
