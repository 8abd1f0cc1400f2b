"""The charts of the Compare page, drawn as their drawings are measured."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.compare.predictions import pattern_names
from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.figures.compare.heading import COMPARE_HELP, comparison_facts, comparison_heading
from comp_viz.figures.compare.measures import measures_table
from comp_viz.report.compare import differences_section, in_force_sections, patterns_section
from comp_viz.ui.compare.cached import accuracy_under, comparison, split_predictions
from comp_viz.ui.compare.controls import CompareChoice
from comp_viz.ui.compare.differences import differing_utterances
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.report_collector import add_side
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.widgets.chart_panel import chart_panel, table_panel
from comp_viz.ui.widgets.measuring import measure_and_draw, measuring_tick

COMPARE_PAGE = "compare"
SEEN = "drawings in force that the page shows"  # what the session keeps


def compare_charts(choice: CompareChoice, top: DeltaGenerator) -> None:
    """Measure and draw, the finding at the `top`. What a new drawing changes runs again by itself, the rest stays as it is."""
    st.session_state.pop(SEEN, None)
    st.fragment(growing_chart, run_every=measuring_tick(COMPARE_PAGE))(choice)
    measured = st.session_state[SEEN] = choice.measured_in_force()
    for view in choice.views:
        add_side(view.origin)
    if measured:
        charts_in_force(choice, top, measured)
    else:
        with top:
            page_heading("Measuring the first drawing")


def growing_chart(choice: CompareChoice) -> None:
    """Measure for a moment and draw the chart of all patterns; has the page drawn anew with every drawing of the one in force."""
    measurements = [split_predictions(view, choice.split, choice.drawings) for view in choice.views]
    unit = f"passes over the {choice.split} split"
    measure_and_draw(COMPARE_PAGE, st.container(), measurements, unit, lambda: pattern_chart(choice))
    now = choice.measured_in_force()
    if st.session_state.get(SEEN, now) != now:
        st.rerun()


def pattern_chart(choice: CompareChoice) -> None:
    """ACC under every pattern, as far as it is measured."""
    names = pattern_names(choice.view.data.modalities, choice.pattern)
    measured = {group: choice.measured(choice.by_pattern[pattern]) for pattern, group in names.items()}
    if rows := [accuracy_under(choice.queries, choice.split, some, group) for group, some in measured.items() if some]:
        section = patterns_section(pd.concat(rows, ignore_index=True), palette())
        if section.figure is not None:
            chart_panel(section.figure, section.key, section.about, section.numbers)


def charts_in_force(choice: CompareChoice, top: DeltaGenerator, measured: tuple[Drawing, ...]) -> None:
    """The heading, and all charts and tables of the pattern in force."""
    tables = comparison(choice.queries, choice.split, measured)
    with top:
        page_heading(comparison_heading(tables.overall), COMPARE_HELP)
        st.markdown(escape_markdown(comparison_facts(tables.overall)))
    for section in in_force_sections(tables, [one.seed for one in measured], choice.view.data.task, palette()):
        if section.figure is not None:
            chart_panel(section.figure, section.key, section.about, section.numbers)
        else:
            table_panel(section, measures_table(tables.overall))
    differing_utterances(choice, differences_section(tables), measured[0])
