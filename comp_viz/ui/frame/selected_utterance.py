"""The selected utterance: one for all pages, kept in the session and the address, marked in every chart."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.data.conversation import Bools, Conversation
from comp_viz.figures.style import modality_marks
from comp_viz.ui.frame.address_notes import note_unknown
from comp_viz.ui.frame.address_state import (
    address_value,
    keep_widget_value,
    set_address_value,
    set_widget,
    whole_number,
)
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown

UTTERANCE = "utterance"  # in the address and the key of its control, counted from 1


def select_utterance(utterance: int) -> None:
    """Select another utterance, counted from 0; to be called in a callback."""
    set_address_value(UTTERANCE, str(utterance + 1))


def selected_utterance(view: PageView) -> int:
    """The selected utterance, counted from 0 and kept inside the conversation; where none was chosen, the first complete one."""
    return selected_number(view.conversation)


def selected_number(conversation: Conversation) -> int:
    """As `selected_utterance`, for any conversation."""
    wanted, S = address_value(UTTERANCE, ""), len(conversation)
    number = whole_number(wanted, most=S) or first_complete(conversation) + 1
    if wanted != str(number):
        note_unknown(UTTERANCE, wanted, str(number))
        set_address_value(UTTERANCE, str(number))
    return int(address_value(UTTERANCE, "")) - 1


def first_complete(conversation: Conversation) -> int:
    """The first utterance that has words and all modalities."""
    return int((conversation.observed.all(1) & np.array([bool(words) for words in conversation.words])).argmax())


def utterance_number(view: PageView) -> int:
    """The control that selects an utterance; returns its number, counted from 0."""
    s = selected_utterance(view)
    st.number_input(
        "Utterance", 1, len(view.conversation), key=set_widget(UTTERANCE, s + 1), on_change=keep_widget_value(UTTERANCE),
        help="Counted from 1. Click a point of a chart to choose one, or type its number.",
    )  # fmt: skip
    return s


def utterance_bar(view: PageView) -> tuple[int, DeltaGenerator]:
    """The selected utterance with its words, in a row; returns its number, counted from 0, and the place at the row's end."""
    pick, words, corner = st.columns([1.1, 4.6, 2.2], vertical_alignment="top")
    with pick:
        s = utterance_number(view)
    with words:
        utterance_words(view, view.observed, s)
    return s, corner


def utterance_words(view: PageView, observed: Bools, s: int) -> None:
    """The words of utterance `s`, their speaker, and which modalities the model sees under `observed [S, M]`."""
    with st.container(key="utterance words"):
        conversation = view.conversation
        words = escape_markdown(conversation.words[s]) or "*no words*"
        speaker = f"**{escape_markdown(conversation.speakers[s])}:** " if len(set(conversation.speakers)) > 1 else ""
        before = escape_markdown(conversation.context[s])
        st.markdown(speaker + words, help=f"Before: {before}" if before else None)
        marks = modality_marks(tuple(conversation.features))
        states = [f"{marks[u]} {u} {entry_state(view, observed, s, i)}" for i, u in enumerate(conversation.features)]
        seconds = conversation.durations[s]
        st.caption(" · ".join([*states, *([] if np.isnan(seconds) else [f"{seconds:.1f}\u00a0s"])]))


def entry_state(view: PageView, observed: Bools, s: int, u: int) -> str:
    """Availability of one entry in a word."""
    if observed[s, u]:
        return "observed"
    return "missing" if view.conversation.observed[s, u] else "not in the recording"
