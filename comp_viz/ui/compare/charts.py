"""The parts of the Compare page, drawn as their drawings are measured: the finding first, then one part at a time."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.compare.comparison import Comparison, mcnemar_table
from comp_viz.analysis.compare.predictions import SplitPredictions, drawings_of, pattern_names
from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.figures.chart import provisional
from comp_viz.figures.compare.agreement import agreement_note
from comp_viz.figures.compare.heading import COMPARE_HELP, comparison_facts, comparison_heading
from comp_viz.figures.compare.measures import measures_note, measures_table
from comp_viz.page_parts import COMPARE_PART, COMPARE_PARTS, LARGEST, MEASURES, WHO_IS_RIGHT
from comp_viz.report.compare import differences_section, in_force_sections, patterns_section
from comp_viz.report.section import Section
from comp_viz.ui.cache.progressive import ProgressiveMeasurement
from comp_viz.ui.compare.cached import accuracy_under, comparison, split_predictions
from comp_viz.ui.compare.controls import CompareChoice
from comp_viz.ui.compare.differences import differing_utterances
from comp_viz.ui.compare.ranking import method_ranking
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.report_collector import add_late_section, add_side
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.widgets.chart_panel import chart_panel, table_panel
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.measuring import measure_and_draw, measuring_tick
from comp_viz.wording import so_far

COMPARE_PAGE = "compare"
SEEN = "drawings in force that the page shows"  # what the session keeps
PARTS_HELP = (
    "By pattern: ACC under every missing pattern. Measures: all of them, and all methods' ranking where it was measured. Who is right: McNemar's test. By utterances: by truth and difficulty. "
    "Errors: confusion and calibration. Largest differences: single utterances. All but the heading's test are secondary."
)


def compare_charts(choice: CompareChoice, top: DeltaGenerator) -> None:
    """Measure and draw, the finding at the `top`. What a new drawing changes runs again by itself, the rest stays as it is."""
    st.session_state.pop(SEEN, None)
    part = one_of("Part", [*COMPARE_PARTS], COMPARE_PART, PARTS_HELP, buttons=True, labelled=False)
    tick = measuring_tick(COMPARE_PAGE, measurements_of(choice))
    st.fragment(growing_chart, run_every=tick)(choice, part)
    measured = st.session_state[SEEN] = choice.measured_in_force()
    for view in choice.views:
        add_side(view.origin)
    if measured:
        charts_in_force(choice, top, measured, part)
    else:
        with top:
            page_heading("Measuring the first drawing")
    if part == MEASURES:
        method_ranking(choice.view)


@errors_in_words()
def growing_chart(choice: CompareChoice, part: str) -> None:
    """Measure for a moment and draw the chart of all patterns; has the page drawn anew with every drawing of the one in force."""
    unit = f"passes over the {choice.split} split"
    measure_and_draw(COMPARE_PAGE, st.container(), measurements_of(choice), unit, lambda: pattern_chart(choice, part))
    now = choice.measured_in_force()
    if st.session_state.get(SEEN, now) != now:
        st.rerun()


def measurements_of(choice: CompareChoice) -> list[ProgressiveMeasurement[Drawing, SplitPredictions]]:
    """All predictions that the page needs, of every checkpoint."""
    return [split_predictions(view, choice.split, choice.drawings) for view in choice.views]


def pattern_chart(choice: CompareChoice, part: str) -> None:
    """ACC under every pattern, as far as it is measured; on other parts it only goes into the report."""
    names = pattern_names(choice.view.data.modalities, choice.pattern)
    measured = {group: choice.measured(choice.by_pattern[pattern]) for pattern, group in names.items()}
    if rows := [accuracy_under(choice.queries, choice.split, some, group) for group, some in measured.items() if some]:
        make = partial(patterns_section, pd.concat(rows, ignore_index=True), palette())
        done = sum(map(len, measured.values()))
        show_section("by pattern", partial(unfinished, make, done, len(choice.drawings)), part)


def unfinished(make: Callable[[], Section], measured: int, of: int) -> Section:
    """A section whose title says so as long as only some of its drawings are measured."""
    section = make()
    if section.figure is not None and not isinstance(section.figure, str):
        provisional(section.figure, measured, of, "drawings")
    return replace(section, title=so_far(section.title, measured, of, "drawings"))


def show_section(key: str, make: Callable[[], Section], part: str, rows: pd.DataFrame | None = None) -> None:
    """Draw a section of the part that is open, `rows` where it is a table; one of another part goes into the report."""
    if key not in COMPARE_PARTS[part]:
        add_late_section(key, make)
        return
    section = make()
    if rows is not None:
        table_panel(section, rows)
    elif section.figure is not None:
        chart_panel(section.figure, key, section.about, section.numbers)


def charts_in_force(choice: CompareChoice, top: DeltaGenerator, measured: tuple[Drawing, ...], part: str) -> None:
    """The heading, and what the open part shows of the pattern in force."""
    tables, seeds = comparison(choice.queries, choice.split, measured), [one.seed for one in measured]
    wanted = len(drawings_of(choice.pattern, choice.seed))
    with top:
        complete = len(choice.measured(choice.drawings)) == len(choice.drawings)
        page_heading(comparison_heading(tables.overall, complete), COMPARE_HELP)
        st.caption(escape_markdown(comparison_facts(tables.overall)))
    for key, make in in_force_sections(tables, seeds, choice.view.data.task, palette()).items():
        rows = measures_table(tables.overall) if key == "measures" else None
        show_section(key, partial(unfinished, make, len(measured), wanted), part, rows)
    if note := note_on(part, tables, seeds):
        st.caption(escape_markdown(note))
    differences = partial(unfinished, partial(differences_section, tables), len(measured), wanted)
    if part == LARGEST:
        differing_utterances(choice, differences(), measured[0])
    else:
        add_late_section("differences", differences)


def note_on(part: str, tables: Comparison, seeds: list[int]) -> str:
    """Why the open part says something else than the primary test; "" where it does not."""
    if part == MEASURES:
        return measures_note(tables.overall)
    return agreement_note(mcnemar_table(tables.tests, seeds), tables.overall) if part == WHO_IS_RIGHT else ""
