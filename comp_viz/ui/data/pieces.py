"""Pieces of the Data page: what a data set holds, what is missing or wrong in it, its conversations, one of them in words."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from comp_viz.analysis.data.linear_probe import MOST, REGULARISATION
from comp_viz.analysis.data.listing import listing, missing_shares
from comp_viz.data.conversation import SPLITS, Conversation
from comp_viz.data.dataset import DataSet
from comp_viz.data.findings import Finding, Findings
from comp_viz.data.summary import Summary
from comp_viz.errors import CompVizError
from comp_viz.figures.availability import preview
from comp_viz.figures.data.summary import label_chart, missing_chart, probe_chart
from comp_viz.figures.style import Palette, modality_marks
from comp_viz.ui.cache.checkpoints import fitting_checkpoints
from comp_viz.ui.cache.data_sets import linear_probe
from comp_viz.ui.frame.navigation import open_in_live
from comp_viz.ui.widgets.chart import titled_chart
from comp_viz.ui.widgets.text import escape_markdown, label_text
from comp_viz.wording import how_many

SHOWN_FINDINGS = 2000  # rows of the findings table; the download has all
TABLE = "conversations"


def headline(summary: Summary, data: DataSet) -> None:
    """The size of the data set, in a row of numbers."""
    with st.container(horizontal=True, gap="large"):
        st.metric("Conversations", f"{summary.conversations:,}", width="content")
        st.metric("Utterances", f"{summary.utterances:,}", width="content")
        st.metric("Longest", f"{summary.longest:,}", width="content", help="Utterances in the longest conversation.")
        together = "not stated" if not summary.speakers else f"{listing(data)['speakers'].max():,}"
        st.metric("Speakers", together, width="content", help="The most in one conversation.")
        hours = "not stated" if np.isnan(summary.seconds) else f"{summary.seconds / 3600:.1f} h"
        st.metric("Speech", hours, width="content", help="Durations of all utterances that state one, together.")
        st.metric("Complete", f"{summary.complete:.1%}", width="content", help="Utterances that have every modality.")
    marks = modality_marks(data.modalities)
    features = [f"{marks[u]} **{u}** {width} ({escape_markdown(data.sources[u])})" for u, width in data.widths.items()]
    st.markdown("Features: " + " · ".join(features))
    scale = escape_markdown(data.task.scale)
    st.caption(
        f"Labels: {data.task.name}, {scale}. Licence: {escape_markdown(data.licence)}. Contents: SHA-256 `{data.digest[:16]}…`"
    )


def charts(summary: Summary, data: DataSet, name: str, root: str, palette: Palette) -> None:
    """Labels, linear reference and what is missing."""
    left, right = st.columns(2)
    with left:
        titled_chart(left, label_chart(summary.labels, summary.polarity, palette), "labels")
        st.caption(f"Utterances by label and split; {summary.unlabelled:,} have no label.")
    with right:
        linear_reference(data, name, root, palette)
    known = data.utterances
    titled_chart(st.container(), missing_chart(known.ids, known.modalities, missing_shares(known), palette), "missing")


def linear_reference(data: DataSet, name: str, root: str, palette: Palette) -> None:
    """The linear probe, or why there is none."""
    try:
        found = linear_probe(name, root, data.digest)
    except CompVizError as error:
        st.info(str(error), icon=":material/info:")
        return
    titled_chart(st.container(), probe_chart(found.accuracy, found.majority, palette), "probe")
    counted = (
        "decided as labelled" if data.task.classes else "on the right side of neutral (exactly neutral ones left out)"
    )
    st.caption(
        f"Share of {how_many(found.judged, 'utterance')} of the {found.split} {counted}, by logistic regression on single utterances "
        f"(C = {REGULARISATION:g}, learned from {found.learned_from:,}; at most {MOST:,} of each are used). No context, nothing "
        "non-linear: a reference that shows which modality carries how much, not what can be reached."
    )


def findings_table(found: Findings) -> None:
    """What the reader noticed: counts first, places on request."""
    if not found.counts():
        st.caption(":material/check: Nothing is missing by nature, and nothing is wrong with the file.")
        return
    counted = found.counts()
    problems = sum(n for (kind, _, _), n in counted.items() if kind == "problem")
    missing = counted.total() - problems
    title = f"{missing:,} entries are missing by nature; " + (
        f"**{problems:,} problems**" if problems else "no problems"
    )
    with st.expander(title, icon=":material/warning:" if problems else ":material/info:"):
        counts = [(kind, modality, reason, n) for (kind, modality, reason), n in counted.most_common()]
        st.dataframe(pd.DataFrame(counts, columns=["kind", "modality", "reason", "entries"]), hide_index=True)
        rows = sorted(found.rows, key=lambda row: row.kind != "problem")
        if not rows:
            return
        st.dataframe(pd.DataFrame(map(vars, rows[:SHOWN_FINDINGS])), hide_index=True, height=240)
        if len(rows) > SHOWN_FINDINGS:
            st.caption(f"The first {SHOWN_FINDINGS:,} of {len(rows):,}; the download has all.")
        csv = partial(as_csv, rows)  # made when it is asked for
        st.download_button("Download as CSV", csv, "findings.csv", "text/csv", icon=":material/download:")


def as_csv(rows: list[Finding]) -> bytes:
    """Findings as a file."""
    return pd.DataFrame(map(vars, rows)).to_csv(index=False).encode()


def filtered(data: DataSet) -> pd.DataFrame:
    """The table of conversations after the filters above it."""
    table = listing(data)
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


def conversations(data: DataSet) -> Conversation | None:
    """The table of conversations; returns the one that was picked, the first where none was."""
    table = filtered(data)
    if table.empty:
        st.info("No conversation passes these filters. Take one away.", icon=":material/filter_alt_off:")
        return None
    percent = st.column_config.NumberColumn(format="percent")
    number = st.column_config.NumberColumn(format="%.2f")
    settings = {f"{name} missing": percent for name in data.modalities} | {"minutes": number, table.columns[-1]: number}
    if data.task.classes:
        settings.pop(table.columns[-1])
    st.caption(f"{len(table):,} of {how_many(len(data.conversations), 'conversation')}. Choose a row to read it below.")
    event = st.dataframe(
        table,
        hide_index=True,
        height=280,
        key=TABLE,
        on_select="rerun",
        selection_mode="single-row",
        column_config=settings,
    )
    rows = event["selection"]["rows"]
    return data.find(str(table["conversation"][rows[0] if rows and rows[0] < len(table) else 0]))


def reading(data: DataSet, name: str, conversation: Conversation, palette: Palette) -> None:
    """One conversation: what is there of it, its words, and the way to Live."""
    title, button = st.columns([5, 1.4], vertical_alignment="center")
    title.markdown(
        f"**{escape_markdown(conversation.id)}**, {how_many(len(conversation), 'utterance')}, {conversation.split or 'no'} split"
    )
    fitting = fitting_checkpoints(data)
    button.button(
        "Open in Live", icon=":material/graphic_eq:", type="primary", width="stretch", disabled=not fitting,
        on_click=open_in_live, args=(fitting[0] if fitting else "", name, conversation.id),
    )  # fmt: skip
    if not fitting:
        widths = ", ".join(f"{u} {width}" for u, width in data.widths.items())
        st.info(
            f"No checkpoint here reads these features ({widths}). Train one: "
            f"`python -m comp_viz train --data {name} --out checkpoints/NAME`",
            icon=":material/model_training:",
        )
    picture = preview(data.modalities, conversation.observed, conversation.observed, palette, width=1100)
    st.image(picture, width="stretch", alt=availability_words(conversation))
    st.dataframe(words(data, conversation), hide_index=True, height=360)


def availability_words(conversation: Conversation) -> str:
    """What the availability picture shows, for those who do not see it."""
    present = conversation.observed.sum(0)
    parts = [
        f"{u} at {n} of {how_many(len(conversation), 'utterance')}"
        for u, n in zip(conversation.features, present, strict=True)
    ]
    return f"Availability along the conversation: {', '.join(parts)}."


def words(data: DataSet, conversation: Conversation) -> pd.DataFrame:
    """The utterances as a table; columns that say nothing are left out."""
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
