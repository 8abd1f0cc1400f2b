"""Live: take modalities away from a conversation and watch the model answer."""

from functools import partial

import streamlit as st

from comp_viz.analysis.live.change import change
from comp_viz.figures.live.heading import LIVE_TERMS, weight_sentence
from comp_viz.figures.live.timeline import timeline_title
from comp_viz.ui.frame.capability import say_what_is_absent
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.heading import empty_state, page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.report_collector import add_leading_section
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.live.availability import availability_editor
from comp_viz.ui.live.browser_answers import predict_here
from comp_viz.ui.live.section import view_section
from comp_viz.ui.live.transcript import transcript_table
from comp_viz.ui.live.utterance_card import utterance_card


@st.fragment
@errors_in_words()
def live(view: PageView) -> None:
    """Everything that answers to the matrix; runs again by itself at every click."""
    view = view.now()
    conversation = view.conversation
    complete, here = view.predict(conversation.observed), predict_here(view)
    changed, colours = change(here, complete, conversation.labels), palette()
    title = timeline_title(changed)
    page_heading(title, LIVE_TERMS)
    # Always there: what is below would be put in anew, and lose the keyboard, were it one place further.
    place = st.empty()
    if changed.missing_share and (sentence := weight_sentence(changed)):
        place.caption(escape_markdown(sentence))
    selected = utterance_card(view, here, complete, changed)
    with st.container(key="timeline"):  # by this name the steps of stories bring it into view
        availability_editor(view, here, complete, title, selected, colours)
    add_leading_section("timeline", partial(view_section, view, selected, colours))
    say_what_is_absent(view, "heads", "weights")
    transcript_table(view, complete)


if view := current_view("pages/live.py"):
    live(view)
else:
    empty_state()
