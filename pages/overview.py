"""Overview: the parts of ComP at one utterance; take a modality away from it, and see what that does on the way."""

from functools import partial

import streamlit as st

from comp_viz.analysis.overview.overview import build_overview, overview_table
from comp_viz.figures.overview.diagram import ABOUT_DIAGRAM, diagram, diagram_title
from comp_viz.figures.overview.heading import OVERVIEW_TERMS, overview_heading
from comp_viz.report.section import Section
from comp_viz.ui.frame.capability import capable
from comp_viz.ui.frame.compare_mode import draw_sides
from comp_viz.ui.frame.heading import empty_state, page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.pattern_state import set_edited_matrix
from comp_viz.ui.frame.report_collector import add_section
from comp_viz.ui.frame.selected_utterance import utterance_bar
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.overview.diagram import moving_diagram
from comp_viz.ui.overview.explained_part import draw_explained_part, explain_part
from comp_viz.ui.widgets.chart_panel import chart_heading
from comp_viz.ui.widgets.written import draw_table


def overview(view: PageView) -> None:
    """The diagram, once or beside itself, and its numbers as a table."""
    view = view.now()
    if not capable(view, "trace"):
        return
    labels, task = view.conversation.labels, view.data.task
    above = st.container()
    selected, corner = utterance_bar(view)
    with above:
        page_heading(overview_heading(build_overview(view.inside(), labels), selected), OVERVIEW_TERMS)
    for side in draw_sides(view, corner, wide=True, need="trace"):
        numbers, key = build_overview(side.view.inside(), labels), f"overview{side.key}"
        title, table = diagram_title(numbers, selected), partial(overview_table, numbers)
        svg = diagram(numbers, task, labels, selected, palette())
        with side.place:
            chart_heading(title, key, ABOUT_DIAGRAM, table)
            moving_diagram(svg, key, None if side.key else partial(toggle_cell, view, selected), explain_part)
            add_section(Section(key, title, ABOUT_DIAGRAM, table, svg))
            with st.expander("The same as a table, for the selected utterance"):
                draw_table(table().query("utterance == @selected + 1"))
    draw_explained_part(build_overview(view.inside(), labels), task, selected)


def toggle_cell(view: PageView, utterance: int, modality: str) -> None:
    """Take a modality away from an utterance, or give it back; to be called in a callback."""
    matrix = view.observed.copy()
    matrix[utterance, view.data.modalities.index(modality)] ^= True
    set_edited_matrix(view.conversation, view.data.task, matrix)


if view := current_view("pages/overview.py"):
    overview(view)
else:
    empty_state()
