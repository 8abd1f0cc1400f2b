"""Compare mode: the same view beside itself, under another missing pattern or by another checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.data.dataset import Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import AS_RECORDED, Pattern
from comp_viz.errors import CompVizError
from comp_viz.methods.method import Capability
from comp_viz.ui.cache.checkpoints import checkpoint_names, fitting_checkpoints, open_checkpoint
from comp_viz.ui.frame.address_notes import note_unknown
from comp_viz.ui.frame.address_state import address_value, keep_widget_value, set_widget
from comp_viz.ui.frame.page_view import PageView, check_finite
from comp_viz.ui.frame.pattern_state import pattern_choice
from comp_viz.ui.frame.report_collector import add_side
from comp_viz.ui.frame.text import escape_markdown

COMPARE, OTHER = "compare", "compare_pattern"  # in the address and the keys of their controls
# What may be compared with, as the address names it.
NOTHING, NOTHING_MISSING, OTHER_PATTERN, BY = "nothing", "nothing missing", "another missing pattern", "checkpoint "
ON_SCREEN = {NOTHING_MISSING: "as recorded"}  # where it is called otherwise than in the address


@dataclass(frozen=True)
class Side:
    """One column of a page: where to draw, what to look at, and what to add to widget keys so that each is its own."""

    place: DeltaGenerator  # right below its name
    below: DeltaGenerator  # where rows of all sides follow, the same for each
    view: PageView
    name: str  # the checkpoint or pattern it differs by, "" when it stands alone
    key: str


def draw_sides(
    view: PageView,
    place: DeltaGenerator,
    patterns: bool = True,
    wide: bool = False,
    need: Capability | None = None,
) -> list[Side]:
    """Draw the control of compare mode at a place and give one side, or two in columns with their names above them.

    Without `patterns` only checkpoints are compared, on pages that show no single conversation. What needs the `wide`
    page stands one below the other. With a `need` only checkpoints of methods that have it are offered.
    """
    others = [BY + name for name in fitting_checkpoints(view.data, need) if name != view.name]
    options = [NOTHING, *((NOTHING_MISSING, OTHER_PATTERN) if patterns else ()), *others]
    with_what = address_value(COMPARE, NOTHING)
    if with_what not in options:  # of another page or data set, or of none
        if with_what.removeprefix(BY) not in {NOTHING_MISSING, OTHER_PATTERN, *checkpoint_names()}:
            note_unknown(COMPARE, with_what, NOTHING, options)
        with_what = NOTHING
    with place:
        st.selectbox(
            "Compare with", options, key=set_widget(COMPARE, with_what), on_change=keep_widget_value(COMPARE),
            format_func=on_screen, help="Shows everything below twice, on the same axes.",
        )  # fmt: skip
        if with_what == OTHER_PATTERN:
            st.text_input(
                "Its missing pattern", key=set_widget(OTHER, address_value(OTHER, "uniform(0.5)")), on_change=keep_widget_value(OTHER),
                help="In the words of the sidebar's \"As text\", for example `only(audio)` or `uniform(0.3) + outage(audio, 8, 12)`.",
            )  # fmt: skip
    place = st.container()
    alone = [Side(place, place, view, "", "")]
    if with_what == NOTHING:
        return alone
    try:
        other, mine, its = compared_view(view, with_what)
    except CompVizError as error:
        st.warning(f"Nothing to compare with yet. {escape_markdown(str(error))}", icon=":material/compare:")
        return alone
    add_side(other.origin, left=mine, right=its)
    left, right = (st.container(), st.container()) if wide else st.columns(2, gap="medium")
    below = st.container()
    sides = [Side(left, below, view, mine, "left"), Side(right, below, other, its, "right")]
    for side in sides:
        side.place.markdown(f"**{escape_markdown(side.name)}**")
    return sides


def on_screen(option: str) -> str:
    """What may be compared with, by the name it has on screen."""
    return ON_SCREEN.get(option, option)


def row_of_sides(sides: Sequence[Side], charts: bool = True) -> list[DeltaGenerator]:
    """Places for the same thing of every side, below all rows before.

    `charts` stand on one line, however long the titles above them are: what is below a chart needs a row of its own,
    and where a side has no chart but a word on why, the row is none of charts.
    """
    below = sides[0].below
    if len(sides) == 1:
        return [below.container()]
    return list(below.columns(2, gap="medium", vertical_alignment="bottom" if charts else "top"))


def compared_view(view: PageView, with_what: str) -> tuple[PageView, str, str]:
    """The view to compare with, and the names of both. Raises `CompVizError` where there is none."""
    if with_what.startswith(BY):
        name = with_what.removeprefix(BY)
        checkpoint = open_checkpoint(name, view.device)
        check_lengths(Utterances.of([view.conversation]), checkpoint.config.max_length)
        other = replace(view, name=name, checkpoint=checkpoint)
        check_finite(other)
        return other, BY + view.name, with_what
    text = AS_RECORDED if with_what == NOTHING_MISSING else address_value(OTHER, "uniform(0.5)")
    utterances = Utterances.of([view.conversation])
    observed = Pattern.parse(text)(utterances, view.data.task, np.random.default_rng(pattern_choice().seed))
    return replace(view, observed=observed), pattern_name(pattern_choice().text), pattern_name(text)


def pattern_name(text: str) -> str:
    """The name of a side that is shown under a pattern."""
    return on_screen(NOTHING_MISSING) if text == AS_RECORDED else text
