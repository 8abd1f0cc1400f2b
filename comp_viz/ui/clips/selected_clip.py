"""Which clip of the session is selected, which checkpoint reads it, and what that predicts."""

import streamlit as st

from comp_viz.analysis.clips.prediction import predict_clip, unlike_modalities
from comp_viz.analysis.prediction import Prediction
from comp_viz.analysis.query import Query
from comp_viz.checkpoint.card import Card
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data
from comp_viz.ui.cache.session_clips import DEGRADED, RECORDED, SessionClip, session_clip, session_clips
from comp_viz.ui.frame.finished_upload import SELECTED, checkpoints_reading, clip_to_open
from comp_viz.ui.frame.navigation import open_here
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown


def selected_clip() -> SessionClip | None:
    """Choose among the clips of this session; the last one first. None where there is none."""
    names = list(session_clips().clips)
    if not names:
        return None
    if st.session_state.get(SELECTED) not in names:
        st.session_state[SELECTED] = names[-1]
    if len(names) > 1:
        st.selectbox("Clip", names, key=SELECTED, persist_state="session", width=420)
    return session_clip(st.session_state[SELECTED])


def checkpoint_for_clip(uploaded: SessionClip, view: PageView | None) -> str | None:
    """The checkpoint that reads a clip: the one the sidebar has open, else one to choose, which opens the clip with it."""
    fit = checkpoints_reading(uploaded.clip)
    if not fit:
        missing = ", ".join(f"{u}: {source}" for u, source in uploaded.clip.sources.items())
        st.info(
            f"No checkpoint here was trained on features made as this clip's ({escape_markdown(missing)}), so nothing is predicted. Everything read "
            "from the clip is shown below. A checkpoint reads a clip when its card names these sources.",
            icon=":material/model_training:",
        )
        return None
    if view and view.name in fit and view.data_name == uploaded.name:
        return view.name
    name = fit[0] if len(fit) == 1 else str(st.selectbox("Checkpoint for this clip", fit, width=300))
    if st.button(
        f"Open with {escape_markdown(name)} on every page", icon=":material/open_in_new:",
        on_click=lambda: open_here(*clip_to_open(uploaded.name, name)),
    ):  # fmt: skip
        st.rerun()  # the whole page: a click in a fragment leaves the sidebar as it is
    return name


def clip_prediction(uploaded: SessionClip, checkpoint: str, device: str, degraded: bool = False) -> Prediction:
    """A checkpoint's predictions for a clip, as recorded or degraded; cached for this session."""
    query = Query(
        checkpoint=checkpoint,
        checkpoint_digest=open_checkpoint(checkpoint, device).digest,
        device=device,
        data=uploaded.name,
        data_digest=uploaded.data_set().digest,
        root="",
        conversation=DEGRADED if degraded else RECORDED,
    )
    return _prediction(query)


@keep_data(max_entries=32, show_spinner="Running the model …")
def _prediction(query: Query) -> Prediction:
    uploaded = session_clip(query.data)
    clip = uploaded.degraded if query.conversation == DEGRADED and uploaded.degraded else uploaded.clip
    with INFERENCE:
        return predict_clip(open_checkpoint(query.checkpoint, query.device), clip.conversation)


def clip_unlike(uploaded: SessionClip, checkpoint: str, device: str) -> list[tuple[str, ...]]:
    """For each utterance of a clip as recorded, the modalities in which it is unlike what the checkpoint learned from."""
    return unlike_modalities(open_checkpoint(checkpoint, device), uploaded.clip.conversation)


def distribution_note(card: Card) -> None:
    """What the model was trained on, so that nobody takes its probabilities for a judgement of a person."""
    st.caption(
        ":material/warning: Probabilities of a model, not verdicts on a person. A real clip is out of the distribution of the training "
        "data: acted speech, posed faces and written sentences, put together."
    )
    learned = [f"It was trained on {card.data.name}."] if card.data else []
    if text := " ".join([*learned, *([card.note] if card.note else [])]):
        with st.expander("What this checkpoint learned from, and how often it is right", icon=":material/school:"):
            st.caption(text)
