"""Lab: make conversations with known answers, and see how far a model is from the best attainable."""

import streamlit as st

from comp_viz.figures.lab.heading import ABOUT_LAB
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.lab.charts import attainable_charts, hidden_truth
from comp_viz.ui.lab.controls import lab_controls
from comp_viz.ui.lab.training import training_control

view = current_view("pages/lab.py")
view = view and view.now()
above = st.container()
left, right = st.columns([1, 2.6], gap="large")
with left:
    settings = lab_controls()
with right:
    finding = attainable_charts(settings, view, palette())
    with above:
        page_heading(finding, ABOUT_LAB)
    training_control(settings)
    hidden_truth(settings, palette())
