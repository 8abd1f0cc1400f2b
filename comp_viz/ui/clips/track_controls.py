"""Which track of sound and of video is analysed, where a file has several."""

from dataclasses import replace
from functools import partial

import streamlit as st

from comp_viz.ui.cache.session_clips import SessionClip
from comp_viz.ui.clips.upload import analyse_again


def track_controls(uploaded: SessionClip) -> None:
    """A choice for each kind of track that there are several of; analyses the clip anew."""
    media, settings = uploaded.clip.media, uploaded.clip.settings
    here = uploaded.clip.digest[:8]  # another clip has other tracks

    def choose(kind: str) -> None:
        number = st.session_state[f"{kind} track {here}"]
        tracks = replace(settings.tracks, **{kind: number})
        if tracks != settings.tracks:
            analyse_again(uploaded.path, uploaded.clip.name, replace(settings, tracks=tracks))

    for kind, names, now in (
        ("sound", media.sound_tracks, media.sound_track),
        ("video", media.video_tracks, media.video_track),
    ):
        if len(names) > 1:
            st.selectbox(
                f"{kind.capitalize()} track", list(range(1, len(names) + 1)), now - 1, partial(track_name, names),
                key=f"{kind} track {here}", on_change=choose, args=(kind,),
                help="The file has several; another one is analysed at once.",
            )  # fmt: skip


def track_name(names: tuple[str, ...], number: int) -> str:
    """What people know a track by."""
    return names[number - 1]
