"""Degrade it yourself: degrade chosen utterances, have only those read anew, and see before and after side by side."""

from functools import partial

import numpy as np
import streamlit as st

from comp_viz.analysis.clips.prediction import clip_change
from comp_viz.analysis.clips.tables import before_after_table
from comp_viz.analysis.prediction import Prediction
from comp_viz.clips.clip import Clip
from comp_viz.clips.degradation import KINDS, SOUND, Degradation
from comp_viz.clips.degrade import pictures_of, sound_of
from comp_viz.clips.media import RATE
from comp_viz.clips.stack import degradations_on, restack
from comp_viz.errors import CompVizError
from comp_viz.figures.clips.before_after import (
    ABOUT_BEFORE_AFTER,
    before_after_chart,
    before_after_title,
    degradation_details,
    degradation_heading,
)
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.session_clips import SessionClip
from comp_viz.ui.clips.inspection import draw_reasons
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.wording import decimal, number_list, percent

# Kind -> its name on a button; for those with an amount: label, lowest, highest, usual, step.
KIND_LABELS = {
    "mute": "Mute", "noise": "Noise", "black": "Black-out", "blur": "Blur", "pixels": "Low resolution", "freeze": "Freeze",
    "rewrite": "Other words", "drop": "Drop words",
}  # fmt: skip
AMOUNTS = {
    "noise": ("Signal-to-noise ratio, dB", -20.0, 40.0, 0.0, 1.0),
    "blur": ("Blur, share of the longer side", 0.0, 0.1, 0.03, 0.005),
    "pixels": ("Longer side, pixels", 4.0, 240.0, 24.0, 4.0),
    "drop": ("Share of words dropped", 0.0, 1.0, 0.5, 0.1),
}
FAILED = "degrading failed"


def degradation_controls(uploaded: SessionClip, selected: int) -> None:
    """What to degrade and how; each press puts one degradation on top of those before."""
    clip = uploaded.clip
    numbers = list(range(1, len(clip.spans) + 1))
    key = f"degrade {clip.digest[:8]}"
    where, how = st.columns([1.3, 4], gap="medium")
    everywhere = where.toggle("All utterances", key=f"{key} all")
    picked = where.multiselect(
        "Utterances", numbers, key=f"{key} which", disabled=everywhere, wrap=True, placeholder=f"the selected one, {selected + 1}",
        help="Without any chosen, the selected utterance.",
    )  # fmt: skip
    kind = str(
        how.segmented_control(
            "Degradation", list(KIND_LABELS), default="mute", format_func=KIND_LABELS.__getitem__, key=f"{key} kind", required=True,
            help="; ".join(f"{KIND_LABELS[name]}: {about}" for name, (about, *_) in KINDS.items()),
        )
    )  # fmt: skip
    amount, text, again = 0.0, "", True
    if kind in AMOUNTS:
        label, low, high, usual, step = AMOUNTS[kind]
        amount = how.slider(label, low, high, usual, step, key=f"{key} {kind}", format="%.3f" if step < 0.01 else None)
    if kind == "rewrite":
        text = how.text_input("Words instead", clip.spans[selected].text, key=f"{key} words {selected}", max_chars=400)
    if kind in SOUND:
        again = how.toggle(
            "Recognise words again",
            True,
            key=f"{key} again",
            help="Recognise the words anew from what can still be heard. Off: the words stay as they were.",
        )
    chosen = numbers if everywhere else picked or [selected + 1]

    def add() -> None:
        new = Degradation(kind, tuple(n - 1 for n in chosen), amount, text, listen_again=again)
        set_degradations(uploaded, (*degradations_of(uploaded), new))

    st.button(
        f"{KIND_LABELS[kind]}: utterance{'s' * (len(chosen) > 1)} {number_list(chosen)}",
        type="primary",
        icon=":material/blur_on:",
        on_click=add,
        key="degrade",
    )
    if problem := st.session_state.pop(FAILED, None):
        st.warning(escape_markdown(problem), icon=":material/warning:")


def degradations_of(uploaded: SessionClip) -> tuple[Degradation, ...]:
    """What was done to a clip so far, in order."""
    return uploaded.degraded.degradations if uploaded.degraded else ()


def set_degradations(uploaded: SessionClip, degradations: tuple[Degradation, ...]) -> None:
    """Have a clip under these degradations; to be called in a callback."""
    try:
        with st.spinner("Reading what changed …"):
            uploaded.degrade(restack(uploaded.clip, degradations, uploaded.degraded) if degradations else None)
    except CompVizError as error:
        st.session_state[FAILED] = str(error)


def degradation_list(uploaded: SessionClip) -> None:
    """What is done to the clip, each to be taken back."""
    done = degradations_of(uploaded)
    with st.container(horizontal=True):
        for i, one in enumerate(done):
            st.button(
                degradation_label(one), icon=":material/close:", key=f"take back {i}", help="Take it back",
                on_click=set_degradations, args=(uploaded, (*done[:i], *done[i + 1 :])),
            )  # fmt: skip
        if len(done) > 1:
            st.button(
                "Take all back",
                icon=":material/undo:",
                key="take all back",
                type="tertiary",
                on_click=set_degradations,
                args=(uploaded, ()),
            )


def degradation_label(one: Degradation) -> str:
    """A degradation in a few words."""
    amounts = {
        "noise": f" {decimal(one.amount, 0)} dB",
        "blur": f" {one.amount:g}",
        "pixels": f" {one.amount:g} px",
        "drop": f" {percent(one.amount)}",
    }
    return f"{KIND_LABELS[one.kind]}{amounts.get(one.kind, '')}: {number_list([i + 1 for i in one.utterances])}"


def draw_before_after(
    uploaded: SessionClip, before: Prediction | None, after: Prediction | None, selected: int, palette: Palette
) -> None:
    """Before and after: prediction, coordinator, availability, what is heard and seen."""
    degraded = uploaded.degraded
    if degraded is None:
        st.caption("Nothing is degraded yet.")
        return
    if before is not None and after is not None:
        change = clip_change(before, after)
        touched = {i for one in degraded.degradations for i in one.utterances}
        st.markdown(f"**{escape_markdown(degradation_heading(change, before.modalities))}**")
        st.caption(escape_markdown(degradation_details(change, before, after, len(touched))))
        figure = before_after_chart(before, after, selected, palette, before_after_title(before, after, selected))
        chart_panel(figure, "before after", ABOUT_BEFORE_AFTER, partial(before_after_table, before, after))
    left, right = st.columns(2, gap="medium")
    for place, clip, name in ((left, uploaded.clip, "As recorded"), (right, degraded, "Degraded")):
        with place:
            st.markdown(f"**{name}**")
            draw_reasons(clip, selected, palette, f"availability {name}")
            draw_sample(clip, selected)


def draw_sample(clip: Clip, s: int) -> None:
    """What the extractors were given of an utterance."""
    kinds = {one.kind for one in degradations_on(s, clip.degradations)}
    pictures, times = pictures_of(clip, s)
    if pictures:
        middle = len(pictures) // 2
        st.image(pictures[middle], f"{times[middle]:.2f} s", width=220)
    sound = sound_of(clip, s)
    if "mute" in kinds:
        st.caption("(muted)")  # st.audio would raise silence to full scale
    elif len(sound):
        st.audio((np.clip(sound, -1, 1) * 32767).astype(np.int16), sample_rate=RATE)
    st.caption(escape_markdown(clip.spans[s].text) or "(no words)")
