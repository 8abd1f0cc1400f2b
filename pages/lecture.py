"""Lecture: guided stories, each a few prepared views with a sentence and a question to the audience."""

import streamlit as st

from comp_viz.resources import guide
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.lecture.bar import shipped_stories, story_outline
from comp_viz.ui.lecture.class_address import draw_class_address
from comp_viz.ui.lecture.classroom import classroom

current_view("pages/lecture.py")
stories, problems = shipped_stories()
page_heading(f"The dashboard tells {len(stories)} stories, step by step")
st.markdown(
    "A step opens a page with everything set, says one sentence in large type and asks the audience a question. Every control stays "
    "live: try what the audience proposes, then go on. Page Down goes on and Page Up goes back, as on a presenter's remote control. "
    "Each story's script with the presenter's notes is below it, to be read on another screen."
)
if classroom():
    draw_class_address()
for name, story in stories.items():
    story_outline(name, story)
for problem in problems:
    st.error(escape_markdown(problem), icon=":material/error:")
st.caption(
    f"A story is a text file in the folder `stories`; add your own. `{guide('lecture')}` explains what it holds, and "
    "how every phone in the hall follows along (`comp-viz run --lecture`)."
)
