"""Prototypes: what each modality is compressed into, and the prompts made of it."""

import streamlit as st

from comp_viz.figures.prototypes.heading import PROTOTYPES_TERMS, prototypes_heading
from comp_viz.ui.frame.capability import capable
from comp_viz.ui.frame.compare_mode import draw_sides
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.heading import empty_state, page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import utterance_bar
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.prototypes.assignment import assignment_controls, assignment_section, assignments_by_block
from comp_viz.ui.prototypes.controls import SECTIONS_HELP
from comp_viz.ui.prototypes.feature_space import space_controls, space_section
from comp_viz.ui.prototypes.momentum import prompts_controls, prompts_section
from comp_viz.ui.prototypes.nearest import nearest_controls, nearest_section
from comp_viz.ui.widgets.choices import one_of

SECTIONS = {
    "Space": (space_controls, space_section),
    "Assignment": (assignment_controls, assignment_section),
    "Nearest utterances": (nearest_controls, nearest_section),
    "Prompts": (prompts_controls, prompts_section),
}


@st.fragment
@errors_in_words()
def prototypes(view: PageView) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    if not capable(view, "prototypes"):
        return
    page_heading(prototypes_heading(assignments_by_block(view)), PROTOTYPES_TERMS)
    _, corner = utterance_bar(view)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls, section = SECTIONS[one_of("Look at", list(SECTIONS), "look_at", SECTIONS_HELP, buttons=True)]
        choice = controls(view)
    section(draw_sides(view, corner, need="prototypes"), choice)


if view := current_view("pages/prototypes.py"):
    prototypes(view)
else:
    empty_state()
