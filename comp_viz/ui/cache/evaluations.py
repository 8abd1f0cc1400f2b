"""Passes over a split, made a few at a time and kept: what one visitor had measured, the next one finds done."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import pandas as pd
import streamlit as st
import torch

from comp_viz.analysis.query import Query
from comp_viz.analysis.results import read_published_results, read_results
from comp_viz.analysis.robustness.drawings import Drawing, Scores, evaluate_drawing
from comp_viz.analysis.robustness.references import Reference, from_paper, from_tables
from comp_viz.data.batch import Stream
from comp_viz.errors import CompVizError
from comp_viz.last_change import last_change
from comp_viz.sweep.epochs import is_epochs
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.cache.training import RESULTS
from comp_viz.ui.frame.page_view import PageView

MOMENT = 0.4  # seconds of measuring between two looks at the page
Made = TypeVar("Made")  # what is kept of a pass


@dataclass(frozen=True)
class Done(Generic[Made]):
    """The passes made so far with one checkpoint on one split; grows, shared by all visitors."""

    passes: dict[Drawing, Made] = field(default_factory=dict)
    measuring: threading.Lock = field(default_factory=threading.Lock)  # so that no two visitors make the same pass


@dataclass(frozen=True)
class OnSplit(ABC, Generic[Made]):
    """One checkpoint on one split of one data set, of which passes are made one at a time."""

    view: PageView
    split: str

    @property
    def digests(self) -> tuple[str, str]:
        """Of checkpoint and data, which with the split are the key of what is made."""
        return self.view.checkpoint.digest, self.view.data.digest

    @property
    @abstractmethod
    def done(self) -> Done[Made]:
        """What was made so far, by anybody."""

    @abstractmethod
    def make(self, one: Drawing) -> Made:
        """Make a pass."""

    def measure(self, one: Drawing) -> None:
        """Make a pass, unless it is made already."""
        done = self.done
        with done.measuring:
            if one not in done.passes:
                done.passes[one] = self.make(one)


class Evaluation(OnSplit[Scores]):
    """How well a checkpoint does on a split."""

    @property
    def done(self) -> Done[Scores]:
        """What was measured so far."""
        return _done(*self.digests, self.split)

    def make(self, one: Drawing) -> Scores:
        """Predict the split once, and keep the scores."""
        stream = stream_of(self.view, self.split)
        return evaluate_drawing(self.view.checkpoint, self.view.data.task, stream, one, turn=INFERENCE)


def measure_for_a_moment(evaluations: Sequence[OnSplit[Any]], passes: Sequence[Drawing]) -> None:
    """Make passes in their order, for all evaluations in turn, until a moment has gone by."""
    end = time.monotonic() + MOMENT
    for one, evaluation in open_passes(evaluations, passes):
        evaluation.measure(one)
        if time.monotonic() > end:
            return


def open_passes(evaluations: Sequence[OnSplit[Any]], passes: Sequence[Drawing]) -> list[tuple[Drawing, OnSplit[Any]]]:
    """What is still to be made."""
    found = [(evaluation, evaluation.done.passes) for evaluation in evaluations]
    return [(one, evaluation) for one in passes for evaluation, done in found if one not in done]


@st.cache_resource(max_entries=64, show_spinner=False)
def _done(checkpoint: str, data: str, split: str) -> Done[Scores]:
    """Kept by digests; a few kilobytes a pass."""
    return Done()


def stream_of(view: PageView, split: str) -> Stream:
    """The split of a view's data, standardised for its checkpoint."""
    return _stream(view.query().of_data_set(), split)


@keep_resource(max_entries=3, show_spinner=False)
def _stream(query: Query, split: str) -> Stream:
    """A split standardised for a checkpoint, up to half a gigabyte."""
    conversations = open_data_set(query.data, query.root).split(split)
    checkpoint = open_checkpoint(query.checkpoint, query.device)
    return Stream(conversations, checkpoint.standardise, torch.device(query.device))


def references(digest: str, classes: bool, split: str) -> list[Reference]:
    """Curves of the tables shipped in `results/`: ours on the same data and split, then those of the paper."""
    tables = tuple(sorted(path for path in RESULTS.glob("*.parquet") if not is_epochs(path)))
    published = RESULTS / "published.csv"
    return _references(tables, published, tuple(map(last_change, (*tables, published))), digest, classes, split)


@st.cache_resource(max_entries=32, show_spinner=False)
def _references(
    paths: tuple[Path, ...], published: Path, stamps: tuple[int, ...], digest: str, classes: bool, split: str
) -> list[Reference]:
    tables: dict[str, pd.DataFrame] = {}
    for path in paths:
        try:
            tables[path.stem] = read_results(path)
        except CompVizError as error:
            st.warning(f"A table of results is left out. {error}", icon=":material/table_view:")
    paper = from_paper(read_published_results(published, classes)) if published.exists() else ()
    return [*from_tables(tables, digest, split), *paper]
