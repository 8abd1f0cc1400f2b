"""A data set at a glance on the Data page: its size, labels, linear probe, and what is missing."""

from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from comp_viz.analysis.data.listing import conversation_table, missing_shares
from comp_viz.data.dataset import DataSet
from comp_viz.data.summary import Summary
from comp_viz.errors import CompVizError
from comp_viz.figures.chart import About
from comp_viz.figures.data.labels import ABOUT_LABELS, labels_chart
from comp_viz.figures.data.missing import ABOUT_MISSING, missing_chart
from comp_viz.figures.data.probe import ABOUT_PROBE, probe_caption, probe_chart
from comp_viz.figures.style import Palette, modality_marks
from comp_viz.report.numbers import numbers_of
from comp_viz.ui.cache.data_sets import linear_probe
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.wording import percent


def data_set_numbers(summary: Summary, data: DataSet) -> None:
    """The size of the data set, in a row of numbers."""
    with st.container(horizontal=True, gap="medium"):
        st.metric("Conversations", f"{summary.conversations:,}", width="content")
        st.metric("Utterances", f"{summary.utterances:,}", width="content")
        st.metric("Longest", f"{summary.longest:,}", width="content", help="Utterances in the longest conversation.")
        speakers = "not stated" if not summary.speakers else f"{conversation_table(data)['speakers'].max():,}"
        st.metric("Speakers", speakers, width="content", help="The most in one conversation.")
        hours = "not stated" if np.isnan(summary.seconds) else f"{summary.seconds / 3600:.1f} h"
        st.metric("Speech", hours, width="content", help="Durations of all utterances that state one, together.")
        st.metric(
            "Complete", percent(summary.complete, 1), width="content", help="Utterances that have every modality."
        )


def data_set_facts(data: DataSet) -> None:
    """What the features, labels and licence are."""
    marks = modality_marks(data.modalities)
    features = [
        f"{marks[u]} **{escape_markdown(u)}** {width} ({escape_markdown(data.sources[u])})"
        for u, width in data.widths.items()
    ]
    st.markdown("Features: " + " · ".join(features))
    scale = escape_markdown(data.task.scale)
    st.caption(
        f"Labels: {escape_markdown(data.task.name)}, {scale}. Licence: {escape_markdown(data.licence)}. Contents: SHA-256 `{data.digest[:16]}…`"
    )


def data_set_charts(summary: Summary, data: DataSet, name: str, root: str, palette: Palette) -> None:
    """Labels, linear probe and what is missing."""
    left, right = st.columns(2)
    with left:
        self_numbered(labels_chart(summary.labels, summary.polarity, palette), "labels", ABOUT_LABELS)
        labelled = summary.utterances - summary.unlabelled
        st.caption(f"{labelled:,} of {summary.utterances:,} utterances have a label.")
    with right:
        probe_panel(data, name, root, palette)
    known = data.utterances
    figure = missing_chart(known.ids, known.modalities, missing_shares(known), palette)
    self_numbered(figure, "missing", ABOUT_MISSING)


def self_numbered(figure: go.Figure, key: str, about: About) -> None:
    """Show a chart whose numbers are those it draws."""
    chart_panel(figure, key, about, partial(numbers_of, figure))


def probe_panel(data: DataSet, name: str, root: str, palette: Palette) -> None:
    """The linear probe, or why there is none."""
    try:
        probe = linear_probe(name, root, data.digest)
    except CompVizError as error:
        st.info(escape_markdown(str(error)), icon=":material/info:")
        return
    self_numbered(probe_chart(probe.accuracy, probe.majority, palette), "probe", ABOUT_PROBE)
    st.caption(escape_markdown(probe_caption(probe)))
