"""Curves to draw beside the measured ones: from the shipped tables of results and from the paper."""

from pathlib import Path

import pandas as pd
import streamlit as st

from comp_viz.analysis.results import read_published_results, read_results
from comp_viz.analysis.robustness.references import Reference, from_paper, from_probe, from_tables
from comp_viz.data.source import data_root
from comp_viz.errors import CompVizError
from comp_viz.last_change import last_change
from comp_viz.sweep.epochs import is_epochs
from comp_viz.ui.cache.data_sets import linear_probe_fit
from comp_viz.ui.cache.per_session import is_clip
from comp_viz.ui.cache.probe_fit import ProbeFit
from comp_viz.ui.cache.training import RESULTS
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown

LOOK_EVERY = 1.0  # seconds between two looks at whether the probe is fitted


def data_references(view: PageView, split: str) -> list[Reference]:
    """What comes with the data and split: their linear probe once it is fitted, our tables on them, the paper's on others."""
    fit = probe_fit(view, split)
    probe: list[Reference] = []
    if fit and fit.done:
        try:
            probe = from_probe(fit.begin().result())
        except CompVizError:  # its labels allow none, which the Data page explains
            probe = []
    return [*probe, *shipped_references(view.data.digest, bool(view.data.task.classes), split)]


def probe_fit(view: PageView, split: str) -> ProbeFit | None:
    """The fit of the linear probe, which may not be over or begun; None where none is shown."""
    if split != "test" or is_clip(view.data_name):
        return None
    return linear_probe_fit(view.data_name, str(data_root()), view.data.digest)


def await_probe(fit: ProbeFit) -> None:
    """Have it fitted and say so: the page is there meanwhile, and is drawn anew with it."""
    st.fragment(draw_waiting_for_probe, run_every=LOOK_EVERY)(fit)


@errors_in_words()
def draw_waiting_for_probe(fit: ProbeFit) -> None:
    """What runs again by itself until the probe is fitted."""
    fit.begin()
    if fit.done:
        st.rerun()
    st.caption("Fitting the linear probe of these data, which will stand beside the measurements …")


def shipped_references(digest: str, classes: bool, split: str) -> list[Reference]:
    """Curves of the tables shipped in `results/`: ours on the same data and split, then those of the paper."""
    paths = tuple(sorted(path for path in RESULTS.glob("*.parquet") if not is_epochs(path)))
    published = RESULTS / "published.csv"
    changes = tuple(map(last_change, (*paths, published)))
    return _references(paths, published, changes, digest, classes, split)


@st.cache_resource(max_entries=32, show_spinner=False)
def _references(
    paths: tuple[Path, ...], published: Path, changes: tuple[int, ...], digest: str, classes: bool, split: str
) -> list[Reference]:
    paper = from_paper(read_published_results(published, classes)) if published.exists() else ()
    return [*from_tables(_tables(paths, changes[:-1]), digest, split), *paper]


@st.cache_resource(max_entries=2, show_spinner=False)
def _tables(paths: tuple[Path, ...], changes: tuple[int, ...]) -> dict[str, pd.DataFrame]:
    """Rows of every table by its name, read once for all data sets; not to be changed."""
    tables: dict[str, pd.DataFrame] = {}
    for path in paths:
        try:
            tables[path.stem] = read_results(path)
        except CompVizError as error:
            st.warning(f"A table of results is left out. {escape_markdown(str(error))}", icon=":material/table_view:")
    return tables
