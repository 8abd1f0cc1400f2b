"""The frame around every page: which checkpoint, conversation, missing pattern and device."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

import streamlit as st

from comp_viz.analysis.prediction import Prediction
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import SPLITS, Bools, Conversation
from comp_viz.data.dataset import DataSet
from comp_viz.data.missing import MAX_RATE
from comp_viz.data.source import LAB, data_root
from comp_viz.device import available_devices, choose_device
from comp_viz.errors import CompVizError
from comp_viz.ui import cached
from comp_viz.ui.pattern import EDITED, RANDOM, chosen, in_force, leave_edited, open_address, presets, remember


@dataclass(frozen=True)
class View:
    """What is looked at: everything a page needs to draw itself."""

    name: str
    checkpoint: Checkpoint
    device: str
    data_name: str
    data: DataSet
    conversation: Conversation
    observed: Bools  # [S, M], the missing pattern in force

    def predict(self, observed: Bools) -> Prediction:
        """The model's prediction for the conversation under a pattern; cached."""
        return cached.prediction(
            self.name,
            (self.checkpoint.digest, self.data.digest),
            self.device,
            self.data_name,
            str(data_root()),
            self.conversation.id,
            observed.tobytes(),
        )

    def now(self) -> "View":
        """The view under the pattern now in force, for a fragment that runs again without the frame around it.

        Where the sidebar would have to show something else, the whole page is run instead.
        """
        if replace(chosen(), cells="") != st.session_state["framed"]:
            st.rerun()
        remember((self.data_name, self.conversation.id))
        return replace(self, observed=in_force(self.conversation)[0])

    def link(self) -> str:
        """The address of exactly this view, also of what is at its default."""
        choice = chosen()
        parts = {"checkpoint": self.name, "data": self.data_name, "conversation": self.conversation.id}
        parts |= {"pattern": choice.pattern, "utterance": str(st.session_state.get("utterance", 1))}
        if choice.pattern == RANDOM:
            parts |= {"rate": f"{choice.rate:g}", "mask_seed": str(choice.seed)}
        if choice.pattern == EDITED:
            parts |= {"cells": choice.cells}
        return f"{(st.context.url or '').split('?')[0]}?{urlencode(parts)}"


def frame() -> None:
    """Draw the controls shared by all pages and keep the view for the page that is run next."""
    st.session_state["view"] = sidebar()


def current_view() -> View | None:
    """The view of the frame around this page; a page that is run by itself draws its own."""
    if "view" not in st.session_state:
        frame()
    view: View | None = st.session_state.pop("view")
    return view


def sidebar() -> View | None:
    """Draw the controls and return the view, or None with a word on what to do when nothing can be shown."""
    with st.sidebar:
        names = cached.checkpoint_names()
        if not names:
            st.info(
                "There is no checkpoint yet. Make one with `python -m comp_viz train --data lab --out checkpoints/lab`."
            )
            return None
        name = st.selectbox(
            "Checkpoint",
            names,
            index=preferred(names),
            key="checkpoint",
            on_change=leave_edited,
            bind="query-params",
            help="A trained ComP model: a folder in `checkpoints/`.",
        )
        try:
            return controls(name, str(choose_device()))
        except CompVizError as error:
            st.error(str(error), icon=":material/error:")
            return None


def preferred(names: list[str]) -> int:
    """The checkpoint to open first: one whose real data are on this machine, else the lab's."""
    for wanted in ("hazumi", LAB):
        if wanted in names and (wanted == LAB or (data_root() / "hazumi_online.npz").is_file()):
            return names.index(wanted)
    return 0


def controls(name: str, device: str) -> View | None:
    """Conversation, missing pattern and device for a checkpoint."""
    checkpoint = cached.checkpoint(name, device)
    files = cached.fitting_data(name, device)
    if not files:
        dims = ", ".join(f"{u} {d}" for u, d in zip(checkpoint.config.modalities, checkpoint.config.dims, strict=True))
        st.info(
            f"No data set on this machine has the features this checkpoint was trained on ({dims}). "
            "Set `COMP_VIZ_DATA` to the folder that holds it, or choose the `lab` checkpoint.",
            icon=":material/folder_open:",
        )
        return None
    file = (
        files[0]
        if len(files) == 1
        else st.selectbox("Data set", files, key="data", bind="query-params", on_change=leave_edited)
    )
    data = cached.data_set(file, str(data_root()))
    checkpoint.check(data)
    order = {split: place for place, split in enumerate(reversed(SPLITS))}
    known = sorted(zip(data.utterances.ids, data.utterances.splits, strict=True), key=lambda c: order.get(c[1], 3))
    picked = st.selectbox(
        "Conversation",
        [name for name, _ in known],
        key="conversation",
        bind="query-params",
        on_change=leave_edited,
        help=f"{data.name}: {len(data.conversations)} conversations. Those of the test split come first; the model never learned from them.",
    )
    conversation = data.find(picked)
    split = f", {conversation.split} split" if conversation.split else ""
    st.caption(f"{data.name}{split}, {len(conversation)} utterances")
    if len(conversation) > checkpoint.config.max_length:
        st.error(
            f"This conversation has {len(conversation)} utterances; the checkpoint reads at most {checkpoint.config.max_length}."
        )
        return None
    pattern_controls(conversation)
    observed, problem = in_force(conversation)
    if problem:
        st.warning(problem, icon=":material/link_off:")
    remember((file, conversation.id))
    st.session_state["framed"] = replace(chosen(), cells="")
    device_line(device)
    return View(name, checkpoint, device, file, data, conversation, observed)


def pattern_controls(conversation: Conversation) -> None:
    """Choose a preset; rate and seed where it is random."""
    open_address()
    pattern = st.selectbox(
        "Missing pattern",
        [*presets(tuple(conversation.features)), RANDOM, EDITED],
        key="pattern",
        bind="query-params",
        help="Which modalities of which utterances the model may see. Paint your own in the matrix.",
    )
    if pattern == RANDOM:
        st.slider(
            "Missing rate",
            0.0,
            MAX_RATE,
            0.3,
            0.05,
            key="rate",
            bind="query-params",
            help="Share of all entries taken away. Every utterance keeps at least one modality.",
        )
        st.number_input(
            "Seed", 0, 9999, 1, key="mask_seed", bind="query-params", help="The same seed takes away the same entries."
        )


def device_line(device: str) -> None:
    """Say where the model runs."""
    others = ", ".join(available_devices())
    st.caption(f":material/memory: Running on **{device}** (here: {others}; `COMP_VIZ_DEVICE` overrides).")
