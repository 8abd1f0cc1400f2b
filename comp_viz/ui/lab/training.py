"""Training a small model on the lab in the background, and opening it in Live."""

import hashlib
from contextlib import suppress

import streamlit as st

from comp_viz.data.lab.settings import LabSettings
from comp_viz.errors import CompVizError
from comp_viz.methods.registry import FIRST, method_names
from comp_viz.training.background import TrainingJob, running_training, small_options, start_training
from comp_viz.ui.cache.checkpoints import checkpoint_folder
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.navigation import open_in_live
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.choices import one_of

JOB = "lab job"


def training_control(settings: LabSettings) -> None:
    """Train a small model on the lab in the background, then open it in Live."""
    if job := running_training():  # also one that was started before a reload, or by someone else
        st.session_state[JOB] = job
        training_progress(job)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = one_of("Method", method_names(), "train_method", "What to train.", width=150)
        st.button(
            "Train a small model on this lab", icon=":material/model_training:", on_click=begin_training,
            args=(settings, method), help="In the background, with missing rate 0.3; the page stays usable.",
        )  # fmt: skip
    if JOB in st.session_state:
        training_outcome(st.session_state[JOB])


def begin_training(settings: LabSettings, method: str) -> None:
    """Start training; to be called in a callback."""
    text = str(settings)
    of_method = "" if method == FIRST else f"{method}-"
    name = f"lab-{of_method}{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    with suppress(CompVizError):  # another visitor was quicker; their training is shown
        start_training(text, checkpoint_folder(name), small_options(method))


@st.fragment(run_every=1.0)
@errors_in_words()
def training_progress(job: TrainingJob) -> None:
    """How far a training is; shown anew every second while it runs."""
    if job.state != "running":
        st.rerun()
    now = job.progress
    state = "starting"
    if now.epoch:
        state = f"epoch {now.epoch} of {now.of}, about {now.seconds / now.epoch * (now.of - now.epoch):.0f} s left"
    st.progress(now.epoch / max(now.of, 1), f"Training on `{job.data}`: {state}")
    st.button("Cancel", icon=":material/stop_circle:", on_click=job.cancel)


def training_outcome(job: TrainingJob) -> None:
    """How a training ended."""
    if job.state != "done":
        st.warning(escape_markdown(job.words()), icon=":material/warning:")
        return
    message, button = st.columns([4, 1.4], vertical_alignment="center")
    message.success(f"`{job.out.name}` is trained on `{job.data}`.", icon=":material/check:")
    button.button(
        "Open in Live", icon=":material/graphic_eq:", type="primary", width="stretch", key="open trained",
        on_click=open_in_live, args=(job.out.name, job.data, None),
    )  # fmt: skip
