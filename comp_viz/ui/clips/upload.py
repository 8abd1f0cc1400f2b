"""Taking clips in: an upload goes into the session's folder, is analysed; `frame/finished_upload.py` takes over the result."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from comp_viz.clips.analyse import analyse
from comp_viz.clips.background import start_analysis
from comp_viz.clips.clip import Clip
from comp_viz.clips.file_kinds import MEDIA_TYPES
from comp_viz.clips.limits import printable_name
from comp_viz.clips.progress import Progress
from comp_viz.clips.settings import Settings
from comp_viz.clips.source import named_in
from comp_viz.clips.upload_folder import write_upload
from comp_viz.resources import shipped
from comp_viz.ui.cache.checkpoints import checkpoint_card, checkpoint_names
from comp_viz.ui.cache.session_clips import MOST_CLIPS, PendingClip, session_clips
from comp_viz.ui.frame.finished_upload import PROBLEM

EXAMPLE = shipped("examples/example.mp4")


def start_upload(content: bytes | memoryview, name: str, settings: Settings) -> None:
    """Write an upload to the session's folder and put its analysis in line; to be called in a callback."""
    if len(session_clips().pending) >= MOST_CLIPS:
        st.session_state[PROBLEM] = (
            f"{MOST_CLIPS} clips of yours are being analysed or wait for it. Stop one of them, or bring the next one later."
        )
        return
    suffix = Path(name).suffix.lower()
    path = write_upload(session_clips().folder, content, suffix if suffix in MEDIA_TYPES else ".clip")
    analyse_again(path, name, settings)


def analyse_again(path: Path, name: str, settings: Settings) -> None:
    """Put the analysis of a file in the session's folder in line; what was decoded or analysed before is taken from there.

    An analysis of the same file that has not ended is given up. To be called in a callback.
    """
    mine = session_clips()
    st.session_state.pop(PROBLEM, None)
    for each in [each for each in mine.pending if each.path == path]:
        each.job.cancel()
        mine.pending.remove(each)
    start = partial(start_analysis, printable_name(name), partial(run_analysis, path, mine.folder, settings, name))
    mine.pending.append(PendingClip(path, start, start()))


def run_analysis(
    path: Path,
    folder: Path,
    settings: Settings,
    name: str,
    report: Callable[[Progress], None],
    stop: Callable[[], bool],
    turn: Callable[[float], None],
) -> Clip:
    """What a job does, in its own thread."""
    return analyse(path, folder, settings, name, report, stop, turn)


def wanted_settings(checkpoint: str) -> Settings:
    """Settings with the extractors a checkpoint asks for, or any checkpoint for clips; the default ones where none does."""
    for name in (checkpoint, *checkpoint_names()):
        card = checkpoint_card(name)
        named = named_in({u: card.sources.get(u, "") for u in card.architecture.modalities}) if card else None
        if named:
            return Settings(extractors=named)
    return Settings()
