"""The controls of the Robustness page: what to measure and show, and the measuring with its progress."""

from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.robustness.drawings import Drawing, Scores, page_drawings, rate_patterns
from comp_viz.analysis.robustness.references import PROBE, Reference, above_measured
from comp_viz.analysis.robustness.scores import counted_labels, metric_names, score_table
from comp_viz.data.conversation import SPLITS, Floats
from comp_viz.data.dataset import Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.figures.robustness.heading import METRICS_HELP, better_references, robustness_title
from comp_viz.ui.cache.probe_fit import ProbeFit
from comp_viz.ui.cache.progressive import ProgressiveMeasurement
from comp_viz.ui.frame.address_notes import note_unknown_choice
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.robustness.measurement import measured_scores, split_scores
from comp_viz.ui.robustness.references import data_references, probe_fit
from comp_viz.ui.widgets.measuring import measure_and_draw
from comp_viz.ui.widgets.split_choice import NO_LABELS, NO_SPLITS, SPLIT, SPLIT_HELP, not_measurable
from comp_viz.wording import how_many, so_far

METRIC, SHARE, REFERENCES = "metric", "share", "references"  # widget keys and address parameters
PAGE = "robustness"
AWAITED = "linear probe awaited"  # what the session keeps
THIRDS = {"one third": 1, "two thirds": 2}


@dataclass(frozen=True)
class RobustnessChoice:
    """What is chosen in the page's controls."""

    metric: str
    split: str
    thirds: int  # of all entries missing, in the triangle
    references: list[Reference]
    labels: Floats  # [N] of the split
    corner: DeltaGenerator  # for what the page is compared with
    fit: ProbeFit | None  # of the linear probe, where it is still to be waited for
    about: str  # what is measured on and how the checkpoint was trained, as Markdown


def robustness_controls(view: PageView) -> RobustnessChoice | None:
    """Draw the page's controls and its heading; None, with what to do about it, where nothing can be measured."""
    data, splits = view.data, named_splits(view)
    if not splits:
        not_measurable(NO_SPLITS)
        return None
    metrics = list(metric_names(data.task))
    for key, options in ((METRIC, metrics), (SPLIT, splits), (SHARE, [*THIRDS])):
        note_unknown_choice(key, options)
        if st.session_state.get(key, options[0]) not in options:
            st.session_state[key] = options[0]
    top = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.selectbox("Metric", metrics, key=METRIC, bind="query-params", width=110, help=METRICS_HELP)
        split = st.selectbox(
            "Split", splits, key=SPLIT, bind="query-params", width=130,
            help="The conversations to evaluate on. Only the test split was not used in training or selection.",
        )  # fmt: skip
        share = st.selectbox(
            "Missing in the triangle", [*THIRDS], key=SHARE, bind="query-params", width=190, disabled=len(data.modalities) != 3,
            help="The share of all entries that is missing in the triangle below, which shows how it is divided between the modalities.",
        )  # fmt: skip
        fit = probe_fit(view, split)
        if fit and named_in_address():
            wait([fit.begin()])
        waits = fit is not None and not fit.done
        known = data_references(view, split)
        chosen = reference_control(known, waits)
        corner = st.container(width=190)
    utterances = Utterances.of(data.split(split))
    try:
        check_lengths(utterances, view.checkpoint.config.max_length)
    except CompVizError as error:
        not_measurable(escape_markdown(str(error)))
        return None
    if not counted_labels(data.task, utterances.labels):
        not_measurable(NO_LABELS)
        return None
    training = view.checkpoint.card.training
    about = (
        f"Evaluated on the {split} split: {how_many(len(utterances.ids), 'conversation')}, "
        f"{how_many(counted_labels(data.task, utterances.labels), 'utterance')} that count. {SPLIT_HELP[split]} "
        + (
            f"Trained with {escape_markdown(Pattern.parse(training.missing).words())}; epoch chosen on: {escape_markdown(training.selection)}."
            if training
            else ""
        )
    )
    with top:
        table = score_table(measured_scores(view, split), rate_patterns(), metric)
        drawings, measured = page_drawings(data.modalities, THIRDS[share]), measured_scores(view, split)
        done = sum(one in measured for one in drawings)
        page_heading(so_far(robustness_title(table, metric), done, len(drawings), "passes"), METRICS_HELP)
        if better := above_measured(table, known, metric):
            st.markdown(f":material/priority_high: {escape_markdown(better_references(better, metric))}")
    return RobustnessChoice(
        metric, split, THIRDS[share], chosen, utterances.labels, corner, fit if waits else None, about
    )


def named_splits(view: PageView) -> list[str]:
    """The splits of the data, the one to begin with first."""
    there = set(view.data.utterances.splits)
    return [split for split in reversed(SPLITS) if split in there]


def usual_scores(view: PageView) -> list[ProgressiveMeasurement[Drawing, Scores]]:
    """What the page measures before anybody chooses anything."""
    drawings = page_drawings(view.data.modalities, min(THIRDS.values()))
    return [split_scores(view, split, drawings) for split in named_splits(view)[:1]]


def named_in_address() -> bool:
    """Whether the address of a first visit says which curves to draw, so that all that it may name have to be there."""
    return REFERENCES in st.query_params and REFERENCES not in st.session_state


def reference_control(known: list[Reference], waits: bool) -> list[Reference]:
    """Which curves from elsewhere to draw; the linear probe joins those that are chosen when it need no longer be waited for.

    Their names fill several lines, so a button holds them: the legend of the chart names those that are drawn.
    """
    names, state = [one.name for one in known], st.session_state
    usual = [one.name for one in known if one.usual]
    late = [name for name in usual if name.startswith(PROBE)] if state.pop(AWAITED, False) else []
    if waits:
        state[AWAITED] = True
    if REFERENCES in state:
        state[REFERENCES] = [*(name for name in late if name not in state[REFERENCES]), *state[REFERENCES]]
        kept = [name for name in state[REFERENCES] if name in names]
        if len(kept) < len(state[REFERENCES]):
            state[REFERENCES] = kept or usual
    elif REFERENCES not in st.query_params:
        state[REFERENCES] = usual
    drawn = len(state[REFERENCES] if REFERENCES in state else st.query_params.get_all(REFERENCES))
    chosen = st.popover(f"References: {drawn or 'none'}", key="references button").multiselect(
        "References", names, key=REFERENCES, bind="query-params", wrap=True,
        placeholder="none" if names else "none for these data",
        help="Linear probe: without network and context, on these very data. Dashed: from the tables in `results/`, on these data too. Dotted: printed in the paper, on other recordings, "
        "features and splits, and of epochs chosen on the test split: only the order of magnitude compares.",
    )  # fmt: skip
    return [one for one in known if one.name in chosen]


def measure_and_draw_robustness(
    place: DeltaGenerator, compared: list[Side], choice: RobustnessChoice, draw: Callable[[], None]
) -> None:
    """Measure for a moment and draw, with the progress at a place."""
    drawings = page_drawings(compared[0].view.data.modalities, choice.thirds)
    measurements = [split_scores(side.view, choice.split, drawings) for side in compared]
    measure_and_draw(PAGE, place, measurements, f"passes over the {choice.split} split", draw)
