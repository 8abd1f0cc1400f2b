"""The frame around every page: which checkpoint, conversation, missing pattern and device."""

from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.prediction import Prediction
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.clips.source import named_in
from comp_viz.data.conversation import SPLITS, Bools, Conversation
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.lengths import check_lengths
from comp_viz.data.source import LAB, data_root, is_lab
from comp_viz.device import available_devices, choose_device
from comp_viz.errors import CompVizError
from comp_viz.network.intervention import AS_TRAINED, Intervention
from comp_viz.report.origin import Origin
from comp_viz.ui.cache import cached
from comp_viz.ui.clips.upload import settled
from comp_viz.ui.frame.address_state import address_value, set_address_value, set_widget
from comp_viz.ui.frame.pattern_builder import draw_pattern_preview, pattern_controls
from comp_viz.ui.frame.pattern_state import (
    drop_edited_cells,
    pattern_choice,
    pattern_matrix,
    remember_for_undo,
    set_pattern,
)
from comp_viz.ui.frame.report_collector import begin_report, page_report
from comp_viz.wording import how_many

GO, LABS = "go to", "labs"
LABELS = {"checkpoint": "Checkpoint", "data": "Data set", "conversation": "Conversation"}  # by name in the address
MOST_LABS = 8  # offered in the sidebar


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
    place: DeltaGenerator  # where the sidebar shows the pattern

    def predict(self, observed: Bools, changed: Intervention = AS_TRAINED) -> Prediction:
        """The model's prediction for the conversation under a pattern; cached."""
        return cached.prediction(*self.asked(observed), changed)

    def inside(self, observed: Bools | None = None, changed: Intervention = AS_TRAINED) -> Inside:
        """Everything inside the forward pass, under the pattern in force or another; cached and shared, not to be changed."""
        return cached.inside(*self.asked(self.observed if observed is None else observed), changed)

    def asked(self, observed: Bools) -> tuple[str, tuple[str, str], str, str, str, str, bytes]:
        """What cached calls are told of a view: names, digests and the pattern."""
        return (
            self.name,
            (self.checkpoint.digest, self.data.digest),
            self.device,
            self.data_name,
            str(data_root()),
            self.conversation.id,
            observed.tobytes(),
        )

    def now(self) -> "View":
        """The view under the pattern now in force, which it shows in the sidebar; the first thing a page asks for.

        A fragment runs again without the frame around it. Where the sidebar's controls would have to be others, or another
        page is to be opened, the whole page is run instead.
        """
        if pattern_choice().outline != st.session_state["framed"] or GO in st.session_state:
            st.rerun()
        remember_for_undo((self.data_name, self.conversation.id))
        view = replace(self, observed=pattern_matrix(self.conversation, self.data.task)[0])
        draw_pattern_preview(view.place, view.conversation, view.observed)
        begin_report(page_report().page, view.origin)
        return view

    @property
    def origin(self) -> Origin:
        """Where numbers of this view come from."""
        choice = pattern_choice()
        return Origin(
            self.name, self.checkpoint, self.data_name, self.data, self.conversation, choice.text, choice.seed
        )

    def link(self) -> str:
        """The address of exactly this view, also of what is at its default."""
        parts = self.origin.address | {"utterance": address_value("utterance", "1")}
        return f"{(st.context.url or '').split('?')[0]}?{urlencode(parts)}"


def open_in_live(checkpoint: str | None, data: str, conversation: str | None) -> None:
    """Have the next run open a conversation on the Live page; to be called in a callback. None leaves as is."""
    state = st.session_state
    if is_lab(data):
        state[LABS] = list(dict.fromkeys([*state.get(LABS, []), data]))[-MOST_LABS:]
    open_here(checkpoint, data, conversation)
    go_to("pages/live.py")


def open_here(checkpoint: str | None, data: str | None, conversation: str | None) -> None:
    """Have the sidebar open a conversation; to be called in a callback or before the sidebar is drawn. None leaves as is."""
    drop_edited_cells()
    for key, value in {"checkpoint": checkpoint, "data": data, "conversation": conversation}.items():
        if value is not None:
            set_address_value(key, value)


def session_labs() -> tuple[str, ...]:
    """Labs opened in this session, and the one the address asks for where it can be made."""
    asked = st.query_params.get("data", "")
    known: list[str] = st.session_state.setdefault(LABS, [])
    if is_lab(asked):
        try:
            known[:] = list(dict.fromkeys([*known, str(LabSettings.parse(asked))]))[-MOST_LABS:]
        except CompVizError as error:
            st.warning(f"The address asks for a lab that cannot be made. {error}", icon=":material/link_off:")
    return tuple(known)


def draw_frame() -> None:
    """Draw the controls shared by all pages and keep the view for the page that is run next."""
    if page := st.session_state.pop(GO, None):
        st.switch_page(page, query_params=address_parameters())
    if wanted := settled():
        open_here(*wanted)
    st.session_state["view"] = sidebar()


