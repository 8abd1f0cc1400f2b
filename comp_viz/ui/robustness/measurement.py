"""How well a checkpoint does on a split under drawings of missing patterns, measured a few at a time."""

from collections.abc import Mapping, Sequence

import streamlit as st

from comp_viz.analysis.query import Query
from comp_viz.analysis.robustness.drawings import Drawing, Scores, evaluate_drawing
from comp_viz.analysis.robustness.shipped_scores import MeasuredWith, find_scores
from comp_viz.errors import CompVizError
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.cache.progressive import MeasuredParts, ProgressiveMeasurement
from comp_viz.ui.cache.split_stream import split_stream
from comp_viz.ui.cache.training import RESULTS
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown


def split_scores(view: PageView, split: str, drawings: Sequence[Drawing]) -> ProgressiveMeasurement[Drawing, Scores]:
    """The scores of a view's checkpoint under each drawing, one pass over the split for each."""
    query = view.query().of_data_set()

    def measure(drawing: Drawing) -> Scores:
        stream = split_stream(query, split)
        return evaluate_drawing(view.checkpoint, view.data.task, stream, drawing, turn=INFERENCE)

    return ProgressiveMeasurement(drawings, _measured(query, split), measure)


def measured_scores(view: PageView, split: str) -> Mapping[Drawing, Scores]:
    """All scores measured so far, by any visitor."""
    return _measured(view.query().of_data_set(), split).values


@keep_resource(max_entries=64, show_spinner=False)
def _measured(query: Query, split: str) -> MeasuredParts[Drawing, Scores]:
    """A few kilobytes a drawing; of what ships, all is there at once."""
    of = MeasuredWith(query.checkpoint_digest, query.data_digest, split)
    try:
        return MeasuredParts(find_scores(RESULTS / "robustness", of))
    except CompVizError as error:
        st.warning(f"Shipped scores are left out. {escape_markdown(str(error))}", icon=":material/table_view:")
        return MeasuredParts()
