"""Clips: bring a video of someone talking, see what could be read of it and what the model makes of it, and spoil it."""

import streamlit as st

from comp_viz.analysis.clips.prediction import describe_clip
from comp_viz.device import choose_device
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.clips.degrading import compared, controls, taken_back
from comp_viz.ui.clips.inspection import availability, behind, confident_words, faces, quality, thresholds, waveform
from comp_viz.ui.clips.installed_extractors import all_usual_ready, capability_title, panel_of_capabilities
from comp_viz.ui.clips.pieces import (
    bring,
    clip_in_hand,
    out_of_distribution,
    prediction,
    problem,
    progress,
    reader,
    utterance_list,
    watching,
)
from comp_viz.ui.clips.session_clips import Lying, desk
from comp_viz.ui.clips.upload import SETTLE, wanted_settings
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
def analysed(each: Lying, view: PageView | None) -> None:
    """Everything about one clip."""
    view = view and view.now()
    device, colours = str(choose_device()), palette()
    name = reader(each, view.name if view else None)
    before = prediction(each, name, device) if name else None
    after = prediction(each, name, device, degraded=True) if name and each.degraded else None
    selected = selected_number(each.clip.conversation)
    page_heading(describe_clip(before) if before else each.name)
    if name:
        out_of_distribution(open_checkpoint(name, device).card)
    left, right = st.columns([2.6, 2.6], gap="medium")
    with left:
        watching(each, before, selected, colours)
    with right:
        utterance_list(each.clip, before)
        confident_words(each.clip, selected)
    waveform(each.clip, selected, colours)
    availability(each.clip, selected, colours)
    st.subheader("Degrade it yourself", anchor=False, divider="gray")
    controls(each, selected)
    taken_back(each)
    compared(each, before, after, selected, colours)
    st.subheader("What was read", anchor=False, divider="gray")
    seen, measured, changed, file = st.tabs(["Faces", "Quality", "Thresholds", "File and stages"])
    with seen:
        faces(each.clip, selected, colours)
    with measured:
        quality(each.clip, selected, colours)
    with changed:
        thresholds(each)
    with file:
        behind(each.clip)


def clips(view: PageView | None) -> None:
    """The page: bring, wait, look."""
    job = desk().job
    if job is not None and job.over.is_set():  # it ended while another page was open
        st.session_state[SETTLE] = True
        st.rerun()
    each = clip_in_hand()
    if each is None:
        page_heading("Bring a clip of someone talking, and watch the model think")
        st.markdown(EMPTY)
    with st.expander("Another clip", icon=":material/upload:") if each else st.container():
        bring(wanted_settings(view.name if view else ""))
    problem()
    if job is not None:
        progress()
    if each is not None:
        analysed(each, view)
    with st.expander(capability_title(), icon=":material/handyman:", expanded=not all_usual_ready()):
        panel_of_capabilities()


clips(current_view("pages/clips.py"))
