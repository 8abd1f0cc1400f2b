"""Coordinator: the weights of the modalities, and what the model predicts with other weights."""

import streamlit as st

from comp_viz.figures.coordinator import heading
from comp_viz.ui.coordinator.reweighting import other_weights, sliders
from comp_viz.ui.coordinator.routing import routing_charts
from comp_viz.ui.coordinator.shuffle import shuffle_part
from comp_viz.ui.coordinator.weights import finding, fit_axes, weight_charts
from comp_viz.ui.frame.capability import capable
from comp_viz.ui.frame.compare_mode import draw_sides
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.heading import empty_state, page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import utterance_bar
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.widgets.choices import one_of

LEARNED, BY_GROUP, OTHER = "Learned weights", "By group", "Other weights"
HELP = (
    "Learned weights: utterance by utterance. By group: by which modalities are observed, by true emotion, and by whether a modality's "
    "own head is right. Other weights: what the model predicts with equal weights, with all weight on one modality, with yours, or with those of other "
    "utterances."
)


@st.fragment
@errors_in_words()
def coordinator(view: PageView) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    if not (capable(view, "weights") and capable(view, "heads")):
        return
    title, facts = finding(view)
    method = view.checkpoint.method
    page_heading(title, heading.COORDINATOR_HELP if view.checkpoint.is_comp else method.weights_about)
    if not view.checkpoint.is_comp:
        st.caption(f"{method.weights_about} {heading.NO_OTHER_WEIGHTS}")
    (selected, corner), colours = utterance_bar(view), palette()
    controls = st.container(horizontal=True, vertical_alignment="bottom")  # above the names of the sides
    compared = draw_sides(view, corner, need="weights")
    learned = any(side.view.checkpoint.learned_weights for side in compared)
    replaceable = all(side.view.checkpoint.is_comp for side in compared)
    looks = [LEARNED, BY_GROUP, *([OTHER] if replaceable else [])]
    with controls:
        look = one_of("Look at", looks, "weighing", HELP, buttons=True) if learned else OTHER
        if look == OTHER:
            by_hand = sliders(view.checkpoint.config.modalities)
        else:
            fitted = fit_axes()
    if look == OTHER:
        other_weights(compared, by_hand, selected, colours)
        shuffle_part(compared, colours)
    else:
        weight_charts(compared, look == BY_GROUP, fitted, selected, colours)
        if look == LEARNED:
            routing_charts(compared, selected, colours)
    st.markdown(escape_markdown(facts), help=heading.FACTS_HELP)


if view := current_view("pages/coordinator.py"):
    coordinator(view)
else:
    empty_state()
