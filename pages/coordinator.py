"""Coordinator: how the modalities are weighed, and what other weights would say."""

import streamlit as st

from comp_viz.ui.coordinator.reweighting import other_weights, sliders
from comp_viz.ui.coordinator.weights import fit_axes, sentences, weight_charts
from comp_viz.ui.frame.compare_mode import draw_sides
from comp_viz.ui.frame.heading import empty_state, page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import utterance_bar
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.widgets.choices import one_of

WORDS = (
    "The coordinator gives each modality of each utterance a weight from 0 to 1 that sum to 1, and multiplies the "
    "modality's features by it before they are fused. Equal weights would be the same for all."
)

AUC = (
    "A modality's head predicts from that modality and the prompts it receives. AUC: the chance that the weight is larger in "
    "an utterance the head gets right than in one it gets wrong, 0 to 1; 0.5 if weights do not tell. Only utterances with a "
    "label that is not exactly neutral are judged."
)
LEARNED, BY_GROUP, OTHER = "Learned weights", "By group", "Other weights"
HELP = (
    "Learned weights: whom the coordinator trusts, utterance by utterance. By group: whom it trusts by what is observed, by emotion, "
    "and whether rightly. Other weights: what the model would say with equal ones, with one modality alone, or with yours."
)


@st.fragment
def coordinator(view: PageView) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    finding, more = sentences(view)
    page_heading(finding, WORDS)
    st.markdown(more, help=AUC)
    (selected, corner), colours = utterance_bar(view), palette()
    controls = st.container()  # above the names of the sides
    found = draw_sides(view, corner)
    learned = any(side.view.checkpoint.config.coordination for side in found)
    with controls:
        look = one_of("Look at", [LEARNED, BY_GROUP, OTHER], "weighing", HELP, buttons=True) if learned else OTHER
        if look == OTHER:
            by_hand = sliders(view.checkpoint.config.modalities)
        else:
            fitted = fit_axes()
    if look == OTHER:
        other_weights(found, by_hand, selected, colours)
    else:
        weight_charts(found, look == BY_GROUP, fitted, selected, colours)


if view := current_view("pages/coordinator.py"):
    coordinator(view)
else:
    empty_state()
