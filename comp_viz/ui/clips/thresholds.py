"""The thresholds below which a modality of an utterance counts as missing, to be changed."""

from dataclasses import replace

import streamlit as st

from comp_viz.clips.settings import Thresholds
from comp_viz.ui.cache.session_clips import SessionClip
from comp_viz.ui.clips.upload import analyse_again


def threshold_controls(uploaded: SessionClip) -> None:
    """When something counts as missing; read again with other values, without decoding again."""
    now = uploaded.clip.settings.thresholds
    left, right = st.columns(2)
    level = left.slider(
        "Silence below, dBFS",
        -110.0,
        -20.0,
        now.level,
        1.0,
        key="threshold level",
        help="Root mean square of the utterance.",
    )
    voice = left.slider(
        "Voice, least share of time",
        0.0,
        1.0,
        now.voice,
        0.05,
        key="threshold voice",
        help="0 takes any sound as it is.",
    )
    speech = left.slider(
        "Speech above, probability",
        0.1,
        0.95,
        now.speech,
        0.05,
        key="threshold speech",
        help="Of the detector of voice.",
    )
    confidence = right.slider(
        "Words, least mean probability", 0.0, 1.0, now.confidence, 0.05, key="threshold confidence"
    )
    share = right.slider("Face, least share of pictures", 0.0, 1.0, now.face_share, 0.05, key="threshold face share")
    size = right.slider(
        "Face, least size in pixels",
        8,
        400,
        now.face_size,
        4,
        key="threshold face size",
        help="Shorter side, in the picture scaled to at most 720 pixels.",
    )
    visible = right.slider(
        "Face, least share of pictures with mouth and eyes uncovered",
        0.0,
        1.0,
        now.visible_share,
        0.05,
        key="threshold face uncovered",
        help="What is covered is invented by the landmarker. 0 takes it as it is.",
    )
    any_language = right.toggle(
        "Read words of any language",
        uploaded.clip.settings.any_language,
        key="any language",
        help="The text features are made for English. Off, words of another language count as missing.",
    )
    wanted = replace(
        uploaded.clip.settings,
        thresholds=Thresholds(level, voice, speech, confidence, share, size, visible),
        any_language=any_language,
    )
    st.button(
        "Read the clip again", icon=":material/restart_alt:", disabled=wanted == uploaded.clip.settings, key="read again",
        on_click=lambda: analyse_again(uploaded.path, uploaded.clip.name, wanted),
        help="Everything but decoding is done anew, degradations are taken back.",
    )  # fmt: skip
