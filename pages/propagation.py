"""Propagation: who attends to whom, what prompts are worth, and whether missing features come back."""

import streamlit as st

from comp_viz.ui.attention import attention_part
from comp_viz.ui.compare import sides
from comp_viz.ui.flow import flow_part
from comp_viz.ui.options import one_of
from comp_viz.ui.page import empty_state, head
from comp_viz.ui.reconstruction import reconstruction_part
from comp_viz.ui.sidebar import View, current_view
from comp_viz.ui.theme import palette
from comp_viz.ui.utterance import utterance_bar

PARTS = {"Attention": attention_part, "Cross-modal flow": flow_part, "Reconstruction": reconstruction_part}
HELP = (
    "Attention: who attends to whom within a modality. Cross-modal flow: what each modality's output owes to the prompts of the others. "
    "Reconstruction: how near the features of missing utterances come to what they would be."
)


@st.fragment
def propagation(view: View) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    top = st.container()
    selected = utterance_bar(view)
    controls = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    compared = sides(view)
    with controls:
        part = one_of("Part", list(PARTS), "propagation", HELP, buttons=True)
        finding = PARTS[part](compared, selected, palette())
    with top:
        head("Propagation", finding)


if view := current_view("pages/propagation.py"):
    propagation(view)
else:
    empty_state()
