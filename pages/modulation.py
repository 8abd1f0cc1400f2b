"""Modulation: how the gradient modulator tempered learning, what it would do now, and which utterances were hard."""

import streamlit as st

from comp_viz.ui.cache import training as cached_training
from comp_viz.ui.frame.compare_mode import draw_sides
from comp_viz.ui.frame.heading import empty_state, page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import utterance_bar
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.modulation.charts import finding, now, trained, utterances, worth
from comp_viz.ui.modulation.words import FINDING


@st.fragment
def modulation(view: PageView) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    colours = palette()
    page_heading(finding(view, cached_training.modulated(view.name, view.data.modalities)), FINDING)
    selected, corner = utterance_bar(view)
    columns = draw_sides(view, corner)
    now(columns, selected, colours)
    trained(columns, colours)
    utterances(view)
    worth(view, colours)


if view := current_view("pages/modulation.py"):
    modulation(view)
else:
    empty_state()
