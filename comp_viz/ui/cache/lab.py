"""The lab: the best attainable accuracy of its settings, and what a checkpoint reaches there."""

import streamlit as st

from comp_viz.analysis.lab.attainable import Attainable, AttainableAtRate, Estimate, attainable, attainable_at
from comp_viz.analysis.lab.reached import reached_accuracy
from comp_viz.analysis.query import Query
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data


@st.cache_data(max_entries=64, show_spinner="Computing what is attainable …")
def attainable_in(lab: str) -> Attainable:
    """Best accuracies in a lab by modality."""
    return attainable(LabSettings.parse(lab))


@st.cache_data(max_entries=64, show_spinner="Computing what is attainable …")
def attainable_by_rate(lab: str) -> dict[float, AttainableAtRate]:
    """Best accuracies in a lab by missing rate."""
    return attainable_at(LabSettings.parse(lab))


@keep_data(max_entries=64, show_spinner="Measuring the open checkpoint …")
def reached_in(query: Query, patterns: tuple[str, ...]) -> dict[str, Estimate]:
    """What a checkpoint reaches on a lab's test split under each pattern. Raises `CompVizError` when it cannot read it."""
    data = open_data_set(query.data, query.root)
    with INFERENCE:
        estimates = reached_accuracy(
            open_checkpoint(query.checkpoint, query.device), data, [Pattern.parse(text) for text in patterns]
        )
    return dict(zip(patterns, estimates, strict=True))
