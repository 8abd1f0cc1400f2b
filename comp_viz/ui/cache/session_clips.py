"""The clips of one session, the folder they lie in, and what is being analysed.

A cache of the session, which Streamlit empties when the browser goes away, has them removed. A browser that comes back within
`GRACE` finds them as they were; after that they are gone, and the session with them. What is being analysed leaves the line
of the server much sooner, and is begun again for a browser that comes back.
"""

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from comp_viz.checkpoint.card import Card
from comp_viz.clips.background import AnalysisJob
from comp_viz.clips.clip import Clip
from comp_viz.clips.upload_folder import new_upload_folder
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet, cut_into_windows
from comp_viz.errors import CompVizError
from comp_viz.ui.cache.ended_sessions import end_session
from comp_viz.ui.cache.per_session import CLIP

CLIPS_KEY = "session clips"
GRACE = (
    45.0  # seconds after a browser went away; less than Streamlit, which would end the session at some time after 120
)
AWAY = 2.0  # seconds after which an analysis for a browser that went away makes room for others; a hiccup takes less
MOST_CLIPS = 4  # clips kept in a session; the oldest makes room
RECORDED, DEGRADED = "as recorded", "degraded"


@dataclass(eq=False)
class SessionClip:
    """A clip that a visitor brought, and its degraded version."""

    name: str  # of its data set
    clip: Clip  # as recorded
    path: Path  # the upload, for the player and for reading it anew
    degraded: Clip | None = None
    task: Task = field(default_factory=lambda: Task("emotion"))  # of the checkpoint it was opened with last
    max_length: int = 10_000
    data: DataSet | None = None  # made when it is first asked for

    def open_with(self, task: Task, max_length: int) -> None:
        """Have the data set fit a checkpoint that predicts this, and reads that many utterances at once."""
        if (task, max_length) != (self.task, self.max_length):
            self.task, self.max_length, self.data = task, max_length, None

    def degrade(self, degraded: Clip | None) -> None:
        """Keep a degraded version beside it, or none."""
        self.degraded, self.data = degraded, None

    def data_set(self) -> DataSet:
        """Its conversations, as recorded and where there is one degraded, cut to what the model reads."""
        if self.data is None:
            conversations = [replace(self.clip.conversation, id=RECORDED)]
            if self.degraded is not None:
                conversations.append(replace(self.degraded.conversation, id=DEGRADED))
            parts = list(cut_into_windows(conversations, self.max_length))
            self.data = DataSet(
                self.name, self.task, parts, self.clip.sources, "the visitor's own; kept until the visit ends"
            )
        return self.data


@dataclass(eq=False)
class PendingClip:
    """A clip that is being analysed, or waits for it."""

    path: Path  # the upload
    start: Callable[[], AnalysisJob]  # puts it in line
    job: AnalysisJob

    @property
    def name(self) -> str:
        """What people call it."""
        return self.job.name


@dataclass(eq=False)
class SessionClips:
    """Everything that a visitor brought."""

    folder: Path
    session: str  # Streamlit's name of the session
    clips: dict[str, SessionClip] = field(default_factory=dict)  # by the name of their data set
    pending: list[PendingClip] = field(default_factory=list)  # in the order in which they came
    paused: bool = False  # those were stopped as the browser went away
    left: float | None = None  # when the browser went away, on the clock of `time.monotonic`; None while it is there
    removed: bool = False

    def leave(self) -> None:
        """The browser went away: free the line soon, and remove everything later, unless it comes back."""
        self.left = time.monotonic()
        for seconds, act in ((AWAY, self.pause), (GRACE, self.end)):
            timer = threading.Timer(seconds, self._unless_back, (seconds, act))
            timer.daemon = True
            timer.start()

    def back(self) -> bool:
        """The browser is there, perhaps again: go on as before. False when it is too late."""
        if not self.removed and self._connected():
            self.left = None
            if self.paused:
                self.paused = False
                for each in self.pending:
                    each.job = each.start()
        return not self.removed

    def pause(self) -> None:
        """Stop what is analysed; it begins again when the browser comes back."""
        self.paused = True
        for each in self.pending:
            each.job.cancel()

    def clear(self) -> None:
        """Stop what is going on and remove everything, files included."""
        self.removed = True
        self.clips.clear()
        for each in self.pending:
            each.job.cancel()
        for each in self.pending:
            each.job.over.wait()
        self.pending.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        if runtime.exists():  # what players were given is kept in memory, for longer than the session
            runtime.get_instance().media_file_mgr.clear_session_refs(self.session)
            runtime.get_instance().media_file_mgr.remove_orphaned_files()

    def end(self) -> None:
        """The browser stayed away: remove everything, and have the server forget the session."""
        self.clear()
        end_session(self.session)

    def _connected(self) -> bool:
        """Whether a browser is connected to the session, by the server; taken to be so where there is none."""
        return not runtime.exists() or runtime.get_instance().is_active_session(self.session)

    def _unless_back(self, seconds: float, act: Callable[[], None]) -> None:
        """Act when the browser has been away for so long. A run that was under way as it left does not bring it back."""
        away = self.left is not None if not runtime.exists() else not self._connected()
        if away and (self.left is None or time.monotonic() - self.left >= 0.9 * seconds):
            act()


