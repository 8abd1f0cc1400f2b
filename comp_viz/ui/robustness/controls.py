"""Pieces of the Robustness page: what to measure and show, and the measuring with its progress."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.robustness.drawings import plan, rate_patterns
from comp_viz.analysis.robustness.references import Reference
from comp_viz.analysis.robustness.scores import describe_rates, judged, metric_names, scores
from comp_viz.data.conversation import SPLITS, Floats
from comp_viz.data.dataset import Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.ui.cache.evaluations import Evaluation, references
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.sidebar import View
from comp_viz.ui.widgets.measuring import measuring
from comp_viz.wording import how_many

METRIC, SPLIT, SHARE, REFERENCES = "metric", "split", "share", "references"  # widget keys and address parameters
PAGE = "robustness"
THIRDS = {"one third": 1, "two thirds": 2}
METRICS_HELP = (
    "ACC: share of utterances decided as the truth is; of scores the sign, those exactly neutral left out. F1: weighted by "
    "class. UA: mean recall of the classes. MAE: mean absolute error in label units, lower is better. CORR: Pearson "
    "correlation, -1 to 1."
)
SPLIT_HELP = {
    "test": "",
    "validation": "The epoch was chosen by conversations like these: read the numbers as optimistic.",
    "train": "The model learned from these conversations: read the numbers as optimistic.",
}
NO_SPLITS = (
    "This data set names no splits, so nothing says which conversations the model has not learned from. Name them in a column "
    "`split` (train, validation, test) and import it again: `python -m comp_viz data import`."
)
NO_LABELS = (
    "No utterance of this split has a label that counts, so nothing says what is right. Choose another split, or add labels "
    "to the data set and import it again: `python -m comp_viz data import`."
)


@dataclass(frozen=True)
class Asked:
    """What the page's controls ask for."""

    metric: str
    split: str
    thirds: int  # of all entries missing, in the triangle
    references: list[Reference]
    labels: Floats  # [N] of the split


def controls(view: View) -> Asked | None:
    """Draw the page's controls; None, with a word on what to do, where nothing can be measured."""
    data, there = view.data, set(view.data.utterances.splits)
    splits = [split for split in reversed(SPLITS) if split in there]
    if not splits:
        nothing(NO_SPLITS)
        return None
    metrics = list(metric_names(data.task))
    for key, options in ((METRIC, metrics), (SPLIT, splits), (SHARE, [*THIRDS])):
        if st.session_state.get(key, options[0]) not in options:
            st.session_state[key] = options[0]
    top = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.selectbox("Metric", metrics, key=METRIC, bind="query-params", width=110, help=METRICS_HELP)
        split = st.selectbox(
            "Split", splits, key=SPLIT, bind="query-params", width=130,
            help="The conversations to judge on. Only the test split was not used in training or selection.",
        )  # fmt: skip
        share = st.selectbox(
            "Missing in the triangle", [*THIRDS], key=SHARE, bind="query-params", width=190, disabled=len(data.modalities) != 3,
            help="How much of all entries is missing in the triangle below, which shows of which modality it is.",
        )  # fmt: skip
        chosen = reference_control(references(data.digest, bool(data.task.classes), split))
    utterances = Utterances.of(data.split(split))
    try:
        check_lengths(utterances, view.checkpoint.config.max_length)
    except CompVizError as error:
        nothing(str(error))
        return None
    if not judged(data.task, utterances.labels):
        nothing(NO_LABELS)
        return None
    asked = Asked(metric, split, THIRDS[share], chosen, utterances.labels)
    with top:
        table = scores(Evaluation(view, split).done.passes, rate_patterns(), metric)
        page_heading(describe_rates(table, metric), METRICS_HELP)
        training = view.checkpoint.card.training
        st.caption(
            f"Judged on the {split} split: {how_many(len(utterances.ids), 'conversation')}, "
            f"{how_many(judged(data.task, utterances.labels), 'utterance')} that count. {SPLIT_HELP[split]} "
            + (
                f"Trained with {Pattern.parse(training.missing).words()}; epoch chosen on: {training.selection}."
                if training
                else ""
            )
        )
    return asked


def nothing(words: str) -> None:
    """Say what to do where nothing can be measured."""
    st.subheader("Nothing can be measured here", anchor=False)
    st.info(words, icon=":material/rule:")


def reference_control(known: list[Reference]) -> list[Reference]:
    """Which curves from elsewhere to draw."""
    names, state = [one.name for one in known], st.session_state
    usual = [one.name for one in known if one.usual]
    if REFERENCES in state:
        kept = [name for name in state[REFERENCES] if name in names]
        if len(kept) < len(state[REFERENCES]):
            state[REFERENCES] = kept or usual
    elif REFERENCES not in st.query_params:
        state[REFERENCES] = usual
    chosen = st.multiselect(
        "References", names, key=REFERENCES, bind="query-params", width="stretch",
        placeholder="none" if names else "none for these data",
        help="Dashed: from the tables in `results/`, on these very data. Dotted: printed in the paper, on other recordings, "
        "features and splits, and of epochs chosen on the test split; a reminder of scale and nothing more.",
    )  # fmt: skip
    return [one for one in known if one.name in chosen]


def measured(place: DeltaGenerator, compared: list[Side], asked: Asked, draw: Callable[[], None]) -> None:
    """Measure for a moment and draw, with the progress at a place."""
    evaluations = [Evaluation(side.view, asked.split) for side in compared]
    measuring(PAGE, place, evaluations, plan(compared[0].view.data.modalities, asked.thirds), draw)
