"""Pieces of the Compare page: what to compare and on what, the measuring, the charts, the utterances that differ."""

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.compare.disagreements import called
from comp_viz.analysis.compare.predictions import drawings, passes_of, passes_to_compare, rows_of_patterns, shown_in
from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.analysis.robustness.scores import FUSED, counted_labels
from comp_viz.data.conversation import SPLITS
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.matrices import to_hex
from comp_viz.data.patterns.pattern import AS_RECORDED, Pattern
from comp_viz.errors import CompVizError
from comp_viz.report.compare import differences_section, headline, in_force_sections, patterns_section, read_measures
from comp_viz.report.section import Section
from comp_viz.ui.cache.checkpoints import checkpoint_card, fitting_checkpoints, open_checkpoint
from comp_viz.ui.compare.cached import (
    Predictor,
    Predictors,
    accuracy_under,
    comparison,
    measured_drawings,
    split_predictions,
)
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.navigation import open_in_live
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.pattern_state import PatternChoice, pattern_choice, set_pattern
from comp_viz.ui.frame.report_collector import add_side
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.robustness.controls import NO_LABELS, NO_SPLITS, SPLIT, SPLIT_HELP, not_measurable
from comp_viz.ui.widgets.chart_panel import chart_panel, table_panel
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.measuring import measure_and_draw, measuring_tick
from comp_viz.ui.widgets.text import escape_markdown, label_text
from comp_viz.wording import how_many

PAGE = "compare"
COMPARED = "compared"  # widget key and address parameter
MOST = 6  # predictors beside each other
USUAL = 3
SEEN = "drawings in force that the page shows"  # what the session keeps
COMPARED_HELP = (
    "The first is set against each of the others. A checkpoint means its fused prediction; a head predicts from one modality "
    "and the prompts that it receives. Only checkpoints that read these features are listed."
)
CELLS = "The pattern at the left was painted for one conversation and means nothing for a split, so here everything is as found."
FINDING = (
    "ACC: share of utterances decided as the truth is; of scores the sign, those exactly neutral left out. The interval is the "
    "95 % one by the bootstrap over conversations."
)


@dataclass(frozen=True)
class CompareChoice:
    """What is chosen in the page's controls."""

    predictors: dict[str, tuple[PageView, str]]  # name -> the view by its checkpoint, `fused` or a modality
    split: str
    pattern: str
    seed: int

    @property
    def by_pattern(self) -> dict[str, list[Drawing]]:
        """The passes that every pattern is judged by, the one in force first."""
        return passes_of(self.view.data.modalities, self.pattern, self.seed)

    @property
    def passes(self) -> list[Drawing]:
        """All passes of the page in the order of measuring."""
        return passes_to_compare(self.view.data.modalities, self.pattern, self.seed)

    @property
    def view(self) -> PageView:
        """The view by the first checkpoint."""
        return next(iter(self.predictors.values()))[0]

    @property
    def queries(self) -> Predictors:
        """The same as cached calls are choice."""
        return tuple(
            Predictor(name, view.query().of_data_set(), output) for name, (view, output) in self.predictors.items()
        )

    @property
    def views(self) -> list[PageView]:
        """What has to be run: every checkpoint once."""
        return list({view.checkpoint.digest: view for view, _ in self.predictors.values()}.values())

    def measured(self, among: list[Drawing]) -> tuple[Drawing, ...]:
        """Those of some drawings that are measured for everything compared."""
        return measured_drawings(self.queries, self.split, among)


def controls(view: PageView) -> CompareChoice | None:
    """Draw the page's controls; None, with a word on what to do, where nothing can be compared."""
    there = set(view.data.utterances.splits)
    splits = [split for split in reversed(SPLITS) if split in there]
    if not splits:
        not_measurable(NO_SPLITS)
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = one_of("Split", splits, SPLIT, "The conversations to judge on.", width=130)
        utterances = Utterances.of(view.data.split(split))
        names = predictor_control(predictors(view, int(utterances.lengths.max())))
    if not counted_labels(view.data.task, utterances.labels):
        not_measurable(NO_LABELS)
        return None
    if len(names) < 2:
        not_measurable("Choose at least two to compare, in the list above.")
        return None
    pattern, note = pattern_of_split(view)
    choice = CompareChoice(
        {
            name: (replace(view, name=checkpoint, checkpoint=open_checkpoint(checkpoint, view.device)), of)
            for name, (checkpoint, of) in names.items()
        },
        split,
        pattern,
        pattern_choice().seed,
    )
    said(choice, utterances, note)
    return choice


