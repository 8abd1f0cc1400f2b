"""Live: take modalities away from a conversation and watch the model answer."""

import streamlit as st

from comp_viz.analysis.live.change import change, describe
from comp_viz.report.live import timeline_section
from comp_viz.ui.frame.heading import empty_state, page_heading
from comp_viz.ui.frame.sidebar import View, current_view
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.live.pieces import chart, painted, transcript, utterance_card

WORDS = (
    "A prediction flips when it changes sides of neutral, or its class. Accuracy is the share of utterances decided as "
    "the truth is; those labelled exactly neutral, or not at all, are left out."
)


@st.fragment
def live(view: View) -> None:
    """Everything that answers to the matrix; runs again by itself at every click."""
    view = view.now()
    conversation = view.conversation
    complete, here = view.predict(conversation.observed), view.predict(view.observed)
    found, colours = change(here, complete, conversation.labels), palette()
    page_heading(describe(found), WORDS)
    selected = utterance_card(view, here, complete, found)
    painted(view, selected, colours)
    chart(timeline_section(here, complete, found, conversation, selected, colours))
    transcript(view, complete)


if view := current_view("pages/live.py"):
    live(view)
else:
    empty_state()
