"""Cached calls. Keys are small and complete: names, digests and patterns, never arrays or hidden arguments."""

import threading
from pathlib import Path

import numpy as np
import streamlit as st
import torch

from comp_viz.analysis.data.linear_probe import Probe, probe
from comp_viz.analysis.inside import Inside, look_inside
from comp_viz.analysis.lab.attainable import AtRate, Attainable, Estimate, attainable, attainable_at
from comp_viz.analysis.lab.reached import reached
from comp_viz.analysis.prediction import Prediction, predict_conversation
from comp_viz.analysis.propagation.prompt_ablation import Flow, flow
from comp_viz.checkpoint.card import Card, read_card
from comp_viz.checkpoint.folder import CONFIG, Checkpoint, load_checkpoint
from comp_viz.data.conversation import Bools, Conversation
from comp_viz.data.dataset import DataSet
from comp_viz.data.header import Header
from comp_viz.data.lab.model import DIMS
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import LAB, data_files, data_root, is_lab, open_data, peek
from comp_viz.data.summary import Summary, summarise
from comp_viz.errors import CompVizError
from comp_viz.network.intervention import AS_TRAINED, Intervention
from comp_viz.resources import places
from comp_viz.ui.cache.per_session import is_clip, keep_data, keep_resource
from comp_viz.ui.clips import session_clips as desk

CHECKPOINTS = places("checkpoints")  # where checkpoints are looked for; new ones go to the first of these folders
# A single conversation gains little from a second thread, and loses a hundredfold where a neighbour keeps it busy.
torch.set_num_threads(1)
INFERENCE = threading.Semaphore(1)  # one forward pass at a time: two would only slow each other down


def checkpoint_names() -> list[str]:
    """Checkpoints that ship with the app, and those that were put beside them or trained by its visitors."""
    return sorted({path.parent.name for folder in CHECKPOINTS for path in folder.glob(f"*/{CONFIG}")})


def checkpoint_folder(name: str) -> Path:
    """Where the checkpoint called `name` is; where a new one of that name belongs, if there is none."""
    return next((folder / name for folder in CHECKPOINTS if (folder / name / CONFIG).is_file()), CHECKPOINTS[0] / name)


def checkpoint(name: str, device: str) -> Checkpoint:
    """The checkpoint called `name`, shared by all sessions and never changed; loaded anew when its folder changed."""
    return _checkpoint(name, device, stamp(checkpoint_folder(name) / CONFIG))


@st.cache_resource(max_entries=6, show_spinner="Loading the checkpoint …")
def _checkpoint(name: str, device: str, stamp: int) -> Checkpoint:
    return load_checkpoint(checkpoint_folder(name), device)


def data_set(name: str, root: str) -> DataSet:
    """The data set called `name` in the folder `root`, shared by all sessions; read anew when its file changed.

    The name of a clip means one of this session's.
    """
    if is_clip(name):
        return desk.data_set(name)
    return _data_set(name, root, stamp(Path(root) / name))


@st.cache_resource(max_entries=4, show_spinner="Reading the data set …")
def _data_set(name: str, root: str, stamp: int) -> DataSet:
    return open_data(name if is_lab(name) else str(Path(root) / name))


def data_names() -> list[str]:
    """Data sets of this machine and clips of this session, the lab last."""
    return [*data_files(), *desk.clip_names(), LAB]


@st.cache_data(max_entries=64, show_spinner=False)
def _header(path: Path, stamp: int) -> Header | None:
    return peek(path)


