"""Imbalance: each modality alone, without prompting and with ComP; gaps, under-optimisation, discrepancy ratios."""

import streamlit as st

from comp_viz.analysis.imbalance.gap import joint_less_alone
from comp_viz.ui.frame.compare_mode import draw_sides
from comp_viz.ui.frame.heading import empty_state, page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.imbalance.charts import curves, discrepancies, finding, judged_under, numbers, results
from comp_viz.ui.imbalance.words import FINDING


@st.fragment
def imbalance(view: PageView) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    table, colours = results(view), palette()
    above = st.container()
    pattern = judged_under(table)
    joint = joint_less_alone(table, pattern) if table else None
    with above:
        page_heading(finding(view, joint), FINDING)
    numbers(view, table, joint, pattern, colours)
    compare, controls = st.container(width=320), st.container(horizontal=True, gap="medium")
    columns = draw_sides(view, compare, patterns=False)
    curves(columns, controls, table, colours)
    discrepancies(columns, pattern, colours)


if view := current_view("pages/imbalance.py"):
    imbalance(view)
else:
    empty_state()
