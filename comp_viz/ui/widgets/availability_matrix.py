"""The availability matrix to click and drag, a small component of our own."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from comp_viz.data.conversation import Bools
from comp_viz.figures.along import MARGIN_LEFT, MARGIN_RIGHT
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.ui.widgets.component import component

MATRIX_KEY, STAMP = "painter", "painter stamp"  # stories and addresses know the matrix by this name


def availability_matrix(
    modalities: tuple[str, ...],
    observed: Bools,
    available: Bools,
    base: Bools,
    selected: int,
    palette: Palette,
    on_edit: Callable[[Bools, list[int]], None],
) -> None:
    """Show the matrix `observed [S, M]` over what the recording has (`available`), aligned with the timeline below it.

    Cells that differ from `base`, the matrix before any editing by hand, carry a dot.

    `on_edit(matrix, utterances)` is called before the next run with the new matrix and the utterances that were touched.
    """
    colours, marks = modality_colours(palette, modalities), modality_marks(modalities)
    data = {
        "modalities": list(modalities),
        "colours": [colours[name] for name in modalities],
        "marks": [marks[name] for name in modalities],
        "utterances": len(observed),
        "observed": columns_text(observed),
        "available": columns_text(available),
        "base": columns_text(base),
        "selected": selected,
        "stamp": st.session_state.get(STAMP, 0),
        "left": MARGIN_LEFT,
        "right": MARGIN_RIGHT,
    }

    def edited() -> None:
        gesture = st.session_state[MATRIX_KEY].get("edit")
        if gesture and (matrix := parse_columns(gesture["observed"], observed.shape)) is not None:
            st.session_state[STAMP] = gesture["stamp"]
            on_edit(matrix, gesture["utterances"])

    component(__file__)(key=MATRIX_KEY, data=data, on_edit_change=edited)


def columns_text(matrix: Bools) -> list[str]:
    """One text of 0 and 1 for each modality: compact on the wire."""
    return ["".join("01"[int(cell)] for cell in column) for column in matrix.T]


def parse_columns(texts: object, shape: tuple[int, ...]) -> Bools | None:
    """Read what `columns_text` wrote; None when it is not a matrix of this shape."""
    if not isinstance(texts, list) or not all(isinstance(text, str) and set(text) <= {"0", "1"} for text in texts):
        return None
    if [len(text) for text in texts] != [shape[0]] * shape[1]:
        return None
    return np.array([[cell == "1" for cell in text] for text in texts], dtype=bool).T
