"""The utterance in hand: one for all pages, kept in the session and the address, marked in every chart."""

import numpy as np
import streamlit as st

from comp_viz.data.conversation import Bools
from comp_viz.figures.style import modality_marks
from comp_viz.ui.sidebar import View
from comp_viz.ui.words import plain

UTTERANCE = "utterance"  # widget key and address parameter, counted from 1


def select(utterance: int) -> None:
    """Take another utterance in hand, counted from 0; to be called in a callback."""
    st.session_state[UTTERANCE] = utterance + 1


def selected_utterance(view: View) -> int:
    """The utterance in hand, counted from 0, kept inside the conversation."""
    wanted = st.session_state.get(UTTERANCE, 1)
    if wanted > len(view.conversation):
        st.session_state[UTTERANCE] = wanted = len(view.conversation)
    return int(wanted) - 1


def begin(view: View) -> None:
    """Start at the first utterance that has words and all modalities, unless one was chosen or the address names one."""
    if UTTERANCE in st.session_state or UTTERANCE in st.query_params:
        return
    conversation = view.conversation
    whole = conversation.observed.all(1) & np.array([bool(words) for words in conversation.words])
    select(int(whole.argmax()))


def utterance_number(view: View) -> int:
    """The control that takes an utterance in hand; returns its number, counted from 0."""
    begin(view)
    selected_utterance(view)
    st.number_input(
        "Utterance", 1, len(view.conversation), key=UTTERANCE, bind="query-params",
        help="Counted from 1. Click a point of a chart to choose one, or type its number.",
    )  # fmt: skip
    return selected_utterance(view)


def utterance_bar(view: View) -> int:
    """The utterance in hand with its words, in a row; returns its number, counted from 0."""
    pick, said = st.columns([1.1, 7], vertical_alignment="top")
    with pick:
        s = utterance_number(view)
    with said:
        utterance_words(view, view.observed, s)
    return s


def utterance_words(view: View, observed: Bools, s: int) -> None:
    """What was said in utterance `s`, by whom, and what of it the model sees under `observed [S, M]`."""
    conversation = view.conversation
    if conversation.context[s]:
        st.caption(f"said before: {plain(conversation.context[s])}")
    words = plain(conversation.words[s]) or "*no words*"
    st.markdown(f"**{plain(conversation.speakers[s])}**  {words}" if len(set(conversation.speakers)) > 1 else words)
    marks = modality_marks(tuple(conversation.features))
    shown = [f"{marks[u]} {u} {state(view, observed, s, i)}" for i, u in enumerate(conversation.features)]
    seconds = conversation.durations[s]
    st.caption(" · ".join([*shown, *([] if np.isnan(seconds) else [f"{seconds:.1f} s"])]))


def state(view: View, observed: Bools, s: int, u: int) -> str:
    """Availability of one entry in a word."""
    if observed[s, u]:
        return "observed"
    return "missing" if view.conversation.observed[s, u] else "not in the recording"
