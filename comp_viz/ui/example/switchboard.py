"""The example clip with its three switches: a component that answers in the browser, since all answers are few and ship."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from comp_viz.analysis.example.answers import Answer, Example, effect_of
from comp_viz.figures.example.words import CHANNELS, happening
from comp_viz.figures.style import Palette, class_colours, modality_colours, modality_marks
from comp_viz.ui.widgets.component import component

KEY = "switchboard"


def switchboard(example: Example, url: str, palette: Palette, on_cells: Callable[[list[str]], None]) -> None:
    """Show the clip at `url`, the switches and the curves.

    `on_cells` is called before the next run, with the modalities that are left, when a visitor wants to take single cells.
    """
    marks, tones = modality_marks(example.modalities), modality_colours(palette, example.modalities)
    data: dict[str, Any] = {
        "url": url,
        "classes": list(class_colours(palette, example.classes).items()),
        "modalities": [
            {"name": name, "channel": CHANNELS[name], "mark": marks[name], "colour": tones[name]}
            for name in example.modalities
        ],
        "utterances": [[one.start, one.end, one.words] for one in example.utterances],
        "answers": [
            answer_data(answer) | {"kept": list(kept), "happening": happening(effect_of(example, kept), len(example.classes))}
            for kept, answer in example.answers.items()
        ],
    }  # fmt: skip

    def cells() -> None:
        kept = st.session_state[KEY].get("cells")
        if isinstance(kept, list):
            on_cells([name for name in example.modalities if name in kept])

    component(__file__)(key=KEY, data=data, on_cells_change=cells)


def answer_data(answer: Answer) -> dict[str, Any]:
    """An answer as the component draws it: probabilities of each utterance, and the mean weight of each modality."""
    return {"probabilities": answer.probabilities.tolist(), "weights": answer.weights.mean(0).tolist()}
