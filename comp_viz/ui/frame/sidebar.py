"""The frame around every page: which checkpoint, conversation, missing pattern and device."""

from pathlib import Path

import streamlit as st

from comp_viz.clips.source import named_in
from comp_viz.data.conversation import SPLITS
from comp_viz.data.dataset import Utterances
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.lengths import check_lengths
from comp_viz.data.source import LAB, data_root, is_lab
from comp_viz.device import available_devices, choose_device
from comp_viz.errors import CompVizError
from comp_viz.ui.cache.checkpoints import checkpoint_names, open_checkpoint
from comp_viz.ui.cache.data_sets import fitting_data, open_data_set
from comp_viz.ui.frame.address_notes import forget_note, note_unknown
from comp_viz.ui.frame.address_state import address_parameter, address_value, set_address_value, set_widget
from comp_viz.ui.frame.arrival import GO, go_to
from comp_viz.ui.frame.finished_upload import finished_upload
from comp_viz.ui.frame.navigation import address_parameters, open_here, opened_labs, remember_lab
from comp_viz.ui.frame.page_view import FRAMED, PageView, check_finite
from comp_viz.ui.frame.pattern_builder import pattern_controls
from comp_viz.ui.frame.pattern_state import (
    drop_edited_cells,
    pattern_choice,
    pattern_matrix,
    remember_for_undo,
    set_pattern,
)
from comp_viz.ui.frame.report_collector import begin_report
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.wording import how_many

VIEW = "view"  # where the session keeps the view of the frame for the page that is run next
# Pages that show nothing of the open conversation: its choice and the missing pattern would do nothing there.
OF_NO_CONVERSATION = {"Claims", "Data", "Imbalance", "Lab", "Lecture", "Robustness"}
PART_SHOWS = (
    "part shows a conversation"  # of a page with parts of both kinds: what the session keeps of the one that is open
)
LABELS = {"checkpoint": "Checkpoint", "data": "Data set", "conversation": "Conversation"}  # by name in the address


def session_labs() -> tuple[str, ...]:
    """Labs opened in this session, and the one the address asks for where it can be made."""
    name = address_parameter("data", "")
    if is_lab(name):
        try:
            remember_lab(str(LabSettings.parse(name)))
        except CompVizError as error:
            st.warning(
                f"The address asks for a lab that cannot be made. {escape_markdown(str(error))}",
                icon=":material/link_off:",
            )
    return opened_labs()


def draw_frame(page: str) -> None:
    """Draw the controls that a page shares with others and keep the view for it, which is run next."""
    if another := st.session_state.pop(GO, None):
        st.switch_page(another, query_params=address_parameters())
    if to_open := finished_upload():
        open_here(*to_open)
    shows = st.session_state.setdefault(PART_SHOWS, {"Modulation": False})  # as the first of its parts
    st.session_state[VIEW] = draw_sidebar(page not in OF_NO_CONVERSATION and shows.get(page, True))


def draw_for_part(view: PageView, page: str, shows_conversation: bool) -> None:
    """Run everything again where the sidebar was drawn for a part of the other kind; before a page draws the part itself."""
    if (view.place is not None) != shows_conversation:
        st.session_state[PART_SHOWS][page] = shows_conversation
        st.rerun()


def current_view(page: str) -> PageView | None:
    """The view of the frame around a page.

    The first visitor of a fresh server who asks for a page by its address gets it without its frame, because Streamlit
    takes the folder `pages/` for its older kind of navigation until the frame has run once: then the frame is run first.
    """
    if VIEW not in st.session_state:
        go_to(page)
        st.switch_page("app.py", query_params=address_parameters())
    begin_report(Path(page).stem)
    view: PageView | None = st.session_state.pop(VIEW)
    return view


