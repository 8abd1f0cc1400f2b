"""The conversation along its utterances on the Live page: the timeline, and the transcript below it."""

import numpy as np
import pandas as pd
import streamlit as st

from comp_viz.analysis.prediction import Prediction
from comp_viz.figures.predictions import NO_PREDICTION, label_text, prediction_text, scale_words
from comp_viz.report.section import Section
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.report_collector import add_section
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import for_projector
from comp_viz.ui.widgets.chart import CONFIG


def timeline_panel(section: Section) -> None:
    """The timeline; a click on it selects that utterance."""

    def clicked() -> None:
        points = st.session_state["timeline"].selection.points
        if points:
            select_utterance(int(points[0]["x"]) - 1)

    alt = f"Charts over the utterances of the conversation. {section.title}. {section.about.shows}"
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
    st.caption(section.about.shows)


def transcript_table(view: PageView, complete: Prediction) -> None:
    """The conversation in words, one row an utterance; choosing a row selects that utterance.

    It shows the predictions for the conversation as recorded, so that a click on the matrix need not send it again.
    """
    conversation, task = view.conversation, complete.task
    frame = pd.DataFrame(
        {
            "utterance": np.arange(1, len(conversation) + 1),
            "speaker": conversation.speakers,
            "words": conversation.words,
            "said before": conversation.context,
            "truth": [label_text(task, float(label)) for label in conversation.labels],
            "predicted as recorded": [
                prediction_text(task, values) if recorded else NO_PREDICTION
                for values, recorded in zip(complete.fused, complete.anything_observed, strict=True)
            ],
        }
    )
    dropped = [name for name in ("said before", "words") if not frame[name].str.len().any()]
    if len(set(conversation.speakers)) < 2:
        dropped.append("speaker")

    def picked() -> None:
        rows = st.session_state["transcript"].selection.rows
        if rows:
            select_utterance(rows[0])

    st.markdown(
        "**Words**",
        help=f"Truth and the prediction for the conversation as recorded: {escape_markdown(scale_words(task))}.",
    )
    st.dataframe(
        frame.drop(columns=dropped), hide_index=True, height="content" if len(frame) < 9 else 320, key="transcript", on_select=picked,
        selection_mode="single-row",
    )  # fmt: skip
