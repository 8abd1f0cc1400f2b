"""The availability matrix on the Live page, to be edited by hand, with its tools."""

import streamlit as st

from comp_viz.data.conversation import Bools
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.per_session import is_clip
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.pattern_state import can_undo, matrix_before_editing, set_edited_matrix, undo
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.widgets.availability_matrix import availability_matrix


def availability_editor(view: PageView, selected: int, palette: Palette) -> None:
    """The availability matrix with its tools: share, undo."""
    title, share, back = st.columns([5, 2, 1.2], vertical_alignment="bottom")
    title.markdown(
        "**Availability**: click or drag cells, a modality's name, or an utterance's number",
        help="Filled: the model sees it. Hatched: taken away. Dashed outline: not in the recording, so always missing. A dot marks what was edited by hand. With the keyboard: arrows move, Space toggles a cell, R its row, C its column.",
    )
    with share.popover("Share this view", icon=":material/link:", width="stretch"):
        st.caption(
            "This address opens the clip in this visit only: clips are never kept for others."
            if is_clip(view.data_name)
            else "Whoever opens this address on this dashboard sees the same checkpoint, conversation, pattern and utterance."
        )
        st.code(view.link(), language=None, wrap_lines=True)
    back.button("Undo", icon=":material/undo:", on_click=undo, disabled=not can_undo(), width="stretch")

    def edited(matrix: Bools, utterances: list[int]) -> None:
        set_edited_matrix(view.conversation, view.data.task, matrix)
        if len(utterances) == 1:
            select_utterance(utterances[0])

    conversation = view.conversation
    base = matrix_before_editing(conversation, view.data.task)
    availability_matrix(
        tuple(conversation.features), view.observed, conversation.observed, base, selected, palette, edited
    )
