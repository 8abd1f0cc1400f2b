"""The result of an analysis of an upload: the clip is kept in the session, and opened with a checkpoint that reads it."""

import streamlit as st

from comp_viz.clips.background import AnalysisJob
from comp_viz.clips.clip import Clip
from comp_viz.device import choose_device
from comp_viz.ui.cache.checkpoints import checkpoint_card, checkpoint_names, opens
from comp_viz.ui.cache.session_clips import add_clip, forget_pending, reads_clip, session_clip, session_clips

SETTLE, PROBLEM, SELECTED = "settle", "clip problem", "selected clip"  # what the session keeps


def finished_upload() -> tuple[str | None, str, str | None] | None:
    """Take over the results of analyses that the Clips page saw end: checkpoint, data set and conversation to open.

    None where nothing is to be opened.
    """
    if not st.session_state.pop(SETTLE, False):
        return None
    mine, to_open = session_clips(), None
    if mine.paused:  # a run that was under way as the browser went away; they begin again when it is back
        return None
    for each in [each for each in mine.pending if each.job.settled]:
        mine.pending.remove(each)
        if each.job.clip is None:
            forget_pending(each)
            st.session_state[PROBLEM] = failure_text(each.job)
            continue
        name = add_clip(each.job.clip, each.path)
        st.session_state[SELECTED] = name
        if readers := checkpoints_reading(each.job.clip):
            current = st.session_state.get("checkpoint")
            to_open = clip_to_open(name, current if current in readers else readers[0])
    return to_open


def clip_to_open(name: str, checkpoint: str) -> tuple[str, str, str]:
    """What opens a clip on every page: checkpoint, data set, its first conversation."""
    card = checkpoint_card(checkpoint)
    if card is not None:
        session_clip(name).open_with(card.task, card.architecture.max_length)
    return checkpoint, name, session_clip(name).data_set().utterances.ids[0]


def failure_text(job: AnalysisJob) -> str:
    """Why an analysis gave no clip, for people."""
    return job.problem or "The analysis was stopped. Nothing of it is kept."


def checkpoints_reading(clip: Clip) -> list[str]:
    """Checkpoints that were trained on features made exactly as this clip's, none that cannot be read."""
    cards, device = {name: checkpoint_card(name) for name in checkpoint_names()}, str(choose_device())
    return [name for name, card in cards.items() if card and reads_clip(card, clip) and opens(name, device)]
