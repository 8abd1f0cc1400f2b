"""Prototypes: what each modality is compressed into, and the prompts made of it."""

import streamlit as st

from comp_viz.ui.assignment import assignment_controls, assignment_section
from comp_viz.ui.compare import sides
from comp_viz.ui.options import one_of
from comp_viz.ui.page import empty_state, head
from comp_viz.ui.prompts import prompts_controls, prompts_section
from comp_viz.ui.prototypes import HELP, finding
from comp_viz.ui.sidebar import View, current_view
from comp_viz.ui.space import space_controls, space_section
from comp_viz.ui.stands_for import stands_controls, stands_section
from comp_viz.ui.utterance import utterance_bar

SECTIONS = {
    "Space": (space_controls, space_section),
    "Assignment": (assignment_controls, assignment_section),
    "Stand for": (stands_controls, stands_section),
    "Prompts": (prompts_controls, prompts_section),
}


@st.fragment
def prototypes(view: View) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    head("Prototypes", finding(view))
    part = one_of("Look at", list(SECTIONS), "look_at", HELP, buttons=True)
    utterance_bar(view)
    controls, section = SECTIONS[part]
    chosen = controls(view)
    section(sides(view), chosen)


if view := current_view("pages/prototypes.py"):
    prototypes(view)
else:
    empty_state()
