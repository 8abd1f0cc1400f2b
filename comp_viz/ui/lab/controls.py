"""The controls of the lab: settings kept as text in the session and the address, and the widgets that change them."""

from dataclasses import replace
from typing import Any

import streamlit as st

from comp_viz.data.lab.model import LAB_WIDTHS
from comp_viz.data.lab.settings import LAB_EMOTIONS, LAB_PRESETS, RANGES, LabSettings
from comp_viz.errors import CompVizError
from comp_viz.figures.style import modality_marks
from comp_viz.ui.frame.address_state import address_parameter, set_widget
from comp_viz.ui.frame.text import escape_markdown

LAB_TEXT, LAB_ADDRESS = "lab text", "lab"
OWN_SETTINGS = "your own"
STRONGEST = 3.0  # the widgets' end; the text takes more
SHARE_HELP = {
    "consensus": ("Consensus", "Share of utterances in which a modality expresses the shared emotion; else it expresses one of its own."),
    "hard": ("Hard utterances", "Share of utterances in which every modality is faint: a quarter of its strength."),
    "context": ("Dependence on context", "ρ: how much an utterance's emotion depends on the one before. At 0 utterances are independent."),
    "label_noise": ("Label noise", "Share of labels that are drawn at random, whatever the emotion."),
}  # fmt: skip


def current_settings() -> LabSettings:
    """The settings in force. A session takes them from the address once."""
    if LAB_TEXT not in st.session_state:
        st.session_state[LAB_TEXT] = address_parameter(LAB_ADDRESS, str(LabSettings()))
    try:
        return LabSettings.parse(st.session_state[LAB_TEXT])
    except CompVizError as error:
        st.warning(
            f"The lab in the address cannot be made; this is the usual one. {escape_markdown(str(error))}",
            icon=":material/link_off:",
        )
        return LabSettings()


def set_lab(chosen: LabSettings) -> None:
    """Put settings in force, in the session and the address."""
    st.session_state[LAB_TEXT] = str(chosen)
    if chosen == LabSettings():
        st.query_params.pop(LAB_ADDRESS, None)
    else:
        st.query_params[LAB_ADDRESS] = str(chosen)


def change_lab(**change: Any) -> None:
    """Change some settings; to be called in a callback."""
    set_lab(replace(current_settings(), **change))


def lab_controls() -> LabSettings:
    """Draw presets and controls; returns the settings in force."""
    now = current_settings()
    set_lab(now)  # into the address, which a change of page empties
    presets = {"usual": LabSettings(), **LAB_PRESETS}
    current = next((name for name, preset in presets.items() if replace(preset, seed=now.seed) == now), OWN_SETTINGS)

    def preset() -> None:
        name = st.session_state["lab preset"]
        if name in presets:
            set_lab(replace(presets[name], seed=now.seed))

    st.selectbox(
        "Preset",
        [*presets, *([OWN_SETTINGS] if current == OWN_SETTINGS else [])],
        key=set_widget("lab preset", current),
        on_change=preset,
    )
    strength_sliders(now)
    for name, (label, words) in SHARE_HELP.items():
        share_slider(name, label, words, now)
    shape_controls(now)
    return now


def strength_sliders(now: LabSettings) -> None:
    """How strongly each modality shows the emotion."""
    marks = modality_marks(tuple(LAB_WIDTHS))
    for u, name in enumerate(LAB_WIDTHS):
        key = set_widget(f"lab strength {name}", float(now.strengths[u]))

        def strengthen(u: int = u, key: str = key) -> None:
            changed = list(now.strengths)
            changed[u] = round(st.session_state[key], 2)
            change_lab(strengths=tuple(changed))

        words = "How far apart the features of two emotions lie, in standard deviations of their noise. At 0 the modality carries no information."
        st.slider(
            f"{marks[name]} Strength of {name}",
            0.0,
            max(STRONGEST, float(now.strengths[u])),
            step=0.05,
            key=key,
            on_change=strengthen,
            help=words,
        )


def share_slider(name: str, label: str, words: str, now: LabSettings) -> None:
    """A slider from 0 to 1."""
    key = set_widget(f"lab {name}", float(getattr(now, name)))
    top = 0.95 if name == "context" else 1.0

    def changed() -> None:
        change_lab(**{name: round(st.session_state[key], 2)})

    st.slider(label, 0.0, max(top, float(getattr(now, name))), step=0.05, key=key, on_change=changed, help=words)


def shape_controls(now: LabSettings) -> None:
    """Length of conversations, kind of labels, seed."""
    lengths, classes, seed = (
        set_widget("lab lengths", now.lengths),
        set_widget("lab classes", now.classes),
        set_widget("lab seed", now.seed),
    )
    st.slider(
        "Utterances in a conversation", 1, max(60, now.lengths[1]), key=lengths,
        on_change=lambda: change_lab(lengths=tuple(st.session_state[lengths])), help="Shortest and longest.",
    )  # fmt: skip
    st.selectbox(
        "Labels", [0, *range(2, len(LAB_EMOTIONS) + 1)], key=classes, format_func=label_kind,
        on_change=lambda: change_lab(classes=st.session_state[classes]),
    )  # fmt: skip
    st.number_input(
        "Seed", 0, RANGES["seed"][1], key=seed, on_change=lambda: change_lab(seed=st.session_state[seed]),
        help="The same seed and settings make the same conversations.",
    )  # fmt: skip


def label_kind(classes: int) -> str:
    """The kind of labels as text."""
    return f"{classes} emotions: {', '.join(LAB_EMOTIONS[:classes])}" if classes else "sentiment scores, −3 to 3"
