"""Imbalance: each modality alone, without prompting and with ComP; gaps, under-optimisation, discrepancy ratios."""

import streamlit as st

from comp_viz.analysis.imbalance.gap import gaps, joint_minus_alone
from comp_viz.figures.imbalance.heading import IMBALANCE_HELP, imbalance_facts, imbalance_title
from comp_viz.ui.frame.capability import capable
from comp_viz.ui.frame.compare_mode import draw_sides
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.heading import empty_state, page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.imbalance.charts import (
    NO_METHODS_TABLE,
    accuracy_curves,
    evaluation_pattern,
    gaps_and_joint_training,
    imbalance_table,
    own_curves,
    table_of_comp,
)
from comp_viz.ui.imbalance.discrepancy import discrepancy_rows


@st.fragment
@errors_in_words()
def imbalance(view: PageView) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    if not capable(view, "heads"):
        return
    table, colours = imbalance_table(view), palette()
    above = st.container()
    pattern = evaluation_pattern(table)
    joint, by_method = (joint_minus_alone(table, pattern), gaps(table, pattern)) if table else (None, None)
    with above:
        page_heading(imbalance_title(by_method, own_curves(view, "selection")), IMBALANCE_HELP)
        if joint is not None and by_method is not None:
            st.caption(escape_markdown(f"{imbalance_facts(by_method, joint)} {table_of_comp(view)}"))
    if table is not None and joint is not None and by_method is not None:
        gaps_and_joint_training(view, table, by_method, joint, colours)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        compare, controls = st.container(width=230), st.container(horizontal=True, gap="medium")
    columns = draw_sides(view, compare, patterns=False, need="heads")
    accuracy_curves(columns, controls, table, colours)
    discrepancy_rows(columns, pattern, colours)
    if table is None:
        st.info(NO_METHODS_TABLE, icon=":material/table:")


if view := current_view("pages/imbalance.py"):
    imbalance(view)
else:
    empty_state()