def draw_sidebar(of_conversation: bool) -> PageView | None:
    """Draw the controls and return the view, or None with a word on what to do when nothing can be shown.

    Conversation and missing pattern are only drawn for a page that is `of_conversation`; on others they would do nothing.
    """
    with st.sidebar:
        names = checkpoint_names()
        if not names:
            st.info("There is no checkpoint yet. Make one with `comp-viz train --data lab --out checkpoints/lab`.")
            return None
        name = entry_box("checkpoint", preferred_order(names), "A trained model: a folder in `checkpoints/`.")
        try:
            return view_controls(name, str(choose_device()), of_conversation)
        except CompVizError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
            return None


def entry_box(key: str, options: list[str], help: str) -> str:
    """Which checkpoint, data set or conversation is open, with its control."""
    name = opened_name(key, options)

    def other() -> None:
        drop_edited_cells()
        forget_note(key)
        set_address_value(key, st.session_state[key])

    st.selectbox(LABELS[key], options, key=set_widget(key, name), on_change=other, help=help)
    return name


def opened_name(key: str, options: list[str]) -> str:
    """Which checkpoint, data set or conversation is open, the first where the one held is not there."""
    if (wanted := address_value(key, options[0])) not in options:
        note_unknown(key, wanted, options[0], options)
        set_address_value(key, options[0])
    return address_value(key, options[0])


def preferred_order(names: list[str]) -> list[str]:
    """All checkpoints, ahead of them the one to open first: one whose real data are on this machine, else the lab's."""
    for first in ("hazumi", LAB):
        if first in names and (first == LAB or (data_root() / "hazumi_online.npz").is_file()):
            return [first, *(name for name in names if name != first)]
    return names


def view_controls(name: str, device: str, of_conversation: bool) -> PageView | None:
    """Data set, conversation, missing pattern and device for a checkpoint."""
    checkpoint = open_checkpoint(name, device)
    files = fitting_data(name, device, session_labs())
    if not files:
        dims = ", ".join(
            f"{escape_markdown(u)} {d}"
            for u, d in zip(checkpoint.config.modalities, checkpoint.config.dims, strict=True)
        )
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
    file = (
        opened_name("data", files)
        if len(files) == 1
        else entry_box("data", files, "Those with the features this checkpoint reads.")
    )
    data = open_data_set(file, str(data_root()))
    checkpoint.check(data)
    if doubt := checkpoint.doubts(data):
        st.warning(escape_markdown(doubt), icon=":material/help:")
    order = {split: place for place, split in enumerate(reversed(SPLITS))}
    known = sorted(zip(data.utterances.ids, data.utterances.splits, strict=True), key=lambda c: order.get(c[1], 3))
    conversations = [name for name, _ in known]
    help = f"{escape_markdown(data.name)}: {how_many(len(data.conversations), 'conversation')}. Those of the test split come first; the model never learned from them."
    picked = (
        entry_box("conversation", conversations, help)
        if of_conversation
        else opened_name("conversation", conversations)
    )
    conversation = data.find(picked)
    split = f", {conversation.split} split" if conversation.split else ""
    whose = f"{split}, {how_many(len(conversation), 'utterance')}" if of_conversation else ""
    st.caption(f"{escape_markdown(data.name)}{whose}")
    if not checkpoint.is_comp:
        st.caption(f"Method: **{checkpoint.method.title}**, which {checkpoint.method.about}.")
    check_lengths(Utterances.of([conversation]), checkpoint.config.max_length)
    set_pattern(pattern_choice())  # into the address, which a change of page empties
    observed, problem = pattern_matrix(conversation, data.task)
    place = pattern_controls(conversation, data.task) if of_conversation else None
    if problem and place:
        st.warning(escape_markdown(problem), icon=":material/link_off:")
    remember_for_undo((file, conversation.id))
    st.session_state[FRAMED] = pattern_choice().outline
    device_line(device)
    view = PageView(name, checkpoint, device, file, data, conversation, observed, place)
    check_finite(view)
    return view


def device_line(device: str) -> None:
    """Say where the model runs."""
    others = ", ".join(available_devices())
    st.caption(f":material/memory: Running on **{device}** (here: {others}; `COMP_VIZ_DEVICE` overrides).")
