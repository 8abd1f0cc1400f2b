"""Checkpoints and their cards, shared by all visitors and read anew when their files change."""

from pathlib import Path

import streamlit as st

from comp_viz.checkpoint.card import Card, read_card
from comp_viz.checkpoint.folder import CONFIG_FILE, WEIGHTS_FILE, Checkpoint, load_checkpoint
from comp_viz.data.dataset import DataSet
from comp_viz.data.header import Header
from comp_viz.errors import CompVizError
from comp_viz.last_change import last_change
from comp_viz.methods.method import Capability, absence
from comp_viz.methods.registry import method_of
from comp_viz.resources import places

CHECKPOINTS = places("checkpoints")  # where checkpoints are looked for; new ones go to the first of these folders


def checkpoint_folder(name: str) -> Path:
    """Where the checkpoint called `name` is; where a new one of that name belongs, if there is none."""
    return next(
        (folder / name for folder in CHECKPOINTS if (folder / name / CONFIG_FILE).is_file()), CHECKPOINTS[0] / name
    )


def checkpoint_names() -> list[str]:
    """Checkpoints that ship with the app, and those that were put beside them or trained by its visitors."""
    return sorted({path.parent.name for folder in CHECKPOINTS for path in folder.glob(f"*/{CONFIG_FILE}")})


def open_checkpoint(name: str, device: str) -> Checkpoint:
    """The checkpoint called `name`, shared by all sessions and never changed; loaded anew when its folder changed."""
    return _checkpoint(name, device, checkpoint_change(name))


def opens(name: str, device: str) -> bool:
    """Whether a checkpoint can be read. One that cannot is passed over where pages choose; where people do, it is named."""
    try:
        open_checkpoint(name, device)
    except CompVizError:
        return False
    return True


def checkpoint_change(name: str) -> tuple[int, int]:
    """When the two files of a checkpoint that count were last changed: weights may be replaced beside the same card."""
    folder = checkpoint_folder(name)
    return last_change(folder / CONFIG_FILE), last_change(folder / WEIGHTS_FILE)


@st.cache_resource(max_entries=6, show_spinner="Loading the checkpoint …")
def _checkpoint(name: str, device: str, changed: tuple[int, int]) -> Checkpoint:
    return load_checkpoint(checkpoint_folder(name), device)


def checkpoint_card(name: str) -> Card | None:
    """The card of the checkpoint called `name`, not to be changed; None where it is damaged, which opening it reports."""
    path = checkpoint_folder(name) / CONFIG_FILE
    return _card(path, last_change(path))


@st.cache_resource(max_entries=64, show_spinner=False)
def _card(config: Path, changed: int) -> Card | None:
    try:
        return read_card(config)
    except (CompVizError, OSError):
        return None


def fitting_checkpoints(data: DataSet, need: Capability | None = None) -> list[str]:
    """Checkpoints that read the features of a data set and predict its labels, of methods that have what is needed."""
    header = Header(data.widths, bool(data.task.classes))
    cards = {name: checkpoint_card(name) for name in checkpoint_names()}
    return [
        name
        for name, card in cards.items()
        if card
        and Header(card.architecture.widths, bool(card.task.classes)) == header
        and not (need and absence(method_of(card.architecture), need))
    ]
