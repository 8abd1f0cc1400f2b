"""The availability matrix to click and drag with the charts that answer below it, a small component of our own."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from comp_viz.analysis.prediction import Prediction
from comp_viz.browser.assets import engine_script
from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.figures.along import MARGIN_LEFT, MARGIN_RIGHT
from comp_viz.figures.live.plan import timeline_plan
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.ui.widgets.component import component

MATRIX_KEY, STAMP = "painter", "painter stamp"  # stories and addresses know the matrix by this name
DIGITS = 5  # of numbers on their way to the browser


def availability_matrix(
    conversation: Conversation,
    here: Prediction,
    complete: Prediction,
    base: Bools,
    selected: int,
    palette: Palette,
    alt: str,
    large: bool,
    engine: Mapping[str, Any],
    on_edit: Callable[[Bools, list[int], object], None],
    on_select: Callable[[int], None],
) -> None:
    """Show the matrix of `here` over what the recording has, and what is predicted, against `complete`, the same as recorded.

    Cells that differ from `base [S, M]`, the matrix before any editing by hand, carry a dot. `alt` says in words what the
    charts show; `large` is for a lecture hall; `engine` says where the browser gets the model, to answer by itself.
    `on_edit(matrix, utterances, answer)` is called before the next run with the new matrix, the utterances that were touched and
    the model's answer where it ran in the browser, unchecked; `on_select(utterance)` when one was clicked in a chart.
    """
    modalities, shape = here.modalities, here.observed.shape
    colours, marks = modality_colours(palette, modalities), modality_marks(modalities)
    data = {
        "modalities": list(modalities),
        "colours": [colours[name] for name in modalities],
        "marks": [marks[name] for name in modalities],
        "utterances": len(conversation),
        "observed": columns_text(here.observed),
        "available": columns_text(conversation.observed),
        "base": columns_text(base),
        "selected": selected,
        "stamp": st.session_state.get(STAMP, 0),
        "left": MARGIN_LEFT,
        "right": MARGIN_RIGHT,
        "plan": timeline_plan(here, conversation.labels, palette),
        "labels": known_labels(here, conversation.labels),
        "words": list(conversation.words),
        "here": answer_lists(here),
        "complete": answer_lists(complete),
        "alt": alt,
        "large": large,
        "engine": dict(engine),
    }

    def edited() -> None:
        gesture = st.session_state[MATRIX_KEY].get("edit")
        if gesture and (matrix := parse_columns(gesture["observed"], shape)) is not None:
            st.session_state[STAMP] = gesture["stamp"]
            on_edit(matrix, gesture["utterances"], gesture.get("answer"))

    def clicked() -> None:
        choice = st.session_state[MATRIX_KEY].get("select")
        if choice and choice["utterance"] in range(len(conversation)):
            on_select(choice["utterance"])

    component(__file__, scripts="scripts", library=engine_script())(
        key=MATRIX_KEY, data=data, on_edit_change=edited, on_select_change=clicked
    )


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


def answer_lists(prediction: Prediction) -> dict[str, Any]:
    """Predictions as lists, one an utterance; weights are empty lists where there are none."""

    def rows(values: Floats) -> list[list[float]]:
        listed: list[list[float]] = values.astype(float).round(DIGITS).tolist()
        return listed

    heads = {name: rows(values) for name, values in prediction.heads.items()}
    return {"fused": rows(prediction.fused), "heads": heads, "weights": rows(prediction.coordinator)}


def known_labels(here: Prediction, labels: Floats) -> list[float | int | None]:
    """Labels, None where unknown; numbers of classes are whole."""
    kind = int if here.task.classes else float
    return [None if np.isnan(label) else kind(label) for label in labels]
