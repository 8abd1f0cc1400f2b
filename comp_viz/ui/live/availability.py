"""The availability matrix on the Live page, to be edited by hand, with its tools above and its charts below."""

import streamlit as st

from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Bools
from comp_viz.figures.live.timeline import about_timeline
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.per_session import is_clip
from comp_viz.ui.frame.address_state import address_value
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.pattern_state import can_undo, matrix_before_editing, set_edited_matrix, undo
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.frame.theme import STORY
from comp_viz.ui.live.availability_matrix import availability_matrix
from comp_viz.ui.live.browser_answers import keep_answer
from comp_viz.ui.live.engine_files import engine_files


def availability_editor(
    view: PageView, here: Prediction, complete: Prediction, title: str, selected: int, palette: Palette
) -> None:
    """The availability matrix with its tools, share and undo, and the charts below it, whose finding is the `title`."""
    editing_tools(view)

    def edited(matrix: Bools, utterances: list[int], answer: object) -> None:
        keep_answer(view, matrix, answer)
        set_edited_matrix(view.conversation, view.data.task, matrix)
        if len(utterances) == 1:
            select_utterance(utterances[0])

    conversation, about = view.conversation, about_timeline(here)
    base = matrix_before_editing(conversation, view.data.task)
    alt = f"Charts over the utterances of the conversation. {title}. {about.shows}"
    large = bool(address_value(STORY, ""))
    availability_matrix(
        conversation,
        here,
        complete,
        base,
        selected,
        palette,
        alt,
        large,
        engine_files(view).as_data(),
        edited,
        select_utterance,
    )
    st.caption(about.shows)


def editing_tools(view: PageView) -> None:
    """What the matrix is, the address of the view, undo."""
    heading, share, back = st.columns([5, 2, 1.2], vertical_alignment="bottom")
    heading.markdown(
        "**Availability**: click or drag cells, a modality's name, or an utterance's number",
        help="Filled: the model sees it. Hatched: taken away. Dashed outline: not in the recording, so always missing. A dot marks what was edited by hand. A finger paints by going sideways over cells; up and down it scrolls. With the keyboard: arrows move, Space toggles a cell, R its row, C its column.",
    )
    with share.popover("Share this view", icon=":material/link:", width="stretch"):
        st.caption(
            "This address opens the clip in this visit only: clips are never kept for others."
            if is_clip(view.data_name)
            else "Whoever opens this address on this dashboard sees the same checkpoint, conversation, pattern and utterance."
        )
        st.code(view.link(), language=None, wrap_lines=True)
    back.button("Undo", icon=":material/undo:", on_click=undo, disabled=not can_undo(), width="stretch")
