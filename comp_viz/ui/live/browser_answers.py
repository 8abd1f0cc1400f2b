"""What the model in the visitor's browser made of patterns: kept for the session, so that the server need not work it out again.

A browser can say what it likes, to itself: these numbers go into headings of the session's own page, and neither into caches
that others read nor into reports.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Bools, Floats
from comp_viz.ui.frame.page_view import PageView

ANSWERS = "browser answers"  # what the session keeps
MOST_ANSWERS = 32


def keep_answer(view: PageView, observed: Bools, answer: object) -> None:
    """Keep what the browser sent with a pattern `[S, M]`, if it is an answer to it."""
    like = view.predict(view.conversation.observed)
    if prediction := read_answer(answer, like, observed & view.conversation.observed):
        answers: dict[str, Prediction] = st.session_state.setdefault(ANSWERS, {})
        answers[view.query(prediction.observed).digest] = prediction
        for oldest in list(answers)[:-MOST_ANSWERS]:
            del answers[oldest]


def predict_here(view: PageView) -> Prediction:
    """The prediction under the pattern in force: the browser's where it sent one, else the server's."""
    answers: dict[str, Prediction] = st.session_state.get(ANSWERS, {})
    return answers.get(view.query().digest) or view.predict(view.observed)


def read_answer(answer: object, like: Prediction, observed: Bools) -> Prediction | None:
    """An answer as the browser sends it, lists by name, for a pattern; None unless it has the shape of another, `like`."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("heads"), Mapping):
        return None
    fused, weights = read_rows(answer.get("fused"), like.fused), read_rows(answer.get("weights"), like.coordinator)
    heads = {name: read_rows(answer["heads"].get(name), values) for name, values in like.heads.items()}
    known = {name: rows for name, rows in heads.items() if rows is not None}
    if fused is None or weights is None or len(known) < len(heads):
        return None
    return Prediction(like.task, observed, fused, known, weights, like.modalities, like.weights_from)


def read_rows(rows: Any, like: Floats) -> Floats | None:
    """Rows of finite numbers in the shape of others, None where they are not."""
    try:
        values = np.array(rows, dtype=np.float32)
    except (TypeError, ValueError):
        return None
    return values if values.shape == like.shape and np.isfinite(values).all() else None
