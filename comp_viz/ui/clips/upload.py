"""Taking clips in: an upload goes into the session's folder, is analysed, and what came of it is laid on the desk."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from comp_viz.clips.analyse import analyse
from comp_viz.clips.background import AnalysisJob, start_analysis
from comp_viz.clips.clip import Clip
from comp_viz.clips.progress import Progress
from comp_viz.clips.settings import Settings
from comp_viz.clips.source import named_in
from comp_viz.clips.upload_folder import write_upload
from comp_viz.resources import shipped
from comp_viz.ui.cache.checkpoints import checkpoint_card, checkpoint_names
from comp_viz.ui.clips.session_clips import add_clip, reads_clip, session_clip, session_clips

VIDEO, AUDIO = ("mp4", "mov", "webm", "avi", "mkv", "mpg"), ("wav", "mp3", "m4a", "ogg", "flac")
EXAMPLE = shipped("examples/example.mp4")
SETTLE, PROBLEM, IN_HAND = "settle", "clip problem", "clip in hand"


def start_upload(content: bytes | memoryview, name: str, settings: Settings) -> None:
    """Write an upload to the session's folder and put its analysis in line; to be called in a callback."""
    suffix = Path(name).suffix.lower()
    path = write_upload(session_clips().place, content, suffix if suffix[1:] in (*VIDEO, *AUDIO) else ".clip")
    analyse_again(path, name, settings)


def analyse_again(path: Path, name: str, settings: Settings) -> None:
    """Put the analysis of a file in the session's folder in line; what was decoded or analysed before is taken from there."""
    mine = session_clips()
    st.session_state.pop(PROBLEM, None)
    mine.path = path
    mine.job = start_analysis(name, partial(run_analysis, path, mine.place, settings, name))


def run_analysis(
    path: Path, place: Path, settings: Settings, name: str, report: Callable[[Progress], None], stop: Callable[[], bool]
) -> Clip:
    """What a job does, in its own thread."""
    return analyse(path, place, settings, name, report, stop)


def finished_upload() -> tuple[str | None, str, str | None] | None:
    """Take over what came of an analysis that the Clips page saw end: checkpoint, data set and conversation to open.

    None where nothing is to be opened.
    """
    mine = session_clips()
    job, path = mine.job, mine.path
    if not st.session_state.pop(SETTLE, False) or job is None or path is None or not job.over.is_set():
        return None
    mine.job = mine.path = None
    if job.clip is None:
        if not any(each.path == path for each in mine.clips.values()):
            path.unlink(missing_ok=True)
        st.session_state[PROBLEM] = failure_text(job)
        return None
    name = add_clip(job.clip, path)
    st.session_state[IN_HAND] = name
    readers = checkpoints_reading(job.clip)
    if not readers:
        return None
    current = st.session_state.get("checkpoint")
    return clip_to_open(name, current if current in readers else readers[0])


def clip_to_open(name: str, checkpoint: str) -> tuple[str, str, str]:
    """What opens a clip on every page: checkpoint, data set, its first conversation."""
    card = checkpoint_card(checkpoint)
    if card is not None:
        session_clip(name).open_with(card.task, card.architecture.max_length)
    return checkpoint, name, session_clip(name).data_set().utterances.ids[0]


def failure_text(job: AnalysisJob) -> str:
    """What became of an analysis that gave no clip, for people."""
    return job.problem or "The analysis was stopped. Nothing of it is kept."


def checkpoints_reading(clip: Clip) -> list[str]:
    """Checkpoints that were trained on features made exactly as this clip's."""
    cards = {name: checkpoint_card(name) for name in checkpoint_names()}
    return [name for name, card in cards.items() if card and reads_clip(card, clip)]


def wanted_settings(checkpoint: str) -> Settings:
    """Settings with the extractors a checkpoint asks for, or any checkpoint for clips; the default ones where none does."""
    for name in (checkpoint, *checkpoint_names()):
        card = checkpoint_card(name)
        named = named_in({u: card.sources.get(u, "") for u in card.architecture.modalities}) if card else None
        if named:
            return Settings(extractors=named)
    return Settings()
