"""Pieces of the Clips page: bringing a clip along, how far its analysis is, which clip is in hand, the player."""

from pathlib import Path

import streamlit as st

from comp_viz.analysis.clips.prediction import predict_clip
from comp_viz.analysis.prediction import Prediction
from comp_viz.analysis.query import Query
from comp_viz.checkpoint.card import Card
from comp_viz.clips.clip import Clip
from comp_viz.clips.limits import LIMITS
from comp_viz.clips.preview import write_playable
from comp_viz.clips.progress import STAGES
from comp_viz.clips.settings import Settings
from comp_viz.errors import CompVizError
from comp_viz.figures.clips.subtitles import webvtt
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data
from comp_viz.ui.cache.session_clips import DEGRADED, RECORDED, SessionClip, session_clip, session_clips
from comp_viz.ui.clips.camera import camera
from comp_viz.ui.clips.player import media_url, play_from, player, predictions_text
from comp_viz.ui.clips.upload import AUDIO, EXAMPLE, VIDEO, start_upload
from comp_viz.ui.frame.finished_upload import IN_HAND, PROBLEM, SETTLE, checkpoints_reading, clip_to_open
from comp_viz.ui.frame.navigation import open_here
from comp_viz.ui.frame.selected_utterance import select_utterance

ROUND, TAKEN = "upload round", "upload taken"
MIME = {
    "mp4": "video/mp4", "mov": "video/mp4", "webm": "video/webm", "avi": "video/x-msvideo", "mkv": "video/x-matroska",
    "mpg": "video/mpeg", "wav": "audio/wav", "mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "flac": "audio/flac",
}  # fmt: skip


def upload_controls(settings: Settings) -> None:
    """Upload, microphone, camera and example. What is handed over is written away at once and dropped from memory."""
    count = st.session_state.setdefault(ROUND, 0)
    uploader, microphone = f"upload {count}", f"microphone {count}"

    def uploaded(key: str) -> None:
        file = st.session_state[key]
        if file and st.session_state.get(TAKEN) != file.file_id:  # a run that is cut short calls back again
            st.session_state[TAKEN] = file.file_id
            start_upload(file.getbuffer(), file.name, settings)
            st.session_state[ROUND] = count + 1  # a widget of another name: the old one lets go of the file

    left, middle, right = st.columns([3, 2, 1.6], vertical_alignment="top")
    left.file_uploader(
        "Video or audio of someone talking", [*VIDEO, *AUDIO], key=uploader, max_upload_size=int(LIMITS.megabytes),
        on_change=uploaded, args=(uploader,),
        help=f"At most {LIMITS.megabytes:g} MB and {LIMITS.seconds / 60:g} minutes. It stays on this server, in a temporary folder "
        "of your visit, and is removed when the visit ends.",
    )  # fmt: skip
    middle.audio_input("Or speak", key=microphone, on_change=uploaded, args=(microphone,), sample_rate=16_000)
    with middle:
        camera("camera", lambda content, name: start_upload(content, name, settings), no_recording)
    if EXAMPLE.is_file():
        with right:
            st.markdown("Or", help="`examples/README.md` says where it comes from.")
            st.button(
                "Take the example clip", icon=":material/movie:", key="example", width="stretch",
                on_click=lambda: start_upload(EXAMPLE.read_bytes(), EXAMPLE.name, settings),
            )  # fmt: skip


def no_recording() -> None:
    """Say that the camera gave nothing; to be called in a callback."""
    st.session_state[PROBLEM] = (
        f"The browser handed over no recording of a kind that is known here, or one of more than {LIMITS.megabytes:g} MB. "
        "Upload a video instead."
    )


@st.fragment(run_every=0.5)
def analysis_progress() -> None:
    """How far an analysis is; drawn anew twice a second while it runs."""
    job = session_clips().job
    if job is None or job.over.is_set():
        st.session_state[SETTLE] = True
        st.rerun()
    if job.state == "waiting" and job.ahead:
        st.progress(
            0.0, f"Waiting: {job.ahead} other analys{'is is' if job.ahead == 1 else 'es are'} ahead on this server"
        )
    elif job.progress is None:
        st.progress(0.0, "Starting")
    else:
        now = job.progress
        place = list(STAGES).index(now.stage) + 1
        left = "" if now.left != now.left else f", about {max(1.0, now.left):.0f} s left"
        st.progress(min(1.0, now.done), f"{now.words} (stage {place} of {len(STAGES)}){left}")
    st.button("Cancel", icon=":material/stop_circle:", on_click=job.cancel, key="cancel analysis")


def analysis_problem() -> None:
    """Why the last analysis gave nothing."""
    if text := st.session_state.get(PROBLEM):
        st.warning(text, icon=":material/warning:")


def selected_clip() -> SessionClip | None:
    """Choose among the clips of this session; the last one first."""
    names = list(session_clips().clips)
    if not names:
        return None
    if st.session_state.get(IN_HAND) not in names:
        st.session_state[IN_HAND] = names[-1]
    if len(names) > 1:
        st.selectbox("Clip", names, key=IN_HAND, persist_state="session", width=420)
    return session_clip(st.session_state[IN_HAND])


