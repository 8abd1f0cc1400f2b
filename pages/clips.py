"""Clips: bring a video of someone talking, see what could be read of it and what the model predicts, and degrade it."""

import streamlit as st

from comp_viz.device import choose_device
from comp_viz.figures.clips.heading import CLIP_TERMS, clip_heading
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.session_clips import SessionClip, session_clips
from comp_viz.ui.clips.clip_player import clip_player, utterance_list
from comp_viz.ui.clips.degrading import degradation_controls, degradation_list, draw_before_after
from comp_viz.ui.clips.inspection import (
    confident_words,
    draw_faces,
    draw_quality,
    draw_reasons,
    draw_waveform,
    file_facts,
    file_notes,
)
from comp_viz.ui.clips.installed_extractors import default_extractors_ready, draw_requirements, requirements_title
from comp_viz.ui.clips.pending import draw_pending
from comp_viz.ui.clips.selected_clip import (
    checkpoint_for_clip,
    clip_prediction,
    clip_unlike,
    distribution_note,
    selected_clip,
)
from comp_viz.ui.clips.thresholds import threshold_controls
from comp_viz.ui.clips.track_controls import track_controls
from comp_viz.ui.clips.upload import wanted_settings
from comp_viz.ui.clips.upload_controls import analysis_problem, upload_controls
from comp_viz.ui.frame.errors_in_words import errors_in_words
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
@errors_in_words()
def inspect_clip(uploaded: SessionClip, view: PageView | None, pending: int) -> None:
    """Everything about one clip, while so many others are `pending`."""
    if len(session_clips().pending) != pending:  # a control below had one read again
        st.rerun()
    view = view and view.now()
    device, colours = str(choose_device()), palette()
    name = checkpoint_for_clip(uploaded, view)
    before = clip_prediction(uploaded, name, device) if name else None
    after = clip_prediction(uploaded, name, device, degraded=True) if name and uploaded.degraded else None
    selected = selected_number(uploaded.clip.conversation)
    if name and before:
        page_heading(clip_heading(before), CLIP_TERMS)
        distribution_note(open_checkpoint(name, device).card)
    else:
        page_heading(uploaded.name)
    left, right = st.columns([2.3, 2.9], gap="medium")
    with left:
        clip_player(uploaded, before, selected, colours)
        file_notes(uploaded.clip)
    with right:
        utterance_list(uploaded.clip, before, clip_unlike(uploaded, name, device) if name else ())
        confident_words(uploaded.clip, selected)
    draw_waveform(uploaded.clip, selected, colours)
    draw_reasons(uploaded.clip, selected, colours)
    st.subheader("Degrade it yourself", anchor=False, divider="gray")
    degradation_controls(uploaded, selected)
    degradation_list(uploaded)
    draw_before_after(uploaded, before, after, selected, colours)
    st.subheader("What was read", anchor=False, divider="gray")
    faces, quality, thresholds, file = st.tabs(["Faces", "Quality", "Thresholds", "File and stages"])
    with faces:
        draw_faces(uploaded.clip, selected, colours)
    with quality:
        draw_quality(uploaded.clip, selected, colours)
    with thresholds:
        threshold_controls(uploaded)
    with file:
        file_facts(uploaded.clip)
        track_controls(uploaded)


def clips_page(view: PageView | None) -> None:
    """The page: bring, wait, look."""
    mine = session_clips()
    pending = mine.pending
    if not mine.paused and any(each.job.settled for each in pending):  # it ended while another page was open
        st.session_state[SETTLE] = True
        st.rerun()
    uploaded = selected_clip()
    if uploaded is None:
        names = " and ".join(each.name for each in pending)
        page_heading(
            f"Analysing {names}"
            if pending
            else "Bring a clip of someone talking, to see what the model predicts from it"
        )
        if not pending:
            st.markdown(EMPTY)
    analysis_problem()
    for each in pending:
        draw_pending(each, palette(), uploaded is not None and uploaded.path == each.path)
    with st.expander("Another clip", icon=":material/upload:") if uploaded or pending else st.container():
        upload_controls(wanted_settings(view.name if view else ""))
    if uploaded is not None:
        inspect_clip(uploaded, view, len(pending))
    with st.expander(requirements_title(), icon=":material/handyman:", expanded=not default_extractors_ready()):
        draw_requirements()


clips_page(current_view("pages/clips.py"))
