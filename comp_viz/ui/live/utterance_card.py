"""The selected utterance on the Live page: its words, truth and prediction, and ways to move."""

import math
from typing import Literal

import streamlit as st

from comp_viz.analysis.live.change import Change
from comp_viz.analysis.prediction import Prediction
from comp_viz.figures.predictions import (
    NOTHING_RECORDED,
    change_text,
    label_text,
    prediction_text,
    scale_words,
    without_own,
)
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import select_utterance, utterance_number, utterance_words
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.wording import first_upper


def utterance_card(view: PageView, here: Prediction, complete: Prediction, changed: Change) -> int:
    """Words, truth and prediction of the selected utterance, and ways to move; returns its number, counted from 0."""
    conversation, task = view.conversation, here.task
    pick, words, numbers = st.columns([1.4, 3.3, 3.4], vertical_alignment="top")
    with pick:
        s = utterance_number(view)
        st.button(
            "Most changed",
            on_click=select_utterance,
            args=(changed.most_changed,),
            width="stretch",
            help="The utterance whose prediction changes most against the conversation as recorded.",
            disabled=changed.missing_share == 0,
        )
    with words:
        utterance_words(view, here.observed, s)
    if not changed.predicted[s]:
        words.caption(f":material/block: {first_upper(NOTHING_RECORDED)}.")
    elif changed.from_context[s]:
        words.caption(f":material/diversity_3: Predicted {without_own(here)}.")
    with numbers, st.container(horizontal=True, gap="medium"):  # a row on a phone too
        label = float(conversation.labels[s])
        change = change_text(task, float(changed.difference[s]), int(complete.decisions()[s]))
        unit = escape_markdown(scale_words(task))
        if not math.isnan(label):  # a row of its own for "unknown" would push the others below each other
            st.metric("Truth", escape_markdown(label_text(task, label)), help=unit, width="content")
        below = f"{unit}. Below: change against the conversation as recorded."
        if not changed.predicted[s]:
            st.metric("Fused", "none", help=f"{first_upper(NOTHING_RECORDED)}.", width="content")
            return s
        fused = prediction_text(task, here.fused[s])
        arrow: Literal["up", "down"] = (
            "down" if changed.difference[s] < 0 else "up"
        )  # of a true minus Streamlit knows none
        st.metric(
            "Fused",
            escape_markdown(fused),
            change and escape_markdown(change),
            delta_color="off",
            delta_arrow=arrow,
            help=below,
            width="content",
        )
        whole = "The fused prediction when nothing is taken away."
        st.metric("As recorded", escape_markdown(prediction_text(task, complete.fused[s])), help=whole, width="content")
    return s
