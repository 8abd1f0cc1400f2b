"""The transcript of the conversation on the Live page."""

import numpy as np
import pandas as pd
import streamlit as st

from comp_viz.analysis.prediction import Prediction
from comp_viz.figures.predictions import NO_PREDICTION, label_text, prediction_text, scale_words
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.written import draw_table


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
    draw_table(
        frame.drop(columns=dropped), height="content" if len(frame) < 9 else 320, key="transcript", on_select=picked,
        selection_mode="single-row",
    )  # fmt: skip
