"""What the presenter has of the class: its address, how many have chosen, and the way to show the answer."""

import streamlit as st

from comp_viz.analysis.lecture.table import answer_table
from comp_viz.figures.lecture.answers import ABOUT_ANSWERS, answers_figure
from comp_viz.lecture.class_pages import story_key
from comp_viz.lecture.hall import Hall
from comp_viz.lecture.making import PagesJob
from comp_viz.stories import Story
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.lecture.class_address import draw_class_address
from comp_viz.ui.lecture.classroom import HALL, classroom, server_path
from comp_viz.ui.widgets.chart_panel import chart_panel


def begin_class(story: Story) -> None:
    """Begin a story with the class: what was chosen in it before is forgotten."""
    if room := classroom():
        room.hall.begin(story_key(story))


def take_class(name: str, story: Story, number: int) -> None:
    """Take the class to a step, counted from 0, and have the story's pages made where they are not there."""
    if room := classroom():
        key = story_key(story)
        pages_job(name, key, story, room.hall)
        room.hall.go(key, number)


def leave_class() -> None:
    """Leave the class where it is, without a story."""
    if room := classroom():
        room.hall.leave()


@st.cache_resource(show_spinner=False)
def pages_job(name: str, key: str, _story: Story, _hall: Hall) -> PagesJob:
    """The work that makes a story's pages, begun; `key` changes with the story."""
    job = PagesJob(name, _story, _hall)
    job.start()
    return job


def tally_address() -> str | None:
    """Where the page asks how many have chosen; None without a class."""
    return server_path(HALL, "tally") if classroom() else None


def class_buttons() -> None:
    """The class's address, and the answer of this step; nothing without a class."""
    room = classroom()
    if room is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover("Phones", icon=":material/qr_code_2:", type="tertiary"):
            draw_class_address()
        state = room.hall.state
        st.button(
            "Show answers", icon=":material/how_to_vote:", shortcut="A", key="show answers", type="tertiary", on_click=room.hall.show,
            disabled=state.step in state.shown,
            help="Ends the guessing at this step: phones and this page show what was chosen, and what each modality contributes.",
        )  # fmt: skip


def class_answers() -> None:
    """What the class chose at this step, once it was shown."""
    room = classroom()
    answers = room.hall.state.shown.get(room.hall.state.step) if room else None
    if answers:
        with st.expander("What the class chose", expanded=True):
            chart_panel(
                answers_figure(answers, palette()), "class answers", ABOUT_ANSWERS, lambda: answer_table(answers)
            )
