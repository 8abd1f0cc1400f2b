"""The part of the diagram that a visitor clicked: its equation, with the numbers of the selected utterance in it."""

import streamlit as st

from comp_viz.analysis.overview.overview import Overview
from comp_viz.data.conversation import Task
from comp_viz.figures.overview.diagram import PARTS
from comp_viz.figures.overview.equations import Spot, part_equation
from comp_viz.ui.frame.text import escape_markdown

CLICKED = "overview part"  # where the session keeps it
FIRST = ("coordinator ω̄", "")


def explain_part(part: str, modality: str) -> None:
    """Keep the part to be explained; to be called in a callback. What is no part is left out."""
    if part in PARTS:
        st.session_state[CLICKED] = (part, modality)


def draw_explained_part(overview: Overview, task: Task, utterance: int) -> None:
    """The equation of the part that was clicked last, of the coordinator before any was."""
    part, modality = st.session_state.get(CLICKED, FIRST)
    names = list(overview.modalities)
    if part in ("prototypes A", "prompts P") and not overview.prompted:
        part = FIRST[0]
    spot = Spot(overview, modality if modality in names else names[0], task, utterance)
    equation = part_equation(part, spot)
    of = f" of {escape_markdown(modality)}" if modality in names else ""
    with st.container(border=True):
        st.markdown(f"**{part}{of}** at utterance {utterance + 1}. {equation.words}")
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="equation"
        ):
            for lines in (equation.symbols, equation.numbers):
                st.latex(rf"\begin{{gathered}} {lines} \end{{gathered}}", width="content")
        page = PARTS[part][2]
        st.page_link(
            f"pages/{page}.py", label=f"See it closely on {page.capitalize()}", icon=":material/arrow_forward:"
        )
