"""Contributions over a whole split: computed a few conversations at a time, with progress and a button to stop."""

from functools import partial

import streamlit as st

from comp_viz.analysis.query import Query
from comp_viz.analysis.why.coalitions import Coalitions, predict_coalitions
from comp_viz.analysis.why.split_contribution import accuracies, split_table
from comp_viz.data.lengths import check_lengths
from comp_viz.errors import CompVizError
from comp_viz.figures.style import Palette
from comp_viz.figures.why.split_contribution import ABOUT_SPLIT, accuracy_facts, split_chart, split_title
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.cache.progressive import MeasuredParts, ProgressiveMeasurement
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.measuring import measure_and_draw, measuring_tick
from comp_viz.ui.widgets.written import PERCENT, Form, draw_table
from comp_viz.wording import how_many

WANTED = "whole_split"  # widget key and address parameter
WHOLE_SPLIT = "whole split"  # names the measurement in the session
SPLIT_COLUMNS: dict[str, tuple[str, Form, str]] = {
    "mean": ("mean size", 3, "Mean of the absolute Shapley value, in label units or probability."),
    "share": ("share", PERCENT, "Mean size as a share of all modalities'."),
    "towards": ("towards decision", 3, "Mean Shapley value, counted positive when it supports the decision."),
    "accuracy": ("accuracy", PERCENT, "Shapley value of accuracy: what the modality adds to it."),
    "weight": ("weight", 2, "Mean weight by the coordinator, 0 to 1."),
    "correlation": ("correlation", 2, "Spearman's correlation of weight and share over utterances, −1 to 1."),
    "dominates": ("dominates", PERCENT, "Share of utterances in which it holds two thirds of all contributions."),
}


def split_part(sides: list[Side], palette: Palette) -> None:
    """A switch, and behind it the whole split, of every side."""
    view = sides[0].view
    split, splits = view.conversation.split, view.data.utterances.splits
    count = splits.count(split)
    name = f"the {split} split" if split else "the data set"
    if count < 2:
        return
    with sides[0].below:
        st.toggle(
            f"Over {name}: {how_many(count, 'conversation')}", key=WANTED, bind="query-params",
            help="Shapley values of every utterance of the split that the conversation is of. Takes seconds, and can be stopped.",
        )  # fmt: skip
        if st.session_state.get(WANTED):
            rows = [row for row, each in enumerate(splits) if each == split]
            tick = measuring_tick(WHOLE_SPLIT, [split_coalitions(side.view, rows) for side in sides])
            st.fragment(whole_split, run_every=tick)(sides, rows, name, palette)


@errors_in_words()
def whole_split(sides: list[Side], rows: list[int], name: str, palette: Palette) -> None:
    """Compute for a moment and draw what is known; comes back by itself until all is."""
    above = st.container()
    places = st.columns(2, gap="medium") if len(sides) == 2 else [st.container()]
    measurements = {}
    for side, place in zip(sides, places, strict=True):
        try:
            check_lengths(side.view.data.utterances.pick(rows), side.view.checkpoint.config.max_length)
            measurements[side.key] = split_coalitions(side.view, rows)
        except CompVizError as error:
            place.info(escape_markdown(str(error)), icon=":material/rule:")

    def draw() -> None:
        for side, place in zip(sides, places, strict=True):
            if side.key in measurements and (values := measurements[side.key].values):
                with place:
                    draw_split(side, values, len(rows), name, palette)

    different = {id(one.measured): one for one in measurements.values()}  # two sides of one checkpoint share theirs
    measure_and_draw(WHOLE_SPLIT, above, [*different.values()], f"conversations of {name}", draw)


def split_coalitions(view: PageView, rows: list[int]) -> ProgressiveMeasurement[int, Coalitions]:
    """Predictions in all coalitions for some conversations of the data set, as recorded."""

    def measure(row: int) -> Coalitions:
        conversation = view.data.conversations[row]
        with INFERENCE:
            return predict_coalitions(view.checkpoint, conversation, conversation.observed)

    return ProgressiveMeasurement(rows, _measured(view.query().of_data_set()), measure)


@keep_resource(max_entries=32, show_spinner=False)
def _measured(query: Query) -> MeasuredParts[int, Coalitions]:
    """Some 50 kilobytes a conversation."""
    return MeasuredParts()


def draw_split(side: Side, by_row: dict[int, Coalitions], of: int, name: str, palette: Palette) -> None:
    """The chart and the table of one side, of the conversations computed so far."""
    values, labels = [*by_row.values()], [side.view.data.conversations[row].labels for row in by_row]
    table = split_table(values, labels)
    title = split_title(table, side.view.data.task, len(values), of)
    chart_panel(
        split_chart(table, palette, title),
        f"contribution_split{side.key}",
        ABOUT_SPLIT,
        partial(split_table, values, labels),
    )
    config = {c: st.column_config.NumberColumn(label, help=h) for c, (label, _, h) in SPLIT_COLUMNS.items()}
    forms = {column: form for column, (_, form, _) in SPLIT_COLUMNS.items()}
    draw_table(table, forms, key=f"split table{side.key}", column_config=config)
    counts = f"{how_many(int(table['utterances'].iloc[0]), 'utterance')} of {how_many(len(values), 'conversation')} of {name}."
    st.caption(f"{escape_markdown(accuracy_facts(table, accuracies(values, labels)))} {counts}")
