"""The controls of the Compare page: which predictors, on which split, under which pattern."""

from dataclasses import dataclass, replace
from itertools import islice

import streamlit as st

from comp_viz.analysis.compare.disagreements import predictor_name
from comp_viz.analysis.compare.predictions import drawings_by_pattern, drawings_in_order, drawings_of
from comp_viz.analysis.prediction import FUSED
from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.analysis.robustness.scores import counted_labels
from comp_viz.data.conversation import SPLITS
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.methods.method import absence
from comp_viz.methods.registry import method_of
from comp_viz.ui.cache.checkpoints import checkpoint_card, fitting_checkpoints, open_checkpoint, opens
from comp_viz.ui.compare.cached import ComparedPredictor, ComparedPredictors, measured_drawings
from comp_viz.ui.frame.page_view import PageView, check_finite
from comp_viz.ui.frame.pattern_state import pattern_choice
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.split_choice import NO_LABELS, NO_SPLITS, SPLIT, SPLIT_HELP, not_measurable, pattern_of_split
from comp_viz.wording import how_many

COMPARED = "compared"  # widget key and address parameter
MOST_PREDICTORS = 8  # beside each other
USUAL_PREDICTORS = 3
COMPARED_HELP = (
    "The first is set against each of the others. A checkpoint means its fused prediction; a head means the prediction "
    "of one modality, which in ComP also hears the others through prompts. Only checkpoints that read these features are listed."
)


@dataclass(frozen=True)
class CompareChoice:
    """What is compared, and on what."""

    predictors: dict[str, tuple[PageView, str]]  # name -> the view by its checkpoint, `fused` or a modality
    split: str
    pattern: str
    seed: int

    @property
    def by_pattern(self) -> dict[str, list[Drawing]]:
        """The drawings of every pattern, the one in force first."""
        return drawings_by_pattern(self.view.data.modalities, self.pattern, self.seed)

    @property
    def drawings(self) -> list[Drawing]:
        """All drawings of the page in the order of measuring."""
        return drawings_in_order(self.view.data.modalities, self.pattern, self.seed)

    @property
    def view(self) -> PageView:
        """The view by the first checkpoint."""
        return next(iter(self.predictors.values()))[0]

    @property
    def queries(self) -> ComparedPredictors:
        """The same, as keys of cached calls."""
        return tuple(
            ComparedPredictor(name, view.query().of_data_set(), output)
            for name, (view, output) in self.predictors.items()
        )

    @property
    def views(self) -> list[PageView]:
        """What has to be run: every checkpoint once, by its name, as predictions are kept; two may have the same weights."""
        return list({view.name: view for view, _ in self.predictors.values()}.values())

    def measured_in_force(self) -> tuple[Drawing, ...]:
        """The drawings of the pattern in force that are measured for everything compared."""
        return self.measured(drawings_of(self.pattern, self.seed))

    def measured(self, among: list[Drawing]) -> tuple[Drawing, ...]:
        """Those of some drawings that are measured for everything compared."""
        return measured_drawings(self.queries, self.split, among)


def compare_controls(view: PageView) -> CompareChoice | None:
    """Draw the page's controls; None, with a note on what to do, where nothing can be compared."""
    there = set(view.data.utterances.splits)
    splits = [split for split in reversed(SPLITS) if split in there]
    if not splits:
        not_measurable(NO_SPLITS)
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = one_of("Split", splits, SPLIT, "The conversations to evaluate on.", width=130)
        utterances = Utterances.of(view.data.split(split))
        names = predictor_control(comparable_predictors(view, int(utterances.lengths.max())), view.device)
    if not counted_labels(view.data.task, utterances.labels):
        not_measurable(NO_LABELS)
        return None
    predictors = open_predictors(view, names)
    if len(predictors) < 2:
        not_measurable("Choose at least two to compare, in the list above.")
        return None
    pattern, note = pattern_of_split(view)
    choice = CompareChoice(predictors, split, pattern, pattern_choice().seed)
    evaluated_caption(choice, utterances, note)
    return choice