def checkpoint_for_clip(each: SessionClip, opened: str | None) -> str | None:
    """The checkpoint that reads a clip: the one the sidebar has open, else one to choose, which opens the clip with it."""
    fit = checkpoints_reading(each.clip)
    if not fit:
        missing = ", ".join(f"{u}: {source}" for u, source in each.clip.sources.items())
        st.info(
            f"No checkpoint here was trained on features made as this clip's ({missing}), so nothing is predicted. Everything read "
            "from the clip is shown below. A checkpoint fits when its card names these sources.",
            icon=":material/model_training:",
        )
        return None
    if opened in fit and st.session_state.get("data") == each.name:
        return opened
    name = fit[0] if len(fit) == 1 else str(st.selectbox("Checkpoint for this clip", fit, width=300))
    st.button(
        f"Open with `{name}` on every page", icon=":material/open_in_new:",
        on_click=lambda: open_here(*clip_to_open(each.name, name)),
    )  # fmt: skip
    return name


@keep_data(max_entries=32, show_spinner="Running the model …")
def _prediction(query: Query) -> Prediction:
    each = session_clip(query.data)
    clip = each.degraded if query.conversation == DEGRADED and each.degraded else each.clip
    with INFERENCE:
        return predict_clip(open_checkpoint(query.checkpoint, query.device), clip.conversation)


def clip_prediction(each: SessionClip, checkpoint: str, device: str, degraded: bool = False) -> Prediction:
    """What a checkpoint makes of a clip, as recorded or degraded; cached for this session."""
    query = Query(
        checkpoint=checkpoint,
        checkpoint_digest=open_checkpoint(checkpoint, device).digest,
        device=device,
        data=each.name,
        data_digest=each.data_set().digest,
        root="",
        conversation=DEGRADED if degraded else RECORDED,
    )
    return _prediction(query)


def distribution_note(card: Card) -> None:
    """What the model learned from, so that nobody takes its probabilities for a judgement of a person."""
    learned = f" It was trained on {card.data.name}." if card.data else ""
    note = f" {card.note}" if card.note else ""
    st.caption(
        ":material/warning: Probabilities of a model, not verdicts on a person. A real clip is out of the distribution of what it "
        f"learned from: acted speech, posed faces and television dialogue.{learned}{note}"
    )


def clip_player(each: SessionClip, shown: Prediction | None, selected: int, palette: Palette) -> None:
    """The player, and the browser's own behind an expander."""
    clip = each.clip
    path = playable_path(each)
    mimetype = MIME.get(path.suffix[1:], "video/mp4")
    picture = clip.media.width > 0 and not mimetype.startswith("audio/")

    def unplayable() -> None:
        st.session_state[f"played {clip.digest}"] = str(write_playable(clip.media, path.with_suffix("")))

    try:
        url = media_url(path, mimetype)
    except (OSError, CompVizError):
        st.info("The clip's file is gone. Upload it again to play it.", icon=":material/movie_off:")
        return
    player(url, picture, clip.media.duration, clip.spans, shown, selected, palette, unplayable)
    if path != each.path:
        st.caption(
            "The browser does not play the file itself: shown are the pictures that were read, 5 a second, with the sound."
        )
    with st.expander("In the browser's own player, with subtitles"):
        if picture:
            st.video(
                str(path),
                mimetype,
                subtitles={
                    "words and prediction": webvtt(clip.spans, predictions_text(shown, len(clip.spans))).encode()
                },
            )
        else:
            st.audio(str(path), mimetype)


def playable_path(each: SessionClip) -> Path:
    """The clip's file, or what was made of it for a browser that could not play that."""
    made = st.session_state.get(f"played {each.clip.digest}")
    return Path(made) if made and Path(made).is_file() else each.path


def utterance_list(clip: Clip, shown: Prediction | None) -> None:
    """All utterances with words and prediction; choosing one plays it from its start."""
    rows = {
        "": list(range(1, len(clip.spans) + 1)),
        "from, s": [span.start for span in clip.spans],
        **({"prediction": predictions_text(shown, len(clip.spans))} if shown else {}),
        "words": [span.text or "(no words)" for span in clip.spans],
    }

    def picked() -> None:
        if found := st.session_state["utterances"].selection.rows:
            select_utterance(found[0])
            play_from(found[0])

    st.dataframe(
        rows, hide_index=True, height=min(430, 38 + 35 * len(clip.spans)), key="utterances", on_select=picked,
        selection_mode="single-row",
        column_config={
            "": st.column_config.NumberColumn(width=36), "from, s": st.column_config.NumberColumn(format="%.2f", width=60),
            "prediction": st.column_config.TextColumn(width=150), "words": st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip
    st.caption("Choose a row to play that utterance from its exact start.")
