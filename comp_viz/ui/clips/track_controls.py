"""Which track of sound and of video is analysed, where a file has several."""

from dataclasses import replace
from functools import partial

import streamlit as st

from comp_viz.clips.tracks import Tracks
from comp_viz.ui.cache.session_clips import SessionClip
from comp_viz.ui.clips.upload import analyse_again


def track_controls(uploaded: SessionClip) -> None:
    """A choice for each kind of track that there are several of; analyses the clip anew."""
    media, settings = uploaded.clip.media, uploaded.clip.settings

    def choose() -> None:
        sound = st.session_state.get("sound track", settings.tracks.sound)
        video = st.session_state.get("video track", settings.tracks.video)
        analyse_again(uploaded.path, uploaded.clip.name, replace(settings, tracks=Tracks(sound, video)))

    for kind, names, now in (
        ("sound", media.sound_tracks, media.sound_track),
        ("video", media.video_tracks, media.video_track),
    ):
        if len(names) > 1:
            st.selectbox(
                f"{kind.capitalize()} track", list(range(1, len(names) + 1)), now - 1, partial(track_name, names),
                key=f"{kind} track", on_change=choose, help="The file has several; another one is analysed at once.",
            )  # fmt: skip


def track_name(names: tuple[str, ...], number: int) -> str:
    """What people know a track by."""
    return names[number - 1]
