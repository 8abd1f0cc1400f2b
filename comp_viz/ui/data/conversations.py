"""The conversations of a data set on the Data page: the table with its filters, and one of them to read."""

import numpy as np
import pandas as pd
import streamlit as st

from comp_viz.analysis.data.listing import conversation_table
from comp_viz.data.conversation import SPLITS, Conversation
from comp_viz.data.dataset import DataSet
from comp_viz.figures.availability import preview
from comp_viz.figures.predictions import label_text
from comp_viz.figures.style import Palette, modality_marks
from comp_viz.ui.cache.checkpoints import fitting_checkpoints
from comp_viz.ui.frame.navigation import open_in_live
from comp_viz.ui.frame.text import code_text, escape_markdown
from comp_viz.ui.widgets.written import PERCENT, Form, draw_table
from comp_viz.wording import how_many

CONVERSATIONS_KEY = "conversations"


def filtered_conversations(data: DataSet) -> pd.DataFrame:
    """The table of conversations after the filters above it."""
    table = conversation_table(data)
    split, text, least = st.columns([2, 2, 2], vertical_alignment="bottom")
    there = [name for name in SPLITS if name in set(table["split"])]
    wanted = split.pills("Split", there, selection_mode="multi", key="filter_split", disabled=not there)
    part = text.text_input("Id contains", key="filter_id", placeholder="any")
    lacking = least.selectbox("Something missing in", ["any modality or none", *data.modalities], key="filter_missing")
    if wanted:
        table = table[table["split"].isin(wanted)]
    if part:
        table = table[table["conversation"].str.contains(part, case=False, regex=False)]
    if lacking in data.modalities:
        table = table[table[f"{lacking} missing"] > 0]
    return table.reset_index(drop=True)


def chosen_conversation(data: DataSet) -> Conversation | None:
    """The table of conversations; returns the chosen one, the first where none was chosen."""
    table = filtered_conversations(data)
    if table.empty:
        st.info("No conversation passes these filters. Remove one.", icon=":material/filter_alt_off:")
        return None
    forms: dict[str, Form] = {f"{name} missing": PERCENT for name in data.modalities} | {
        "minutes": 2,
        "utterances": 0,
        "speakers": 0,
    }
    if not data.task.classes:
        forms[table.columns[-1]] = 2
    st.caption(f"{len(table):,} of {how_many(len(data.conversations), 'conversation')}. Choose a row to read it below.")
    event = draw_table(
        table,
        forms,
        height=280,
        key=CONVERSATIONS_KEY,
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event["selection"]["rows"]
    return data.find(str(table["conversation"][rows[0] if rows and rows[0] < len(table) else 0]))


def read_conversation(data: DataSet, name: str, conversation: Conversation, palette: Palette) -> None:
    """One conversation: its availability, its words, and the way to Live."""
    title, button = st.columns([5, 1.4], vertical_alignment="center")
    title.markdown(
        f"**{escape_markdown(conversation.id)}**, {how_many(len(conversation), 'utterance')}, {escape_markdown(conversation.split) or 'no'} split"
    )
    fitting = fitting_checkpoints(data)
    button.button(
        "Open in Live", icon=":material/graphic_eq:", type="primary", width="stretch", disabled=not fitting,
        on_click=open_in_live, args=(fitting[0] if fitting else "", name, conversation.id),
    )  # fmt: skip
    if not fitting:
        widths = ", ".join(f"{escape_markdown(u)} {width}" for u, width in data.widths.items())
        st.info(
            f"No checkpoint here reads these features ({widths}). Train one: "
            f"`comp-viz train --data {code_text(name)} --out checkpoints/NAME`",
            icon=":material/model_training:",
        )
    picture = preview(data.modalities, conversation.observed, conversation.observed, palette, width=1100)
    st.image(picture, width="stretch", alt=availability_text(conversation))
    draw_table(reading_table(data, conversation), {"seconds": 1}, height=360)


def availability_text(conversation: Conversation) -> str:
    """What the availability picture shows, for those who do not see it."""
    present = conversation.observed.sum(0)
    parts = [
        f"{u} at {n} of {how_many(len(conversation), 'utterance')}"
        for u, n in zip(conversation.features, present, strict=True)
    ]
    return f"Availability along the conversation: {', '.join(parts)}."


def reading_table(data: DataSet, conversation: Conversation) -> pd.DataFrame:
    """The utterances as a table; empty columns are left out."""
    marks = modality_marks(data.modalities)
    table = pd.DataFrame(
        {
            "utterance": np.arange(1, len(conversation) + 1),
            "speaker": conversation.speakers,
            "words": conversation.words,
            "said before": conversation.context,
            "label": [label_text(data.task, float(label)) for label in conversation.labels],
            "seconds": conversation.durations,
            "observed": [
                " ".join(marks[u] for u, there in zip(data.modalities, row, strict=True) if there) or "nothing"
                for row in conversation.observed
            ],
        }
    )
    empty = [column for column in ("speaker", "words", "said before") if not table[column].str.len().any()]
    return table.drop(columns=[*empty, *(["seconds"] if table["seconds"].isna().all() else [])])
