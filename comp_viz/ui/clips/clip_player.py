"""The player with the list of utterances beside it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from comp_viz.analysis.prediction import Prediction
from comp_viz.clips.clip import Clip
from comp_viz.clips.file_kinds import MEDIA_TYPES
from comp_viz.clips.preview import write_playable
from comp_viz.clips.tracks import PLAYED
from comp_viz.errors import CompVizError
from comp_viz.figures.clips.heading import UNLIKE_NOTE
from comp_viz.figures.clips.subtitles import webvtt
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.session_clips import SessionClip
from comp_viz.ui.clips.player import play_from, player, predictions_text
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.widgets.media import media_url
from comp_viz.ui.widgets.written import draw_table


def clip_player(uploaded: SessionClip, prediction: Prediction | None, selected: int, palette: Palette) -> None:
    """The player, and the browser's own behind an expander."""
    clip = uploaded.clip
    chosen = clip.settings.tracks != PLAYED
    if chosen and playable_path(uploaded) == uploaded.path:
        with st.spinner("Making a file of the chosen tracks to play …"):
            make_playable(clip)
    path = playable_path(uploaded)
    mimetype = MEDIA_TYPES.get(path.suffix, "video/mp4")
    picture = clip.media.width > 0 and not mimetype.startswith("audio/")

    def unplayable() -> None:
        make_playable(clip)

    try:
        url = media_url(path, mimetype, "clip player")
    except (OSError, CompVizError):
        st.info("The clip's file is gone. Upload it again to play it.", icon=":material/movie_off:")
        return
    player(url, picture, clip.media.duration, clip.spans, prediction, selected, palette, unplayable)
    if path != uploaded.path:
        why = (
            "Browsers play other tracks than the chosen ones" if chosen else "The browser does not play the file itself"
        )
        st.caption(f"{why}, so this shows the pictures that were read, 5 a second, with the sound.")
    with st.expander("In the browser's own player, with subtitles"):
        if picture:
            st.video(
                str(path),
                mimetype,
                subtitles={
                    "words and prediction": webvtt(clip.spans, predictions_text(prediction, len(clip.spans))).encode()
                },
            )
        else:
            st.audio(str(path), mimetype)


def make_playable(clip: Clip) -> None:
    """Write what was decoded of a clip as a file that browsers play, beside it."""
    st.session_state[played(clip)] = str(write_playable(clip.media, clip.media.folder / "playable"))


def playable_path(uploaded: SessionClip) -> Path:
    """The clip's file, or what was made of it where a browser does not play that, or other tracks of it."""
    made = st.session_state.get(played(uploaded.clip))
    return Path(made) if made and Path(made).is_file() else uploaded.path


def played(clip: Clip) -> str:
    """Where the session keeps which file is played of a clip's tracks."""
    return f"played {clip.digest} {clip.settings.tracks.folder}"


def utterance_list(clip: Clip, prediction: Prediction | None, unlike: Sequence[Sequence[str]]) -> None:
    """All utterances with words and prediction; choosing one plays it from its start.

    `unlike` names the modalities in which each is unlike what the checkpoint learned from.
    """
    rows = {
        "": list(range(1, len(clip.spans) + 1)),
        "from, s": [span.start for span in clip.spans],
        **({"prediction": predictions_text(prediction, len(clip.spans))} if prediction else {}),
        **({"unlike": [", ".join(names) for names in unlike]} if any(unlike) else {}),
        "words": [span.text or "(no words)" for span in clip.spans],
    }

    def picked() -> None:
        if rows := st.session_state["utterances"].selection.rows:
            select_utterance(rows[0])
            play_from(rows[0])

    draw_table(
        pd.DataFrame(rows), height=min(430, 38 + 35 * len(clip.spans)), key="utterances", on_select=picked,
        selection_mode="single-row",
        column_config={
            "": st.column_config.NumberColumn(width=36), "from, s": st.column_config.NumberColumn(format="%.2f", width=60),
            "prediction": st.column_config.TextColumn(width=170), "unlike": st.column_config.TextColumn(width=76), "words": st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip
    st.caption("Choose a row to play that utterance from its exact start.")
    if any(unlike):
        st.caption(f":material/warning: {UNLIKE_NOTE}")
