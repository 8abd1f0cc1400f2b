"""The part of the Reconstruction page on a whole split: how well is rebuilt by modality and missing rate, measured bit by bit."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from comp_viz.analysis.query import Query
from comp_viz.analysis.reconstruction.by_rate import (
    REBUILDING_MEASURES,
    RebuildingScores,
    mean_features,
    rebuilding_by_rate,
    rebuilding_drawings,
    score_rebuilding,
)
from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.data.conversation import SPLITS, Floats
from comp_viz.data.lengths import check_lengths
from comp_viz.errors import CompVizError
from comp_viz.figures.chart import provisional
from comp_viz.figures.grid import AxisSpan
from comp_viz.figures.reconstruction.by_rate import ABOUT_BY_RATE, rebuilding_chart, rebuilding_span
from comp_viz.figures.reconstruction.heading import rebuilding_title
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.cache.progressive import MeasuredParts, ProgressiveMeasurement
from comp_viz.ui.cache.split_stream import split_stream
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.measuring import measure_and_draw, measuring_tick
from comp_viz.ui.widgets.split_choice import NO_SPLITS, SPLIT, SPLIT_HELP
from comp_viz.wording import first_upper, so_far

MEASURE = "rebuilt_by"  # widget key and address parameter
BY_RATE = "reconstruction by rate"  # names the measurement in the session
MEASURE_HELP = (
    "Rank: place of an entry's own features among all of its conversation. Cosine: with its own features, both less the mean feature. Error: squared, over that of "
    "the mean feature."
)
PATTERNS = list(dict.fromkeys(one.pattern for one in rebuilding_drawings()))


def by_rate_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Controls, and the charts as far as they are measured; returns the finding for the head of the page."""
    view = sides[0].view
    splits = [split for split in reversed(SPLITS) if split in set(view.data.utterances.splits)]
    with sides[0].below, st.container(horizontal=True, vertical_alignment="bottom"):
        if not splits:
            st.info(NO_SPLITS, icon=":material/rule:")
            return "Nothing can be measured here"
        measure = one_of("Measure", REBUILDING_MEASURES, MEASURE, MEASURE_HELP, buttons=True)
        split = one_of("Split", splits, SPLIT, "The conversations to measure on.", width=130)
    tick = measuring_tick(BY_RATE, [split_rebuilding(side.view, split) for side in sides])
    with sides[0].below:
        st.fragment(growing_charts, run_every=tick)(sides, split, measure, palette)
    done = measured_rebuilding(view, split)
    title = rebuilding_title(rebuilding_by_rate(done, PATTERNS, measure), measure)
    return so_far(title, len(done), len(rebuilding_drawings()), "passes")


@errors_in_words()
def growing_charts(sides: list[Side], split: str, measure: str, palette: Palette) -> None:
    """Measure for a moment and draw what is known; comes back by itself until all is."""
    progress = st.container()
    places = st.columns(2, gap="medium") if len(sides) == 2 else [st.container()]
    fitting = []
    for side, place in zip(sides, places, strict=True):
        try:
            check_lengths(
                side.view.data.utterances.pick(rows_of(side.view, split)), side.view.checkpoint.config.max_length
            )
            fitting.append((side, place))
        except CompVizError as error:
            place.info(escape_markdown(str(error)), icon=":material/rule:")

    def draw() -> None:
        tables = [rebuilding_by_rate(measured_rebuilding(side.view, split), PATTERNS, measure) for side, _ in fitting]
        span = rebuilding_span(tables, measure)
        for (side, place), table in zip(fitting, tables, strict=True):
            with place:
                draw_side(side, table, split, measure, span, palette)

    measurements = {id(one.measured): one for one in (split_rebuilding(side.view, split) for side, _ in fitting)}
    measure_and_draw(BY_RATE, progress, [*measurements.values()], f"passes over the {split} split", draw)


def draw_side(side: Side, table: pd.DataFrame, split: str, measure: str, span: AxisSpan, palette: Palette) -> None:
    """The chart of one side, and what it is measured on."""
    figure = rebuilding_chart(table, side.view.data.modalities, measure, span, palette)
    provisional(figure, len(measured_rebuilding(side.view, split)), len(rebuilding_drawings()), "passes")
    chart_panel(figure, f"rebuilt{side.key}", ABOUT_BY_RATE, lambda: table)
    space = first_upper(escape_markdown(side.view.checkpoint.method.rebuilds))
    name = f"**{escape_markdown(side.name)}**: " if side.name else ""
    st.caption(f"{name}{space} as rebuilt and as recorded, on the {split} split. {SPLIT_HELP[split]}")


def rows_of(view: PageView, split: str) -> list[int]:
    """The conversations of a split by number."""
    return [row for row, each in enumerate(view.data.utterances.splits) if each == split]


def split_rebuilding(view: PageView, split: str) -> ProgressiveMeasurement[Drawing, RebuildingScores]:
    """The sums of a view's checkpoint under each drawing, two passes over the split for each."""
    query = view.query().of_data_set()

    def measure(drawing: Drawing) -> RebuildingScores:
        stream, means = split_stream(query, split), _means(query, split)
        return score_rebuilding(view.checkpoint, view.data.task, stream, drawing, means, turn=INFERENCE)

    return ProgressiveMeasurement(rebuilding_drawings(), _measured(query, split), measure)


def measured_rebuilding(view: PageView, split: str) -> Mapping[Drawing, RebuildingScores]:
    """All drawings measured so far, by any visitor."""
    return _measured(view.query().of_data_set(), split).values


@keep_resource(max_entries=64, show_spinner=False)
def _measured(query: Query, split: str) -> MeasuredParts[Drawing, RebuildingScores]:
    """A few kilobytes a drawing."""
    return MeasuredParts()


@keep_resource(max_entries=16, show_spinner=False)
def _means(query: Query, split: str) -> dict[str, Floats]:
    """The mean feature of every modality in the split."""
    return mean_features(open_checkpoint(query.checkpoint, query.device), split_stream(query, split), INFERENCE)