def current_view(page: str) -> View | None:
    """The view of the frame around a page.

    The first visitor of a fresh server who asks for a page by its address gets it without its frame, because Streamlit
    takes the folder `pages/` for its older kind of navigation until the frame has run once: then the frame is run first.
    """
    if "view" not in st.session_state:
        go_to(page)
        st.switch_page("app.py", query_params=address_parameters())
    begin_report(Path(page).stem)
    view: View | None = st.session_state.pop("view")
    return view


def go_to(page: str) -> None:
    """Have the frame open another page before it draws anything."""
    st.session_state[GO] = page


def address_parameters() -> dict[str, list[str]]:
    """Parameters of the address, to be kept when the page changes; widgets of this session see to their own."""
    return {name: st.query_params.get_all(name) for name in st.query_params if name not in st.session_state}


def sidebar() -> View | None:
    """Draw the controls and return the view, or None with a word on what to do when nothing can be shown."""
    with st.sidebar:
        names = cached.checkpoint_names()
        if not names:
            st.info(
                "There is no checkpoint yet. Make one with `python -m comp_viz train --data lab --out checkpoints/lab`."
            )
            return None
        name = entry_box("checkpoint", preferred_order(names), "A trained ComP model: a folder in `checkpoints/`.")
        try:
            return view_controls(name, str(choose_device()))
        except CompVizError as error:
            st.error(str(error), icon=":material/error:")
            return None


def entry_box(key: str, options: list[str], help: str) -> str:
    """Which checkpoint, data set or conversation is open, the first where the one held is not there; with its control."""
    if address_value(key, options[0]) not in options:
        set_address_value(key, options[0])
    name = address_value(key, options[0])

    def other() -> None:
        drop_edited_cells()
        set_address_value(key, st.session_state[key])

    st.selectbox(LABELS[key], options, key=set_widget(key, name), on_change=other, help=help)
    return name


def preferred_order(names: list[str]) -> list[str]:
    """All checkpoints, ahead of them the one to open first: one whose real data are on this machine, else the lab's."""
    for wanted in ("hazumi", LAB):
        if wanted in names and (wanted == LAB or (data_root() / "hazumi_online.npz").is_file()):
            return [wanted, *(name for name in names if name != wanted)]
    return names


def view_controls(name: str, device: str) -> View | None:
    """Conversation, missing pattern and device for a checkpoint."""
    checkpoint = cached.checkpoint(name, device)
    files = cached.fitting_data(name, device, session_labs())
    if not files:
        dims = ", ".join(f"{u} {d}" for u, d in zip(checkpoint.config.modalities, checkpoint.config.dims, strict=True))
        if named_in({u: checkpoint.card.sources.get(u, "") for u in checkpoint.config.modalities}):
            st.info(
                "This checkpoint reads clips. Bring one on the Clips page, or take the example there.",
                icon=":material/movie:",
            )
        else:
            st.info(
                f"No data set on this machine has the features this checkpoint was trained on ({dims}). "
                "Set `COMP_VIZ_DATA` to the folder that holds it, or choose the `lab` checkpoint.",
                icon=":material/folder_open:",
            )
        return None
    file = files[0] if len(files) == 1 else entry_box("data", files, "Those with the features this checkpoint reads.")
    data = cached.data_set(file, str(data_root()))
    checkpoint.check(data)
    if doubt := checkpoint.doubts(data):
        st.warning(doubt, icon=":material/help:")
    order = {split: place for place, split in enumerate(reversed(SPLITS))}
    known = sorted(zip(data.utterances.ids, data.utterances.splits, strict=True), key=lambda c: order.get(c[1], 3))
    picked = entry_box(
        "conversation",
        [name for name, _ in known],
        f"{data.name}: {how_many(len(data.conversations), 'conversation')}. Those of the test split come first; the model never learned from them.",
    )
    conversation = data.find(picked)
    split = f", {conversation.split} split" if conversation.split else ""
    st.caption(f"{data.name}{split}, {how_many(len(conversation), 'utterance')}")
    check_lengths(Utterances.of([conversation]), checkpoint.config.max_length)
    set_pattern(pattern_choice())  # into the address, which a change of page empties
    observed, problem = pattern_matrix(conversation, data.task)
    place = pattern_controls(conversation, data.task)
    if problem:
        st.warning(problem, icon=":material/link_off:")
    remember_for_undo((file, conversation.id))
    st.session_state["framed"] = pattern_choice().outline
    device_line(device)
    return View(name, checkpoint, device, file, data, conversation, observed, place)


def device_line(device: str) -> None:
    """Say where the model runs."""
    others = ", ".join(available_devices())
    st.caption(f":material/memory: Running on **{device}** (here: {others}; `COMP_VIZ_DEVICE` overrides).")
