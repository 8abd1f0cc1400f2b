"""Live: take modalities away from a conversation and watch the model answer."""

import streamlit as st

from comp_viz.analysis.change import change, describe
from comp_viz.figures.timeline import timeline
from comp_viz.ui.live import chart, empty_state, painted, transcript, utterance_card
from comp_viz.ui.sidebar import current_view
from comp_viz.ui.theme import palette

view = current_view()
if view is None:
    empty_state()
    st.stop()

conversation = view.conversation
complete, here = view.predict(conversation.observed), view.predict(view.observed)
found = change(here, complete, conversation.labels)
colours = palette()

st.subheader(describe(found), anchor=False)
selected = utterance_card(view, here, complete, found)
painted(view, selected, colours)
chart(timeline(here, complete, found, conversation.labels, conversation.words, selected, colours), describe(found))
transcript(view, complete)
