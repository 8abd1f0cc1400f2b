"""Contributions over a whole split: computed a few conversations at a time, with progress and a button to stop."""

import threading
import time
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from comp_viz.analysis.why.coalitions import Coalitions, coalitions
from comp_viz.analysis.why.split_contribution import describe_split, split_table
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Conversation, Floats
from comp_viz.data.lengths import check_lengths
from comp_viz.errors import CompVizError
from comp_viz.figures.chart import About
from comp_viz.figures.style import Palette
from comp_viz.figures.why.split_contribution import split_chart
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.wording import how_many

WANTED = "whole_split"  # widget key and address parameter
STOPPED = "whole split stopped"
MOMENT, TICK = 0.4, 0.3  # seconds of computing between two looks at the page, and until the next look
SPLIT = About(
    "All utterances of the split as the recordings have them, nothing taken away. Above: the coordinator's mean weight. Below: the mean "
    "size of each modality's Shapley value as a share of all, for the fused prediction and for each modality's head, which sees the others "
    "through prompts. The table has the mean size, the mean towards the decision, and Shapley values of accuracy itself, which sum to the "
    "accuracy as observed less that with nothing observed.",
    "What a modality is worth elsewhere: on other data, under missing patterns, or to a network trained without the others.",
    r"\varphi_u(\mathrm{ACC}) = \sum_{T \not\ni u} \frac{|T|!\,(M-|T|-1)!}{M!}\,[\mathrm{ACC}(T \cup u) - \mathrm{ACC}(T)]",
)
COLUMNS = {
    "mean": ("mean size", "%.3f", "Mean of the absolute Shapley value, in label units or probability."),
    "share": ("share", "percent", "Mean size as a share of all modalities'."),
    "towards": ("towards decision", "%.3f", "Mean Shapley value, counted positive when it speaks for the decision."),
    "accuracy": ("of accuracy", "percent", "Shapley value of accuracy."),
    "weight": ("weight", "%.2f", "Mean weight by the coordinator, 0 to 1."),
    "correlation": ("weight ~ share", "%.2f", "Spearman's correlation of weight and share over utterances, -1 to 1."),
    "dominates": ("dominates", "percent", "Share of utterances in which it holds two thirds of all contributions."),
}


@dataclass(frozen=True)
class Done:
    """Conversations of one split computed so far with one checkpoint; grows, shared by all visitors."""

    found: dict[int, Coalitions] = field(default_factory=dict)
    labels: dict[int, Floats] = field(default_factory=dict)
    computing: threading.Lock = field(default_factory=threading.Lock)


@keep_resource(max_entries=32, show_spinner=False)
def _done(checkpoint: str, data: str, name: str, split: str) -> Done:
    """Kept by digests; some 50 kilobytes a conversation. `name`, of the data set, keeps a visitor's clip to the visitor."""
    return Done()


def split_part(side: Side, palette: Palette) -> None:
    """A switch, and behind it the whole split."""
    view = side.view
    splits = view.data.utterances.splits
    split = view.conversation.split
    count = splits.count(split)
    name = f"the {split} split" if split else "the data set"
    if count < 2:
        return
    if side.key != "right":
        st.toggle(
            f"Over {name}: {how_many(count, 'conversation')}", key=WANTED, bind="query-params",
            help="Shapley values of every utterance of the split that the conversation is of. Takes seconds, and can be stopped.",
        )  # fmt: skip
    if not st.session_state.get(WANTED):
        return
    rows = [row for row, one in enumerate(splits) if one == split]
    try:
        check_lengths(view.data.utterances.pick(rows), view.checkpoint.config.max_length)
    except CompVizError as error:
        st.info(str(error), icon=":material/rule:")
        return
    done = _done(view.checkpoint.digest, view.data.digest, view.data_name, split)
    working = len(done.found) < len(rows) and not st.session_state.get(STOPPED, False)
    st.fragment(whole_split, run_every=TICK if working else None)(side, rows, name, working, palette)


def whole_split(side: Side, rows: list[int], name: str, working: bool, palette: Palette) -> None:
    """Compute for a moment and draw what is known; comes back by itself as long as `working`."""
    view, split = side.view, side.view.conversation.split
    done, stopped = _done(view.checkpoint.digest, view.data.digest, view.data_name, split), st.session_state.get(STOPPED, False)  # fmt: skip
    missing = [row for row in rows if row not in done.found]
    if missing and not stopped:
        compute_for_a_moment(view, done, missing)
    known = [row for row in rows if row in done.found]
    if working != (len(known) < len(rows) and not stopped):
        st.rerun()
    if len(known) < len(rows):
        progress(len(known), len(rows), stopped, side.key)
    if not known:
        return
    found, labels = [done.found[row] for row in known], [done.labels[row] for row in known]
    table = split_table(found, labels)
    so_far = "" if len(known) == len(rows) else f" So far: {how_many(len(known), 'conversation')}."
    title = f"{describe_split(found, labels)}."
    chart_panel(
        split_chart(table, palette, title + so_far),
        f"contribution_split{side.key}",
        SPLIT,
        partial(split_table, found, labels),
    )
    config = {c: st.column_config.NumberColumn(label, format=f, help=h) for c, (label, f, h) in COLUMNS.items()}
    st.dataframe(table, hide_index=True, key=f"split table{side.key}", column_config=config)
    st.caption(
        f"{how_many(int(table['utterances'].iloc[0]), 'utterance')} of {how_many(len(known), 'conversation')} of {name}."
    )


def compute_for_a_moment(view: PageView, done: Done, missing: list[int]) -> None:
    """Compute conversations in order until a moment has gone by; no two visitors compute the same one."""
    end = time.monotonic() + MOMENT
    for row in missing:
        with done.computing:
            if row not in done.found:
                done.labels[row], done.found[row] = one_of_split(view.checkpoint, view.data.conversations[row])
        if time.monotonic() > end:
            return


def one_of_split(checkpoint: Checkpoint, conversation: Conversation) -> tuple[Floats, Coalitions]:
    """Labels and coalitions of one conversation."""
    with INFERENCE:
        return conversation.labels, coalitions(checkpoint, conversation, conversation.observed)


def progress(known: int, all_: int, stopped: bool, key: str) -> None:
    """How far it is, with a button to stop or go on."""

    def stop(value: bool) -> None:
        st.session_state[STOPPED] = value

    with st.container(horizontal=True, vertical_alignment="center"):
        state = "Stopped after" if stopped else "Computing:"
        st.progress(known / all_, f"{state} {known} of {how_many(all_, 'conversation')}", width="stretch")
        word, icon = ("Go on", "play_circle") if stopped else ("Stop", "stop_circle")
        st.button(word, icon=f":material/{icon}:", on_click=stop, args=(not stopped,), key=f"split stop{key}")
