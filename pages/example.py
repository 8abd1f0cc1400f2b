"""Example: a clip of people talking with three large switches, answered without waiting; the first thing a visitor sees."""

import streamlit as st

from comp_viz.analysis.example.answers import read_example
from comp_viz.figures.example.words import ABOUT_EXAMPLE, HEADING_TEXT
from comp_viz.resources import shipped
from comp_viz.ui.example.switchboard import switchboard
from comp_viz.ui.example.ways_on import open_cells, ways_on
from comp_viz.ui.frame.arrival import in_frame
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.widgets.media import media_url

in_frame()
st.subheader(HEADING_TEXT, anchor=False, help=ABOUT_EXAMPLE)
switchboard(
    read_example(shipped("examples/example.json")),
    media_url(shipped("examples/example.mp4"), "video/mp4", "example"),
    palette(),
    open_cells,
)
ways_on()
