"""Cached calls. Keys are small and complete: names, digests and patterns, never arrays or hidden arguments."""

import threading
from pathlib import Path

import numpy as np
import streamlit as st
import torch

from comp_viz.analysis.prediction import Prediction, predict_conversation
from comp_viz.checkpoint.folder import CONFIG, Checkpoint, load_checkpoint
from comp_viz.data.dataset import DataSet
from comp_viz.data.npz import Header, peek, read_npz
from comp_viz.data.source import LAB, data_files, data_root, open_data

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"
# A single conversation gains little from a second thread, and loses a hundredfold where a neighbour keeps it busy.
torch.set_num_threads(1)
INFERENCE = threading.Semaphore(1)  # one forward pass at a time: two would only slow each other down


def checkpoint_names() -> list[str]:
    """Checkpoint folders that ship with the app or were put beside them."""
    return sorted(path.parent.name for path in CHECKPOINTS.glob(f"*/{CONFIG}"))


def checkpoint(name: str, device: str) -> Checkpoint:
    """The checkpoint called `name`, shared by all sessions and never changed; loaded anew when its folder changed."""
    return _checkpoint(name, device, stamp(CHECKPOINTS / name / CONFIG))


@st.cache_resource(max_entries=6, show_spinner="Loading the checkpoint …")
def _checkpoint(name: str, device: str, stamp: int) -> Checkpoint:
    return load_checkpoint(CHECKPOINTS / name, device)


def data_set(name: str, root: str) -> DataSet:
    """The data set called `name` in the folder `root`, shared by all sessions; read anew when its file changed."""
    return _data_set(name, root, stamp(Path(root) / name))


@st.cache_resource(max_entries=3, show_spinner="Reading the data set …")
def _data_set(name: str, root: str, stamp: int) -> DataSet:
    return open_data(LAB) if name == LAB else read_npz(Path(root) / name)


@st.cache_data(max_entries=64, show_spinner=False)
def _header(path: Path, stamp: int) -> Header | None:
    return peek(path)


def stamp(path: Path) -> int:
    """When a file was last changed, 0 where there is none."""
    return path.stat().st_mtime_ns if path.is_file() else 0


def fitting_data(name: str, device: str) -> list[str]:
    """Data sets with the modalities, widths and kind of labels the checkpoint was built for; the lab last."""
    opened = checkpoint(name, device)
    wanted = Header(opened.config.widths, bool(opened.card.task.classes))
    paths = [data_root() / file for file in data_files()]
    lab = data_set(LAB, "")
    files = [path.name for path in paths if _header(path, stamp(path)) == wanted]
    return files + [LAB] * (Header(lab.conversations[0].widths, bool(lab.task.classes)) == wanted)


@st.cache_data(max_entries=256, show_spinner=False)
def prediction(
    checkpoint_name: str, digests: tuple[str, str], device: str, data: str, root: str, conversation: str, pattern: bytes
) -> Prediction:
    """The model's prediction for one conversation under one missing pattern, `pattern` being the matrix's bytes.

    `digests`, of checkpoint and data, only tell the answers of replaced files apart.
    """
    found = data_set(data, root).find(conversation)
    observed = np.frombuffer(pattern, dtype=bool).reshape(found.observed.shape)
    with INFERENCE:
        return predict_conversation(checkpoint(checkpoint_name, device), found, observed)
