"""The Whisper base model, loaded once for recognition of words and for audio features."""

import threading
from functools import cache
from typing import Any

import torch

from comp_viz.clips.requirements import library_missing, require
from comp_viz.clips.weights import WHISPER, content, weights_missing

LIBRARY = "faster-whisper"  # brings its own detector of voice, which needs no weights of ours
# Held by whoever loads or uses the model: one serves all sessions, and two at once would only halve each other's speed.
WHISPER_LOCK = threading.Lock()


def whisper_missing() -> str | None:
    """None when the model can be used on this machine, else what is missing and the command that mends it."""
    return library_missing(LIBRARY) or weights_missing(WHISPER)


@cache
def whisper_model() -> Any:
    """`faster_whisper.WhisperModel` in 8-bit integers, from checked files, never from the network. Raises `CompVizError`."""
    require("Speech recognition", whisper_missing())
    from faster_whisper import WhisperModel

    files = {file.name.removeprefix("whisper-base/"): content(file) for file in WHISPER}
    threads = torch.get_num_threads()
    made = WhisperModel("whisper-base", device="cpu", compute_type="int8", files=files, cpu_threads=2)
    torch.set_num_threads(threads)  # it sets those of this thread as well, and more threads sum in another order
    return made
