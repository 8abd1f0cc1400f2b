"""What the presenter has of the class: its address, how many have chosen, and the way to show the answer."""

import streamlit as st

from comp_viz.analysis.lecture.answers import ClassAnswers
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


def begin_class(name: str, story: Story) -> None:
    """Begin a story with the class: what was chosen before is forgotten, and pages that could not be made are tried again."""
    if room := classroom():
        key = story_key(story)
        if pages_job(name, key, story, room.hall).state == "failed":
            pages_job.clear()
        room.hall.begin(key)


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


def show_answers(story: Story, number: int) -> None:
    """Show the answer of a step, counted from 0, to the class; a second presenter may have taken it elsewhere meanwhile."""
    if room := classroom():
        room.hall.go(story_key(story), number)
        room.hall.show()


def shown_answers(story: Story, number: int) -> ClassAnswers | None:
    """What the class chose at a step, counted from 0; None before that was shown."""
    room = classroom()
    if room is None or room.hall.state.story != story_key(story):
        return None
    return room.hall.state.shown.get(number)


def class_buttons(story: Story, number: int) -> None:
    """The class's address, and the answer of a step, counted from 0; nothing without a class."""
    if classroom() is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover("Phones", icon=":material/qr_code_2:", type="tertiary"):
            draw_class_address()
        st.button(
            "Show answers", icon=":material/how_to_vote:", shortcut="A", key="show answers", type="tertiary",
            on_click=show_answers, args=(story, number), disabled=shown_answers(story, number) is not None,
            help="Ends the guessing at this step: phones and this page show what was chosen, and what each modality contributes.",
        )  # fmt: skip


def class_answers(story: Story, number: int) -> None:
    """What the class chose at a step, counted from 0, once it was shown."""
    if answers := shown_answers(story, number):
        with st.expander("What the class chose", expanded=True):
            chart_panel(
                answers_figure(answers, palette()), "class answers", ABOUT_ANSWERS, lambda: answer_table(answers)
            )
