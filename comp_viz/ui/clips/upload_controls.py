"""Bringing a clip along: upload, microphone, camera or example."""

import streamlit as st

from comp_viz.clips.limits import LIMITS
from comp_viz.clips.settings import Settings
from comp_viz.ui.clips.camera import camera
from comp_viz.ui.clips.upload import EXAMPLE, start_upload
from comp_viz.ui.frame.finished_upload import PROBLEM
from comp_viz.ui.frame.text import escape_markdown

ROUND, LAST_UPLOAD = "upload round", "upload taken"


def upload_controls(settings: Settings) -> None:
    """Upload, microphone, camera and example. What is handed over is written away at once and dropped from memory."""
    count = st.session_state.setdefault(ROUND, 0)
    uploader, microphone = f"upload {count}", f"microphone {count}"

    def uploaded(key: str) -> None:
        file = st.session_state[key]
        if file and st.session_state.get(LAST_UPLOAD) != file.file_id:  # a run that is cut short calls back again
            st.session_state[LAST_UPLOAD] = file.file_id
            start_upload(file.getbuffer(), file.name, settings)
            st.session_state[ROUND] = count + 1  # a widget of another name: the old one lets go of the file

    left, middle, right = st.columns([3, 2, 1.6], vertical_alignment="top")
    left.file_uploader(
        "Video or audio of someone talking", key=uploader, max_upload_size=int(LIMITS.megabytes),
        on_change=uploaded, args=(uploader,),
        help=f"At most {LIMITS.megabytes:g} MB and {LIMITS.seconds / 60:g} minutes, of any kind that can be read. It stays on this server, in a temporary folder "
        "of your visit, and is removed when the visit ends.",
    )  # fmt: skip
    middle.audio_input("Or speak", key=microphone, on_change=uploaded, args=(microphone,), sample_rate=16_000)
    with middle:
        camera("camera", lambda content, name: start_upload(content, name, settings), no_recording)
    if EXAMPLE.is_file():
        with right:
            st.markdown("Or", help="`examples/README.md` says where it comes from.")
            st.button(
                "Take the example clip", icon=":material/movie:", key="example", width="stretch",
                on_click=lambda: start_upload(EXAMPLE.read_bytes(), EXAMPLE.name, settings),
            )  # fmt: skip


def no_recording() -> None:
    """Say that the camera gave nothing; to be called in a callback."""
    st.session_state[PROBLEM] = (
        f"The browser handed over no recording of a kind that is known here, or one of more than {LIMITS.megabytes:g} MB. "
        "Upload a video instead."
    )


def analysis_problem() -> None:
    """Why the last analysis gave nothing."""
    if text := st.session_state.get(PROBLEM):
        st.warning(escape_markdown(text), icon=":material/warning:")