def stamp(path: Path) -> int:
    """When a file or folder was last changed, 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


def fitting_data(name: str, device: str, labs: tuple[str, ...]) -> list[str]:
    """Data sets with the modalities, widths and kind of labels the checkpoint was built for; the lab and `labs` last.

    Of this session's clips those whose features were made as the checkpoint's were, ahead of the lab.

    The lab that a checkpoint was trained on comes first among them.
    """
    opened = checkpoint(name, device)
    trained = opened.card.data.name if opened.card.data else LAB
    wanted = Header(opened.config.widths, bool(opened.card.task.classes))
    paths = [data_root() / file for file in data_files()]
    files = [path.name for path in paths if _header(path, stamp(path)) == wanted]
    made = [lab for lab in dict.fromkeys((trained, LAB, *labs)) if _lab_header(lab) == wanted]
    return [*files, *desk.fitting_clips(opened.card, opened.config.max_length), *made]


def _lab_header(name: str) -> Header | None:
    try:
        return Header(dict(DIMS), bool(LabSettings.parse(name).classes))
    except CompVizError:  # the name of something else
        return None


def fitting_checkpoints(data: DataSet) -> list[str]:
    """Checkpoints that read the features of a data set and predict its labels."""
    wanted = Header(data.widths, bool(data.task.classes))
    cards = {name: card(name) for name in checkpoint_names()}
    return [
        name for name, its in cards.items() if its and Header(its.architecture.widths, bool(its.task.classes)) == wanted
    ]


def card(name: str) -> Card | None:
    """What the checkpoint called `name` says of itself; None where it is damaged, which is said when it is opened."""
    path = checkpoint_folder(name) / CONFIG
    return _card(path, stamp(path))


@st.cache_data(max_entries=64, show_spinner=False)
def _card(config: Path, stamp: int) -> Card | None:
    try:
        return read_card(config)
    except (CompVizError, OSError):
        return None


@keep_data(max_entries=64, show_spinner=False)
def summary(name: str, root: str, digest: str) -> Summary:
    """What a data set holds, in numbers."""
    return summarise(data_set(name, root))


@keep_data(max_entries=64, show_spinner="Fitting the linear reference …")
def linear_probe(name: str, root: str, digest: str) -> Probe:
    """The linear reference of a data set. Raises `CompVizError` when its labels do not allow one."""
    return probe(data_set(name, root))


@st.cache_data(max_entries=64, show_spinner="Computing what is attainable …")
def attainable_in(lab: str) -> tuple[Attainable, dict[float, AtRate]]:
    """Best accuracies in a lab by modality, and by missing rate."""
    settings = LabSettings.parse(lab)
    return attainable(settings), attainable_at(settings)


@st.cache_data(max_entries=64, show_spinner="Measuring the open checkpoint …")
def reached_in(name: str, digest: str, device: str, lab: str, patterns: tuple[str, ...]) -> dict[str, Estimate]:
    """What a checkpoint reaches on a lab's test split under each pattern. Raises `CompVizError` when it cannot read it."""
    with INFERENCE:
        found = reached(checkpoint(name, device), data_set(lab, ""), [Pattern.parse(text) for text in patterns])
    return dict(zip(patterns, found, strict=True))


def under(data: str, root: str, conversation: str, pattern: bytes) -> tuple[Conversation, Bools]:
    """A conversation, and the missing pattern `[S, M]` whose bytes are given."""
    found = data_set(data, root).find(conversation)
    return found, np.frombuffer(pattern, dtype=bool).reshape(found.observed.shape)


@keep_data(max_entries=256, show_spinner=False)
def prediction(
    checkpoint_name: str,
    digests: tuple[str, str],
    device: str,
    data: str,
    root: str,
    conversation: str,
    pattern: bytes,
    changed: Intervention = AS_TRAINED,
) -> Prediction:
    """The model's prediction for one conversation under one missing pattern, `pattern` being the matrix's bytes.

    `digests`, of checkpoint and data, only tell the answers of replaced files apart.
    """
    found, observed = under(data, root, conversation, pattern)
    with INFERENCE:
        return predict_conversation(checkpoint(checkpoint_name, device), found, observed, changed)


@keep_resource(max_entries=16, show_spinner=False)
def inside(
    checkpoint_name: str,
    digests: tuple[str, str],
    device: str,
    data: str,
    root: str,
    conversation: str,
    pattern: bytes,
    changed: Intervention = AS_TRAINED,
) -> Inside:
    """Everything inside the forward pass on one conversation, as `prediction`; about 8 MB for 120 utterances."""
    found, observed = under(data, root, conversation, pattern)
    with INFERENCE:
        return look_inside(checkpoint(checkpoint_name, device), found, observed, changed)


@keep_data(max_entries=64, show_spinner="Taking away one prompt after the other …")
def prompt_flow(
    checkpoint_name: str, digests: tuple[str, str], device: str, data: str, root: str, conversation: str, pattern: bytes
) -> Flow | None:
    """What every prompt and every modality's own features are worth, as `prediction`; one pass for each of them."""
    found, observed = under(data, root, conversation, pattern)
    with INFERENCE:
        return flow(checkpoint(checkpoint_name, device), found, observed)
