"""Pieces of the Live page: the utterance in hand, the matrix with its tools, the transcript."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from comp_viz.analysis.change import Change
from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Bools, Task
from comp_viz.figures.style import Palette, modality_marks
from comp_viz.ui.charts import CONFIG
from comp_viz.ui.painter import painter
from comp_viz.ui.pattern import before_editing, can_undo, edit, undo
from comp_viz.ui.sidebar import View

READING = """
From the top: the prediction with the truth; each modality's own **head**, which predicts from that modality and the prompts it
receives, with filled marks where it is observed and open ones where it is missing; the **change** of the fused prediction
against the complete conversation, on violet where the decision flips; and the **coordinator**'s weights, which say how much of
each modality enters the fused prediction, hatched where the modality is missing. The violet line is the utterance in hand.
"""
UTTERANCE = "utterance"  # widget key and address parameter, counted from 1


def empty_state() -> None:
    """What to do when nothing can be shown."""
    st.header("Nothing to show yet", anchor=False)
    st.markdown(
        "The sidebar says what is missing or does not fit, and how to mend it. The `lab` checkpoint on the data set `lab` "
        "always works."
    )


def selected_utterance(view: View) -> int:
    """The utterance in hand, counted from 0, kept inside the conversation."""
    wanted = st.session_state.get(UTTERANCE, 1)
    if wanted > len(view.conversation):
        st.session_state[UTTERANCE] = wanted = len(view.conversation)
    return int(wanted) - 1


def begin(view: View) -> None:
    """Start at the first utterance that has words and all modalities, unless one was chosen or the address names one."""
    if UTTERANCE in st.session_state or UTTERANCE in st.query_params:
        return
    conversation = view.conversation
    whole = conversation.observed.all(1) & np.array([bool(words) for words in conversation.words])
    select(int(whole.argmax()))


def select(utterance: int) -> None:
    """Take another utterance in hand, counted from 0; to be called in a callback."""
    st.session_state[UTTERANCE] = utterance + 1


def utterance_card(view: View, here: Prediction, complete: Prediction, found: Change) -> int:
    """Words, truth and prediction of the utterance in hand, and ways to move; returns its number, counted from 0."""
    conversation, task = view.conversation, here.task
    begin(view)
    selected_utterance(view)
    pick, said, numbers = st.columns([1.1, 3.5, 3.5], vertical_alignment="top")
    with pick:
        st.number_input(
            "Utterance",
            1,
            len(conversation),
            key=UTTERANCE,
            bind="query-params",
            help="Counted from 1. Click a point of the chart to choose one, or type its number.",
        )
        st.button(
            "Most changed",
            on_click=select,
            args=(found.most_changed,),
            width="stretch",
            help="The utterance whose prediction moved most against the complete conversation.",
            disabled=found.missing_share == 0,
        )
    s = selected_utterance(view)
    with said:
        if conversation.context[s]:
            st.caption(f"said before: {plain(conversation.context[s])}")
        words = plain(conversation.words[s]) or "*no words*"
        st.markdown(f"**{plain(conversation.speakers[s])}**  {words}" if len(set(conversation.speakers)) > 1 else words)
        marks = modality_marks(here.modalities)
        shown = [f"{marks[u]} {u} {state(view, here, s, i)}" for i, u in enumerate(here.modalities)]
        seconds = conversation.durations[s]
        st.caption(" · ".join([*shown, *([] if np.isnan(seconds) else [f"{seconds:.1f} s"])]))
    with numbers, st.container(horizontal=True, gap="medium"):  # a row on a phone too
        truth = read_label(task, float(conversation.labels[s]))
        moved = read_change(task, float(found.difference[s]), int(complete.decisions()[s]))
        unit = f"{task.name}, {task.scale}"
        st.metric("Truth", truth, help=unit, width="content")
        changed = f"{unit}. Below: change against the complete conversation."
        st.metric("Fused", read(task, here.fused[s]), moved, delta_color="off", help=changed, width="content")
        whole = "The fused prediction when nothing is missing."
        st.metric("Complete", read(task, complete.fused[s]), help=whole, width="content")
    return s


def state(view: View, here: Prediction, s: int, u: int) -> str:
    """Availability of one entry in a word."""
    if here.observed[s, u]:
        return "observed"
    return "missing" if view.conversation.observed[s, u] else "not in the recording"


def read(task: Task, values: np.ndarray) -> str:
    """A prediction as text: a score, or the likeliest class."""
    return task.classes[int(values.argmax())] if task.classes else f"{values[0]:.2f}"


def read_change(task: Task, difference: float, decision: int) -> str | None:
    """The change against the complete conversation as text, None where it rounds to nothing."""
    if abs(difference) < 0.005:
        return None
    return f"{difference:+.2f}" + (f" in P({task.classes[decision]})" if task.classes else "")


def read_label(task: Task, label: float) -> str:
    """A label as text."""
    if np.isnan(label):
        return "unknown"
    return task.classes[int(label)] if task.classes else f"{label:.2f}"


def plain(text: str) -> str:
    """Text from data as text, whatever Markdown it happens to contain."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]()#+-.!|<>$~:" else character for character in text)


