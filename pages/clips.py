"""Clips: bring a video of someone talking, see what could be read of it and what the model makes of it, and spoil it."""

import streamlit as st

from comp_viz.analysis.clips.prediction import describe_clip
from comp_viz.device import choose_device
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.session_clips import SessionClip, session_clips
from comp_viz.ui.clips.degrading import degradation_controls, degradation_list, draw_before_after
from comp_viz.ui.clips.inspection import (
    confident_words,
    draw_availability,
    draw_faces,
    draw_quality,
    draw_waveform,
    file_facts,
    threshold_controls,
)
from comp_viz.ui.clips.installed_extractors import clip_parts_title, draw_clip_parts, usual_parts_ready
from comp_viz.ui.clips.pieces import (
    analysis_problem,
    analysis_progress,
    checkpoint_for_clip,
    clip_player,
    clip_prediction,
    distribution_note,
    selected_clip,
    upload_controls,
    utterance_list,
)
from comp_viz.ui.clips.upload import wanted_settings
from comp_viz.ui.frame.finished_upload import SETTLE
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import selected_number
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.theme import palette

EMPTY = (
    "A clip is cut into utterances; words, voice and face of each are read, and what cannot be read is a **missing modality**. Then every "
    "page of the dashboard works on it. Nothing you bring leaves this server, and all of it is removed when your visit ends."
)


@st.fragment
def analysed(each: SessionClip, view: PageView | None) -> None:
    """Everything about one clip."""
    view = view and view.now()
    device, colours = str(choose_device()), palette()
    name = checkpoint_for_clip(each, view.name if view else None)
    before = clip_prediction(each, name, device) if name else None
    after = clip_prediction(each, name, device, degraded=True) if name and each.degraded else None
    selected = selected_number(each.clip.conversation)
    page_heading(describe_clip(before) if before else each.name)
    if name:
        distribution_note(open_checkpoint(name, device).card)
    left, right = st.columns([2.6, 2.6], gap="medium")
    with left:
        clip_player(each, before, selected, colours)
    with right:
        utterance_list(each.clip, before)
        confident_words(each.clip, selected)
    draw_waveform(each.clip, selected, colours)
    draw_availability(each.clip, selected, colours)
    st.subheader("Degrade it yourself", anchor=False, divider="gray")
    degradation_controls(each, selected)
    degradation_list(each)
    draw_before_after(each, before, after, selected, colours)
    st.subheader("What was read", anchor=False, divider="gray")
    seen, measured, changed, file = st.tabs(["Faces", "Quality", "Thresholds", "File and stages"])
    with seen:
        draw_faces(each.clip, selected, colours)
    with measured:
        draw_quality(each.clip, selected, colours)
    with changed:
        threshold_controls(each)
    with file:
        file_facts(each.clip)


def clips(view: PageView | None) -> None:
    """The page: bring, wait, look."""
    job = session_clips().job
    if job is not None and job.over.is_set():  # it ended while another page was open
        st.session_state[SETTLE] = True
        st.rerun()
    each = selected_clip()
    if each is None:
        page_heading("Bring a clip of someone talking, and watch the model think")
        st.markdown(EMPTY)
    with st.expander("Another clip", icon=":material/upload:") if each else st.container():
        upload_controls(wanted_settings(view.name if view else ""))
    analysis_problem()
    if job is not None:
        analysis_progress()
    if each is not None:
        analysed(each, view)
    with st.expander(clip_parts_title(), icon=":material/handyman:", expanded=not usual_parts_ready()):
        draw_clip_parts()


clips(current_view("pages/clips.py"))
