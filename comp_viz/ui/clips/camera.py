"""The camera on a page: a small component of our own, as Streamlit's own takes stills only."""

from base64 import b64decode
from binascii import Error
from collections.abc import Callable

import streamlit as st

from comp_viz.clips.limits import LIMITS
from comp_viz.ui.widgets.component import component

SECONDS, BITS = 60, 1_000_000  # of a recording at most, and of its picture per second
TYPES = {"video/webm": "recording.webm", "video/mp4": "recording.mp4", "video/x-matroska": "recording.mkv"}


def camera(key: str, on_recording: Callable[[bytes, str], None], on_nothing: Callable[[], None]) -> None:
    """Let a visitor film with sound; `on_recording` is called before the next run with the content and a name for it.

    `on_nothing` is called instead where what the browser sent is no recording, or larger than is allowed.
    """

    def recorded() -> None:
        if recording := recording_of(st.session_state[key].get("recording")):
            on_recording(*recording)
        else:
            on_nothing()

    component(__file__)(key=key, data={"seconds": SECONDS, "bits": BITS}, on_recording_change=recorded)


def recording_of(sent: object) -> tuple[bytes, str] | None:
    """The content and a name for what a browser sent; None where that is no recording."""
    if not isinstance(sent, dict) or not isinstance(content := sent.get("content"), str):
        return None
    name = TYPES.get(str(sent.get("type")).split(";")[0])
    if name is None or len(content) > 4 / 3 * LIMITS.megabytes * 2**20:
        return None
    try:
        return b64decode(content, validate=True), name
    except Error:
        return None