def predictors(view: PageView, longest: int) -> dict[str, tuple[str, str]]:
    """Everything that can be compared on these data: name -> checkpoint, `fused` or a modality; the open checkpoint first."""
    outputs = view.data.task.outputs
    fitting = [
        name
        for name in [view.name, *(other for other in fitting_checkpoints(view.data) if other != view.name)]
        if (card := checkpoint_card(name)) and card.task.outputs == outputs and card.architecture.max_length >= longest
    ]
    fused = {called(name, FUSED): (name, FUSED) for name in fitting}
    heads = {called(name, u): (name, u) for name in fitting for u in view.data.modalities}
    return fused | heads


def predictor_control(known: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Let some be chosen; those that no longer fit, as of other data, are brought back to the usual ones."""
    state = st.session_state
    kept = [name for name in state.get(COMPARED, []) if name in known]
    if COMPARED in state and len(kept) < len(state[COMPARED]):
        state[COMPARED] = kept if len(kept) > 1 else usual(known)
    elif COMPARED not in state and not set(st.query_params.get_all(COMPARED)) & set(known):
        st.query_params.pop(COMPARED, None)
        state[COMPARED] = usual(known)
    names = st.multiselect(
        "Compared",
        [*known],
        key=COMPARED,
        bind="query-params",
        width="stretch",
        max_selections=MOST,
        help=COMPARED_HELP,
    )
    return {name: known[name] for name in names}


def usual(known: dict[str, tuple[str, str]]) -> list[str]:
    """The open checkpoint and those trained on the same data; where there are none, its own heads."""
    cards = {name: checkpoint_card(checkpoint) for name, (checkpoint, of) in known.items() if of == FUSED}
    data = {name: card.data.digest if card and card.data else "" for name, card in cards.items()}
    first = next(iter(known), "")
    same = [name for name in data if data[name] and data[name] == data[first]]
    checkpoint = known[first][0] if known else ""
    heads = [name for name, (its, of) in known.items() if its == checkpoint and of != FUSED]
    return (same if len(same) > 1 else [first, *heads])[:USUAL] if known else []


def pattern_of_split(view: PageView) -> tuple[str, str]:
    """The pattern in force as one of a whole split, and what to mind where it is another."""
    choice = pattern_choice()
    if choice.edited:
        return AS_RECORDED, CELLS
    try:
        pattern = Pattern.parse(choice.text)
        pattern.check(view.data.modalities, view.data.task)
    except CompVizError as error:
        return AS_RECORDED, f"The pattern at the left does not fit, so here everything is as found. {error}"
    return str(pattern), ""


def said(choice: CompareChoice, utterances: Utterances, note: str) -> None:
    """What is judged on, and what to mind of the checkpoints."""
    task, draws = choice.view.data.task, drawings(choice.pattern, choice.seed)
    seeds = f", {len(draws)} drawings with the seeds {choice.seed} to {draws[-1].seed}" if len(draws) > 1 else ""
    st.caption(
        f"Judged on the {choice.split} split: {how_many(len(utterances.ids), 'conversation')}, "
        f"{how_many(counted_labels(task, utterances.labels), 'utterance')} that count. In force: {escape_markdown(Pattern.parse(choice.pattern).words())}{seeds}. {SPLIT_HELP[choice.split]}"
    )
    doubts = {view.checkpoint.doubts(view.data) for view, _ in choice.predictors.values()} - {""}
    for words in [note, *sorted(doubts)]:
        if words:
            st.warning(words, icon=":material/help:")


def compared(choice: CompareChoice, top: DeltaGenerator) -> None:
    """Measure and draw, the finding at the `top`. What a new pass changes runs again by itself, the rest stays as it is."""
    st.session_state.pop(SEEN, None)
    st.fragment(growing, run_every=measuring_tick(PAGE))(choice)
    drawn = st.session_state[SEEN] = choice.measured(drawings(choice.pattern, choice.seed))
    for view in choice.views:
        add_side(view.origin)
    if drawn:
        in_force(choice, top, drawn)
    else:
        with top:
            page_heading("Making the first pass")


def growing(choice: CompareChoice) -> None:
    """Measure for a moment and draw the chart of all patterns; has the page drawn anew with every drawing of the one in force."""
    measurements = [split_predictions(view, choice.split, choice.passes) for view in choice.views]
    unit = f"passes over the {choice.split} split"
    measure_and_draw(PAGE, st.container(), measurements, unit, lambda: by_pattern(choice))
    now = choice.measured(drawings(choice.pattern, choice.seed))
    if st.session_state.get(SEEN, now) != now:
        st.rerun()


def by_pattern(choice: CompareChoice) -> None:
    """What each reaches under every pattern, as far as it is measured."""
    names = rows_of_patterns(choice.view.data.modalities, choice.pattern)
    measured = {group: choice.measured(choice.by_pattern[pattern]) for pattern, group in names.items()}
    if rows := [accuracy_under(choice.queries, choice.split, some, group) for group, some in measured.items() if some]:
        section = patterns_section(pd.concat(rows, ignore_index=True), palette())
        if section.figure is not None:
            chart_panel(section.figure, section.key, section.about, section.numbers)


def in_force(choice: CompareChoice, top: DeltaGenerator, drawn: tuple[Drawing, ...]) -> None:
    """Everything that is said of the pattern in force."""
    found = comparison(choice.queries, choice.split, drawn)
    with top:
        page_heading(f"{headline(found)}.", FINDING)
    for section in in_force_sections(found, [one.seed for one in drawn], choice.view.data.task, palette()):
        if section.figure is not None:
            chart_panel(section.figure, section.key, section.about, section.numbers)
        else:
            table_panel(section, read_measures(found.overall))
    utterances(choice, differences_section(found), drawn[0])


def utterances(choice: CompareChoice, section: Section, one: Drawing) -> None:
    """The utterances where they differ most; choosing a row opens it in Live."""
    rows, view = section.numbers(), choice.view
    task, known = view.data.task, {name: view.data.find(name) for name in rows["conversation"].unique()}
    first = next(iter(choice.predictors))
    marks = {True: " ✓", False: " ✗", None: ""}
    shown = pd.DataFrame(
        {
            "conversation": rows["conversation"],
            "utterance": rows["utterance"],
            "words": [
                known[name].words[s - 1] for name, s in zip(rows["conversation"], rows["utterance"], strict=True)
            ],
            "truth": [label_text(task, label) for label in rows["truth"]],
            first: [label_text(task, x) + marks[right] for x, right in zip(rows["says"], rows["right"], strict=True)],
            "other": [
                label_text(task, x) + marks[right]
                for x, right in zip(rows["other says"], rows["other right"], strict=True)
            ],
            "other is": rows["against"],
            "difference": rows["difference"],
        }
    )

    def picked() -> None:
        for row in st.session_state["differences"].selection.rows:
            in_live(choice, rows.iloc[row], one)

    table_panel(section, shown, picked)
    st.caption("Choose a row to open it in Live, with exactly what is missing there. ✓ decided as the truth is, ✗ not.")
    st.button(
        "Open the first in Live", icon=":material/graphic_eq:", on_click=in_live, args=(choice, rows.iloc[0], one)
    )


def in_live(choice: CompareChoice, row: pd.Series, one: Drawing) -> None:
    """Open the utterance of a row on the Live page under the drawing it was judged in; to be called in a callback."""
    view, name = choice.view, str(row["conversation"])
    open_in_live(view.name, view.data_name, name)
    if Pattern.parse(one.pattern).random:
        known = Utterances.of(view.data.split(choice.split))
        v = known.ids.index(name)
        matrix = shown_in(known, view.data.task, one)[known.starts[v] : known.starts[v + 1]]
        set_pattern(PatternChoice(f"cells({to_hex(matrix)})", one.seed))
    select_utterance(int(row["utterance"]) - 1)
