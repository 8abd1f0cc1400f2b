"""Modulation: the modulator on this conversation and in training, hard utterances, and its effect on finished models."""

import streamlit as st

from comp_viz.figures.modulation.heading import MODULATION_HELP, PARTS_HELP, modulation_title
from comp_viz.page_parts import EFFECT, HARD, MODULATION_PART, MODULATION_PARTS, THIS_CONVERSATION
from comp_viz.ui.cache import training as cached_training
from comp_viz.ui.frame.capability import capable
from comp_viz.ui.frame.compare_mode import draw_sides
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.heading import empty_state, page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import utterance_bar
from comp_viz.ui.frame.sidebar import current_view, draw_for_part
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.modulation.charts import conversation_coefficients_row, effect_row, training_rows
from comp_viz.ui.modulation.hard_utterances import LIST, hard_utterances
from comp_viz.ui.widgets.choices import one_of


@st.fragment
@errors_in_words()
def modulation(view: PageView) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    if not capable(view, "modulation"):
        return
    colours = palette()
    record = cached_training.modulation_record(view.name, view.data.modalities)
    prompting = view.checkpoint.prompting
    page_heading(modulation_title(record, escape_markdown(view.name), prompting), MODULATION_HELP)
    if LIST in st.query_params and MODULATION_PART not in {*st.query_params, *st.session_state}:
        st.session_state[MODULATION_PART] = HARD  # an address from before there were parts
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        part = one_of("Part", [*MODULATION_PARTS], MODULATION_PART, PARTS_HELP, buttons=True)
        corner = st.container(width=240)
    draw_for_part(view, "Modulation", part == THIS_CONVERSATION)
    selected = utterance_bar(view)[0] if part == THIS_CONVERSATION else 0
    if part == HARD:
        hard_utterances(view)
        return
    if part == EFFECT:
        effect_row(view, colours)
        return
    columns = draw_sides(view, corner, patterns=part == THIS_CONVERSATION, need="modulation")
    if part == THIS_CONVERSATION:
        conversation_coefficients_row(columns, selected, colours)
    else:
        training_rows(columns, colours)


if view := current_view("pages/modulation.py"):
    modulation(view)
else:
    empty_state()
