"""Cached calls of the pages on training: telemetry of checkpoints, shipped tables of results, measures on a split."""

from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from comp_viz.analysis.imbalance.discrepancy import Discrepancy, discrepancy
from comp_viz.analysis.imbalance.gap import read_accuracy, read_ratios
from comp_viz.analysis.modulation.ablation import (
    WITH_MODULATOR,
    WITHOUT_MODULATOR,
    modulator_effect,
    published_modulator_effect,
)
from comp_viz.analysis.modulation.coefficients import ConversationCoefficients, conversation_coefficients
from comp_viz.analysis.modulation.hard_utterances import Hardness, read_hardness
from comp_viz.analysis.modulation.telemetry import ModulationRecord, read_modulation_record
from comp_viz.analysis.query import Query
from comp_viz.analysis.shipped_results import ResultsTable, find_table
from comp_viz.checkpoint.card import Card
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.figures.modulation.telemetry import training_charts
from comp_viz.figures.style import DARK, LIGHT, Palette
from comp_viz.last_change import last_change
from comp_viz.network.config import ComPConfig
from comp_viz.resources import shipped
from comp_viz.training.run import TELEMETRY
from comp_viz.ui.cache.checkpoints import checkpoint_card, checkpoint_folder, checkpoint_names, open_checkpoint
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data
from comp_viz.ui.cache.predictions import open_query

RESULTS = shipped("results")
MODULATOR_METHODS = (WITH_MODULATOR, WITHOUT_MODULATOR)  # of a table of results


@st.cache_data(max_entries=16, show_spinner="Reading the telemetry …")
def _modulation_record(folder: Path, modalities: tuple[str, ...], changed: int) -> ModulationRecord:
    return read_modulation_record(folder, modalities)


def modulation_record(name: str, modalities: tuple[str, ...]) -> ModulationRecord:
    """What the modulator did while a checkpoint was trained; read anew when its telemetry changed."""
    folder = checkpoint_folder(name) / TELEMETRY
    return _modulation_record(folder, modalities, last_change(folder))


def training_figures(
    names: tuple[str, ...], modalities: tuple[str, ...], palette: Palette
) -> list[tuple[ModulationRecord, dict[str, go.Figure]]]:
    """For checkpoints beside each other, what the modulator did and its figures on shared axes, by table; not to be changed."""
    changes = tuple(last_change(checkpoint_folder(name) / TELEMETRY) for name in names)
    return _training_figures(names, modalities, palette is DARK, changes)


@st.cache_resource(max_entries=8, show_spinner=False)
def _training_figures(
    names: tuple[str, ...], modalities: tuple[str, ...], dark: bool, changes: tuple[int, ...]
) -> list[tuple[ModulationRecord, dict[str, go.Figure]]]:
    records = [modulation_record(name, modalities) for name in names]
    return list(zip(records, training_charts(records, DARK if dark else LIGHT), strict=True))


@st.cache_resource(max_entries=8, show_spinner="Reading the telemetry …")
def _hardness(folder: Path, changed: int) -> Hardness:
    return read_hardness(folder)


def hardness(name: str) -> Hardness:
    """Hard and easy utterances of a checkpoint's training; shared by all sessions and not to be changed."""
    folder = checkpoint_folder(name) / TELEMETRY
    return _hardness(folder, last_change(folder))


@st.cache_data(max_entries=32, show_spinner=False)
def _accuracy(folder: Path, changed: int) -> pd.DataFrame:
    return read_accuracy(folder)


def accuracy_by_epoch(name: str) -> pd.DataFrame:
    """Accuracy by epoch out of a checkpoint's telemetry; empty where there is none."""
    folder = checkpoint_folder(name) / TELEMETRY
    return _accuracy(folder, last_change(folder))


def baseline(digest: str) -> str | None:
    """A checkpoint without prompting trained on the data of this digest, by its card; None where there is none."""
    for name in checkpoint_names():
        card = checkpoint_card(name)
        if card and card.data and card.data.digest == digest and is_without_prompts(card):
            return name
    return None


def is_without_prompts(card: Card) -> bool:
    """Whether a card is of ComP without its prompts."""
    return isinstance(card.architecture, ComPConfig) and not card.architecture.prompting


@st.cache_resource(max_entries=16, show_spinner=False)
def _table(
    folder: Path, methods: tuple[str, ...], digest: str | None, changed: int, cuts_of: str | None = None
) -> ResultsTable | None:
    return find_table(folder, methods, digest, cuts_of)


def results_table(methods: tuple[str, ...], digest: str | None, cuts_of: str | None = None) -> ResultsTable | None:
    """The shipped table that compares `methods`, on the data of a digest or on any, `find_table`; not to be changed."""
    return _table(RESULTS, methods, digest, last_change(RESULTS), cuts_of)


@st.cache_data(max_entries=16, show_spinner=False)
def _modulator_effect(digest: str | None, changed: int) -> pd.DataFrame | None:
    table = _table(RESULTS, MODULATOR_METHODS, digest, changed)
    return None if table is None else modulator_effect(table)


def cached_modulator_effect(digest: str | None) -> pd.DataFrame | None:
    """Finished models with and without the modulator, on the data of a digest or on any; None where no table compares them."""
    return _modulator_effect(digest, last_change(RESULTS))


@st.cache_data(max_entries=4, show_spinner=False)
def published_modulator(classes: bool) -> pd.DataFrame:
    """The effect of the modulator as the paper prints it."""
    return published_modulator_effect(RESULTS / "published.csv", classes)


@keep_data(max_entries=256, show_spinner=False)
def open_coefficients(query: Query) -> ConversationCoefficients | None:
    """The coefficients one conversation has as a batch of its own."""
    opened = open_query(query)
    with INFERENCE:
        return conversation_coefficients(*opened)


@keep_data(max_entries=64, show_spinner="Measuring on the test split …")
def discrepancy_on(query: Query, pattern: str) -> Discrepancy:
    """Discrepancy between modalities on the test split. Raises `CompVizError` when it cannot be measured."""
    checkpoint, data = open_checkpoint(query.checkpoint, query.device), open_data_set(query.data, query.root)
    with INFERENCE:
        return discrepancy(checkpoint, data, Pattern.parse(pattern))


@st.cache_data(max_entries=16, show_spinner="Reading the telemetry …")
def _ratios(folder: Path, probabilities: bool, changed: int) -> pd.DataFrame:
    return read_ratios(folder, probabilities)


def ratios(name: str, probabilities: bool) -> pd.DataFrame:
    """Discrepancy ratios over a checkpoint's training; empty where nothing was recorded."""
    folder = checkpoint_folder(name) / TELEMETRY
    return _ratios(folder, probabilities, last_change(folder))
