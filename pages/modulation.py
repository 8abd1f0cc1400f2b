"""Modulation: how the gradient modulator tempered learning, what it would do now, and which utterances were hard."""

import streamlit as st

from comp_viz.ui import cached_training
from comp_viz.ui.about_modulation import FINDING
from comp_viz.ui.compare import sides
from comp_viz.ui.modulation import finding, now, trained, utterances, worth
from comp_viz.ui.page import empty_state, head
from comp_viz.ui.sidebar import View, current_view
from comp_viz.ui.theme import palette
from comp_viz.ui.utterance import utterance_bar


@st.fragment
def modulation(view: View) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    colours = palette()
    head("Modulation", finding(view, cached_training.modulated(view.name, view.data.modalities)), FINDING)
    selected = utterance_bar(view)
    columns = sides(view)
    now(columns, selected, colours)
    trained(columns, colours)
    utterances(view)
    worth(view, colours)


if view := current_view("pages/modulation.py"):
    modulation(view)
else:
    empty_state()
