"""Lab: make conversations with known answers, and see how far a model is from the best attainable."""

import streamlit as st

from comp_viz.ui.frame.report_collector import page_report, report_button
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.lab.controls import dials
from comp_viz.ui.lab.training import attainable_and_reached, hidden_truth, training

view = current_view("pages/lab.py")
view = view and view.now()
page_report().finding = "Lab: the best attainable accuracy, and what is reached"
with st.container(horizontal=True, vertical_alignment="top", wrap=False):
    st.header("Lab", anchor=False, width="stretch")
    report_button()
st.caption(
    "Synthetic conversations with dials that isolate what the paper talks about. The best attainable accuracy is computed "
    "from the generating model by exact inference, not learned: no predictor that sees the same can do better on average."
)
left, right = st.columns([1, 2.6], gap="large")
with left:
    settings = dials()
with right:
    attainable_and_reached(settings, view, palette())
    training(settings)
    hidden_truth(settings, palette())
