"""The shuffle test of the Coordinator page: behind a switch, over the split that the conversation is of."""

from collections.abc import Sequence

import streamlit as st

from comp_viz.analysis.coordinator.shuffle import ShuffleTest, shuffle_test
from comp_viz.analysis.query import Query
from comp_viz.analysis.robustness.scores import counted_labels
from comp_viz.data.dataset import Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.figures.coordinator.shuffle import ABOUT_SHUFFLE, shuffle_chart, shuffle_facts, shuffle_title
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data
from comp_viz.ui.cache.split_stream import split_stream
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.pattern_state import pattern_choice
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.split_choice import NO_LABELS, pattern_of_split
from comp_viz.wording import how_many

SHUFFLED = "shuffled"  # widget key and address parameter


def shuffle_part(sides: Sequence[Side], palette: Palette) -> None:
    """A switch, and behind it the test for the checkpoint of every side that has a coordinator."""
    view, first = sides[0].view, sides[0]
    split, count = view.conversation.split, view.data.utterances.splits.count(view.conversation.split)
    checkpoints = {side.view.name: side for side in sides if side.view.checkpoint.learned_weights}
    if not split or count < 2 or not checkpoints:
        return
    with first.below:
        st.toggle(
            f"Shuffle test over the {split} split: {how_many(count, 'conversation')}", key=SHUFFLED, bind="query-params",
            help="Gives every utterance the weights of another one, and sees whether accuracy moves. Takes seconds.",
        )  # fmt: skip
    if not st.session_state.get(SHUFFLED):
        return
    utterances = Utterances.of(view.data.split(split))
    if not counted_labels(view.data.task, utterances.labels):
        first.below.info(NO_LABELS, icon=":material/rule:")
        return
    pattern, note = pattern_of_split(view)
    for place, side in zip(row_of_sides([*checkpoints.values()]), checkpoints.values(), strict=True):
        with place:
            draw_shuffle(side, split, pattern, palette)
    first.below.caption(escape_markdown(f"Missing pattern: {Pattern.parse(pattern).words()}. {note}".strip()))


def draw_shuffle(side: Side, split: str, pattern: str, palette: Palette) -> None:
    """The chart of one checkpoint."""
    try:
        check_lengths(Utterances.of(side.view.data.split(split)), side.view.checkpoint.config.max_length)
    except CompVizError as error:
        st.info(escape_markdown(str(error)), icon=":material/rule:")
        return
    test = _tested(side.view.query().of_data_set(), split, pattern, pattern_choice().seed)
    figure = shuffle_chart(test, palette, shuffle_title(test))
    chart_panel(figure, f"shuffle{side.key}", ABOUT_SHUFFLE, test.rows.copy)
    st.caption(escape_markdown(shuffle_facts(test)))


@keep_data(max_entries=64, show_spinner="Exchanging weights …")
def _tested(query: Query, split: str, pattern: str, seed: int) -> ShuffleTest:
    """The test of one checkpoint under one pattern; a second or two on 3,000 utterances."""
    checkpoint = open_checkpoint(query.checkpoint, query.device)
    task = open_data_set(query.data, query.root).task
    return shuffle_test(checkpoint, task, split_stream(query, split), pattern, seed, INFERENCE)
