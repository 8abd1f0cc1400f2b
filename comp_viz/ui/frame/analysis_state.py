"""What runs for a visitor: how far the analyses of clips are, in words, and a line on the other pages that leads to them."""

import math
import time

import streamlit as st

from comp_viz.clips.background import AnalysisJob
from comp_viz.clips.progress import STAGES
from comp_viz.ui.cache.session_clips import PendingClip, session_clips
from comp_viz.ui.frame.arrival import go_to
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.wording import how_many

CLIPS_PAGE = "pages/clips.py"


def work_share(job: AnalysisJob) -> float:
    """Share of the work that is done, 0 to 1, while it is decoded or analysed."""
    return job.progress.share(job.progress.at if in_line(job) else time.monotonic()) if job.progress else 0.0


def progress_text(job: AnalysisJob) -> str:
    """What is done now and how long it still takes, or how long until its turn."""
    now = job.progress
    if job.settled:
        return "Done"
    if in_line(job):
        return line_text(job)
    if now is None:
        return "Starting"
    stage = f"{now.words} ({list(STAGES).index(now.stage) + 1} of {len(STAGES)})"
    moment = time.monotonic()
    slow = ["slower than usual, as the machine is busy"] if now.slow(moment) else []
    return ", ".join([stage, *duration_text(now.seconds_left(moment), " left"), *slow])


def in_line(job: AnalysisJob) -> bool:
    """Whether it waits for others."""
    return bool(job.ahead) and (job.progress is None or job.decoded)


def line_text(job: AnalysisJob) -> str:
    """The place in line, and how long until its turn and from then on."""
    place = f"In line, {how_many(job.ahead, 'clip')} ahead"
    until = duration_text(job.seconds_to_wait, "")
    own = duration_text(job.progress.seconds_left(job.progress.at), "") if job.progress else []
    return "; ".join([place, *(f"begins in {text}" for text in until), *(f"then takes {text}" for text in own)])


def duration_text(seconds: float, suffix: str) -> list[str]:
    """`about 34 s` or `about 3 min` with a suffix; nothing where it is not known."""
    if math.isnan(seconds):
        return []
    if seconds < 100:
        return [f"about {max(1, round(seconds))}\N{NO-BREAK SPACE}s{suffix}"]
    return [f"about {round(seconds / 60)}\N{NO-BREAK SPACE}min{suffix}"]


def analysis_notice() -> None:
    """On every page but that of clips: what runs, how far it is, that it is done, and the way there.

    As of this run, not drawn anew by itself: a fragment that is, left by a button of its own while the server is busy, has
    sent its last elements to the page after it, which Streamlit 1.67 answers with an empty window.
    """
    for each in session_clips().pending:
        draw_notice(each)


def draw_notice(each: PendingClip) -> None:
    """One clip in one line."""
    job, name = each.job, escape_markdown(each.name)
    if not job.settled:
        text, icon, label = f"{name}: {progress_text(job)}", "movie", "Look"
    elif job.clip is not None:
        text, icon, label = f"**{name}** is analysed", "check_circle", "Open it"
    else:
        text, icon, label = f"{name} could not be analysed", "error", "See why"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"notice {each.path.stem}"):
        st.caption(f":material/{icon}: {text}", width="content")
        st.button(
            label, type="tertiary", key=f"to clips {each.path.stem}", icon=":material/arrow_forward:", on_click=go_to,
            args=(CLIPS_PAGE,),
        )  # fmt: skip