def painted(view: View, selected: int, palette: Palette) -> None:
    """The availability matrix with its tools: share, undo."""
    title, share, back = st.columns([6, 1.6, 1], vertical_alignment="bottom")
    title.markdown(
        "**Availability**: click or drag cells, a modality's name, or an utterance's number",
        help="Filled: the model sees it. Hatched: taken away. Dashed outline: not in the recording, and so missing by nature. A dot marks what was edited by hand. With the keyboard: arrows move, Space toggles a cell, R its row, C its column.",
    )
    with share.popover("Share this view", icon=":material/link:", width="stretch"):
        st.caption(
            "Whoever opens this address on this dashboard sees the same checkpoint, conversation, pattern and utterance."
        )
        st.code(view.link(), language=None, wrap_lines=True)
    back.button("Undo", icon=":material/undo:", on_click=undo, disabled=not can_undo(), width="stretch")

    def edited(matrix: Bools, utterances: list[int]) -> None:
        edit(view.conversation, view.data.task, matrix)
        if len(utterances) == 1:
            select(utterances[0])

    conversation = view.conversation
    base = before_editing(conversation, view.data.task)
    painter(tuple(conversation.features), view.observed, conversation.observed, base, selected, palette, edited)


def transcript(view: View, complete: Prediction) -> None:
    """The conversation in words, one row an utterance; choosing a row takes that utterance in hand.

    It shows the complete conversation's predictions, so that a click on the matrix need not send it again.
    """
    conversation, task = view.conversation, complete.task
    frame = pd.DataFrame(
        {
            "utterance": np.arange(1, len(conversation) + 1),
            "speaker": conversation.speakers,
            "words": conversation.words,
            "said before": conversation.context,
            "truth": [read_label(task, float(label)) for label in conversation.labels],
            "predicted, complete": [read(task, values) for values in complete.fused],
        }
    )
    dropped = [name for name in ("said before", "words") if not frame[name].str.len().any()]
    if len(set(conversation.speakers)) < 2:
        dropped.append("speaker")

    def picked() -> None:
        rows = st.session_state["transcript"].selection.rows
        if rows:
            select(rows[0])

    st.markdown("**Words**", help=f"Truth and the prediction for the complete conversation: {task.name}, {task.scale}.")
    st.dataframe(
        frame.drop(columns=dropped), hide_index=True, height=320, key="transcript", on_select=picked,
        selection_mode="single-row",
    )  # fmt: skip


def chart(figure: go.Figure, finding: str) -> None:
    """The timeline; a click on it takes that utterance in hand."""

    def clicked() -> None:
        points = st.session_state["timeline"].selection.points
        if points:
            select(int(points[0]["x"]) - 1)

    alt = (
        "Four charts over the utterances of the conversation: fused prediction with truth, the predictions of the modality "
        f"heads, the change against the complete conversation, and the coordinator's weights. {finding}"
    )
    st.plotly_chart(
        figure, theme=None, key="timeline", on_select=clicked, selection_mode="points", alt=alt, config=CONFIG
    )
    st.caption(READING)
