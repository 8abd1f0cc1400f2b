"""Pieces of the Live page: the utterance in hand, the matrix with its tools, the transcript."""

import numpy as np
import pandas as pd
import streamlit as st

from comp_viz.analysis.live.change import Change
from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Bools
from comp_viz.figures.style import Palette
from comp_viz.report.section import Section
from comp_viz.ui.cache.per_session import is_clip
from comp_viz.ui.frame.pattern_state import can_undo, matrix_before_editing, set_edited_matrix, undo
from comp_viz.ui.frame.report_collector import add_section
from comp_viz.ui.frame.selected_utterance import select_utterance, utterance_number, utterance_words
from comp_viz.ui.frame.sidebar import View
from comp_viz.ui.frame.theme import for_projector
from comp_viz.ui.widgets.availability_matrix import availability_matrix
from comp_viz.ui.widgets.chart import CONFIG
from comp_viz.ui.widgets.text import read, read_change, read_label

READING = """
From the top: the prediction with the truth; each modality's own **head**, which predicts from that modality and the prompts it
receives, with filled marks where it is observed and open ones where it is missing; the **change** of the fused prediction
against the complete conversation, on violet where the decision flips; and the **coordinator**'s weights, which say how much of
each modality enters the fused prediction, hatched where the modality is missing. The violet line is the utterance in hand.
"""


def utterance_card(view: View, here: Prediction, complete: Prediction, found: Change) -> int:
    """Words, truth and prediction of the utterance in hand, and ways to move; returns its number, counted from 0."""
    conversation, task = view.conversation, here.task
    pick, said, numbers = st.columns([1.4, 3.3, 3.4], vertical_alignment="top")
    with pick:
        s = utterance_number(view)
        st.button(
            "Most changed",
            on_click=select_utterance,
            args=(found.most_changed,),
            width="stretch",
            help="The utterance whose prediction moved most against the complete conversation.",
            disabled=found.missing_share == 0,
        )
    with said:
        utterance_words(view, here.observed, s)
    with numbers, st.container(horizontal=True, gap="medium"):  # a row on a phone too
        truth = read_label(task, float(conversation.labels[s]))
        moved = read_change(task, float(found.difference[s]), int(complete.decisions()[s]))
        unit = f"{task.name}, {task.scale}"
        st.metric("Truth", truth, help=unit, width="content")
        changed = f"{unit}. Below: change against the complete conversation."
        st.metric("Fused", read(task, here.fused[s]), moved, delta_color="off", help=changed, width="content")
        whole = "The fused prediction when nothing is missing."
        st.metric("Complete", read(task, complete.fused[s]), help=whole, width="content")
    return s


def painted(view: View, selected: int, palette: Palette) -> None:
    """The availability matrix with its tools: share, undo."""
    title, share, back = st.columns([5, 2, 1.2], vertical_alignment="bottom")
    title.markdown(
        "**Availability**: click or drag cells, a modality's name, or an utterance's number",
        help="Filled: the model sees it. Hatched: taken away. Dashed outline: not in the recording, and so missing by nature. A dot marks what was edited by hand. With the keyboard: arrows move, Space toggles a cell, R its row, C its column.",
    )
    with share.popover("Share this view", icon=":material/link:", width="stretch"):
        st.caption(
            "This address opens the clip in this visit only: clips are never kept for others."
            if is_clip(view.data_name)
            else "Whoever opens this address on this dashboard sees the same checkpoint, conversation, pattern and utterance."
        )
        st.code(view.link(), language=None, wrap_lines=True)
    back.button("Undo", icon=":material/undo:", on_click=undo, disabled=not can_undo(), width="stretch")

    def edited(matrix: Bools, utterances: list[int]) -> None:
        set_edited_matrix(view.conversation, view.data.task, matrix)
        if len(utterances) == 1:
            select_utterance(utterances[0])

    conversation = view.conversation
    base = matrix_before_editing(conversation, view.data.task)
    availability_matrix(
        tuple(conversation.features), view.observed, conversation.observed, base, selected, palette, edited
    )


def transcript(view: View, complete: Prediction) -> None:
    """The conversation in words, one row an utterance; choosing a row takes that utterance in hand.

    It shows the complete conversation's predictions, so that a click on the matrix need not send it again.
    """
    conversation, task = view.conversation, complete.task
    frame = pd.DataFrame(
        {
            "utterance": np.arange(1, len(conversation) + 1),
            "speaker": conversation.speakers,
            "words": conversation.words,
            "said before": conversation.context,
            "truth": [read_label(task, float(label)) for label in conversation.labels],
            "predicted, complete": [read(task, values) for values in complete.fused],
        }
    )
    dropped = [name for name in ("said before", "words") if not frame[name].str.len().any()]
    if len(set(conversation.speakers)) < 2:
        dropped.append("speaker")

    def picked() -> None:
        rows = st.session_state["transcript"].selection.rows
        if rows:
            select_utterance(rows[0])

    st.markdown("**Words**", help=f"Truth and the prediction for the complete conversation: {task.name}, {task.scale}.")
    st.dataframe(
        frame.drop(columns=dropped), hide_index=True, height=320, key="transcript", on_select=picked,
        selection_mode="single-row",
    )  # fmt: skip


def chart(section: Section) -> None:
    """The timeline; a click on it takes that utterance in hand."""

    def clicked() -> None:
        points = st.session_state["timeline"].selection.points
        if points:
            select_utterance(int(points[0]["x"]) - 1)

    alt = (
        "Four charts over the utterances of the conversation: fused prediction with truth, the predictions of the modality "
        f"heads, the change against the complete conversation, and the coordinator's weights. {section.title}"
    )
    add_section(section)
    st.plotly_chart(
        for_projector(section.figure),
        theme=None,
        key="timeline",
        on_select=clicked,
        selection_mode="points",
        alt=alt,
        config=CONFIG,
    )
    st.caption(READING)