def session_clips() -> SessionClips:
    """Those of this session, none at the first visit and after too long an absence."""
    mine: SessionClips | None = st.session_state.get(CLIPS_KEY)
    if mine is None or not mine.back():
        mine = st.session_state[CLIPS_KEY] = SessionClips(
            new_upload_folder(), context.session_id if (context := get_script_run_ctx()) else ""
        )
    _watch_session(mine, str(mine.folder))
    return mine


@st.cache_resource(scope="session", on_release=SessionClips.leave, show_spinner=False)
def _watch_session(_clips: SessionClips, folder: str) -> SessionClips:
    """Nothing but a signal: the session's cache is emptied, and `leave` called, when the browser goes away."""
    return _clips


def add_clip(clip: Clip, path: Path) -> str:
    """Add an analysed clip; returns the name of its data set. The same content again replaces it."""
    clips, base = session_clips().clips, f"{CLIP}{clip.name}"
    same = [name for name, known in clips.items() if known.clip.digest == clip.digest]
    free = (name for name in (base, *(f"{base} ({i})" for i in range(2, MOST_CLIPS + 2))) if name not in clips)
    name = same[0] if same else next(free)
    if same and clips[name].path != path:
        clips[name].path.unlink(missing_ok=True)
    clips[name] = SessionClip(name, clip, path)
    for oldest in list(clips)[:-MOST_CLIPS]:
        remove_files(clips.pop(oldest))
    return name


def forget_pending(each: PendingClip) -> None:
    """Remove the files of a clip that will not be analysed, but those of one that is here already."""
    known, media = session_clips().clips.values(), each.job.progress.draft.media if each.job.progress else None
    if not any(clip.path == each.path for clip in known):
        each.path.unlink(missing_ok=True)
    if media and not any(clip.clip.media.folder.parent == media.folder.parent for clip in known):
        shutil.rmtree(media.folder.parent, ignore_errors=True)


def remove_files(each: SessionClip) -> None:
    """Remove the files of a clip."""
    each.path.unlink(missing_ok=True)
    shutil.rmtree(each.clip.media.folder.parent, ignore_errors=True)


def session_clip(name: str) -> SessionClip:
    """The clip that makes a data set. Raises `CompVizError` when it is not of this session, or not any more."""
    clip = session_clips().clips.get(name)
    if clip is None:
        raise CompVizError(f"There is no {name} in this session. Upload it again on the Clips page.")
    return clip


def clip_data_set(name: str) -> DataSet:
    """A clip as a data set. Raises `CompVizError` when it is not of this session, or not any more."""
    return session_clip(name).data_set()


def clip_names() -> list[str]:
    """Data sets that the clips of this session make."""
    return list(session_clips().clips)


def clips_for_checkpoint(card: Card, max_length: int) -> list[str]:
    """Clips whose features were made exactly as those the checkpoint was trained on, made ready for it."""
    clips = [each for each in session_clips().clips.values() if reads_clip(card, each.clip)]
    for each in clips:
        each.open_with(card.task, max_length)
    return [each.name for each in clips]


def reads_clip(card: Card, clip: Clip) -> bool:
    """Whether a checkpoint reads the features of a clip."""
    return not clip.misfit(card)
