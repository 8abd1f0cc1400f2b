"""The player on a page: a small component of our own, and where its media come from."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from comp_viz.analysis.prediction import Prediction
from comp_viz.clips.span import Span
from comp_viz.figures.predictions import NO_PREDICTION, likeliest_text
from comp_viz.figures.style import Palette, class_colours
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.widgets.component import component

PLAYER_KEY, PLAY = "player", "play"
NOT_PREDICTED = f"nothing observed, {NO_PREDICTION}"


def player(
    url: str,
    picture: bool,
    duration: float,
    spans: Sequence[Span],
    prediction: Prediction | None,
    selected: int | None,
    palette: Palette,
    on_unplayable: Callable[[], None],
    key: str = PLAYER_KEY,
) -> None:
    """Show a clip with its predictions over time. A click on an utterance, or a pause in it, selects it.

    Where none is `selected` it only plays. A `duration` of 0 is not known yet. `on_unplayable` is called before the next run
    when the browser cannot play the file.
    """
    data: dict[str, Any] = {
        "url": url,
        "picture": picture,
        "duration": round(duration, 3),
        "starts": [span.start for span in spans],
        "ends": [span.end for span in spans],
        "texts": [span.text for span in spans],
        "predictions": predictions_text(prediction, len(spans)),
        "rows": probability_bands(prediction, palette) if prediction else [[] for _ in spans],
        "key": list(class_colours(palette, prediction.task.classes).items()) if prediction else [],
        "selected": selected,
        "play": st.session_state.get(PLAY),
    }

    def picked() -> None:
        utterance = st.session_state[key].get("utterance")
        if isinstance(utterance, int) and 0 <= utterance < len(spans):
            select_utterance(utterance)

    def unplayable() -> None:
        if st.session_state[key].get("unplayable") == url:
            on_unplayable()

    component(__file__)(key=key, data=data, on_utterance_change=picked, on_unplayable_change=unplayable)


def play_from(utterance: int) -> None:
    """Have the player play an utterance from its start with the next run, counted from 0; to be called in a callback."""
    before = st.session_state.get(PLAY)
    st.session_state[PLAY] = {"utterance": utterance, "stamp": before["stamp"] + 1 if before else 1}


def predictions_text(prediction: Prediction | None, utterances: int) -> list[str]:
    """The prediction of each utterance with its probability, for people."""
    if prediction is None:
        return [""] * utterances
    return [
        likeliest_text(prediction.task, values) if seen else NOT_PREDICTED
        for values, seen in zip(prediction.fused, prediction.anything_observed, strict=True)
    ]


def probability_bands(prediction: Prediction, palette: Palette) -> list[list[tuple[float, str]]]:
    """Each utterance's probabilities with their colours, from the top; of a score, side and strength."""
    task, seen = prediction.task, prediction.anything_observed
    if task.classes:
        tones = list(class_colours(palette, task.classes).values())
        bands = [[(round(float(p), 3), tone) for p, tone in zip(row, tones, strict=True)] for row in prediction.fused]
        return [band if known else [] for band, known in zip(bands, seen, strict=True)]
    reach = max(task.high - task.neutral, task.neutral - task.low)
    rows = list[list[tuple[float, str]]]()
    for value in prediction.fused[:, 0] - task.neutral:
        share = round(min(1.0, abs(float(value)) / reach), 3)
        rows.append([(1 - share, palette.neutral), (share, palette.positive if value > 0 else palette.negative)])
    return [row if known else [] for row, known in zip(rows, seen, strict=True)]