def comparable_predictors(view: PageView, longest: int) -> dict[str, tuple[str, str]]:
    """Everything that can be compared on these data: name -> checkpoint, `fused` or a modality; the open checkpoint first."""
    outputs = view.data.task.outputs
    readable = [
        name
        for name in [view.name, *(other for other in fitting_checkpoints(view.data) if other != view.name)]
        if (card := checkpoint_card(name)) and card.task.outputs == outputs and card.architecture.max_length >= longest
    ]
    fused = {predictor_name(name, FUSED): (name, FUSED) for name in readable}
    headed = [
        name
        for name in readable
        if (card := checkpoint_card(name)) and not absence(method_of(card.architecture), "heads")
    ]
    heads = {predictor_name(name, u): (name, u) for name in headed for u in view.data.modalities}
    return fused | heads


def open_predictors(view: PageView, names: dict[str, tuple[str, str]]) -> dict[str, tuple[PageView, str]]:
    """The views of what was chosen; what cannot be read, or predicts no numbers, is named and left out."""
    predictors = {}
    for name, (checkpoint, of) in names.items():
        try:
            one = replace(view, name=checkpoint, checkpoint=open_checkpoint(checkpoint, view.device))
            check_finite(one)
            predictors[name] = one, of
        except CompVizError as error:
            st.warning(f"{escape_markdown(name)} is left out. {escape_markdown(str(error))}", icon=":material/error:")
    return predictors


def predictor_control(known: dict[str, tuple[str, str]], device: str) -> dict[str, tuple[str, str]]:
    """Let some be chosen; those that no longer fit, as of other data, are brought back to the usual ones."""
    state = st.session_state
    kept = [name for name in state.get(COMPARED, []) if name in known]
    if COMPARED in state and len(kept) < len(state[COMPARED]):
        state[COMPARED] = kept if len(kept) > 1 else usual_predictors(known, device)
    elif COMPARED not in state and not set(st.query_params.get_all(COMPARED)) & set(known):
        st.query_params.pop(COMPARED, None)
        state[COMPARED] = usual_predictors(known, device)
    names = st.multiselect(
        "Compared",
        [*known],
        key=COMPARED,
        bind="query-params",
        width="stretch",
        wrap=True,
        max_selections=MOST_PREDICTORS,
        help=COMPARED_HELP,
    )
    return {name: known[name] for name in names}


def usual_predictors(known: dict[str, tuple[str, str]], device: str) -> list[str]:
    """The open checkpoint and those trained on the same data, of its method first; where there are none, its own heads.

    None that cannot be read: a damaged checkpoint beside the others is only named when somebody chooses it.
    """
    cards = {name: checkpoint_card(checkpoint) for name, (checkpoint, of) in known.items() if of == FUSED}
    data = {name: card.data.digest if card and card.data else "" for name, card in cards.items()}
    first = next(iter(known), "")
    same = [name for name in data if data[name] and data[name] == data[first]]
    methods = {name: card.method for name, card in cards.items() if card}
    same.sort(key=lambda name: methods[name] != methods[first])
    same = list(islice((name for name in same if opens(known[name][0], device)), USUAL_PREDICTORS))
    checkpoint = known[first][0] if known else ""
    heads = [name for name, (its, of) in known.items() if its == checkpoint and of != FUSED]
    return (same if len(same) > 1 else [first, *heads])[:USUAL_PREDICTORS] if known else []


def evaluated_caption(choice: CompareChoice, utterances: Utterances, note: str) -> None:
    """The utterances that are evaluated on, and what to mind of the checkpoints."""
    task, drawings = choice.view.data.task, drawings_of(choice.pattern, choice.seed)
    seeds = (
        f", {len(drawings)} drawings with the seeds {choice.seed} to {drawings[-1].seed}" if len(drawings) > 1 else ""
    )
    st.caption(
        f"Evaluated on the {choice.split} split: {how_many(len(utterances.ids), 'conversation')}, "
        f"{how_many(counted_labels(task, utterances.labels), 'utterance')} that count. Missing pattern: {escape_markdown(Pattern.parse(choice.pattern).words())}{seeds}. {SPLIT_HELP[choice.split]}"
    )
    doubts = {view.checkpoint.doubts(view.data) for view, _ in choice.predictors.values()} - {""}
    for words in [note, *sorted(doubts)]:
        if words:
            st.warning(escape_markdown(words), icon=":material/help:")
