"""The charts of the Modulation page: this conversation as a batch of its own, the training, the effect on finished models."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from comp_viz.analysis.modulation.coefficients import ConversationCoefficients
from comp_viz.analysis.modulation.telemetry import ModulationRecord
from comp_viz.figures.modulation.ablation import ABOUT_MODULATOR_EFFECT, modulator_effect_chart
from comp_viz.figures.modulation.coefficients import ABOUT_COEFFICIENTS, coefficients_chart, coefficients_span
from comp_viz.figures.modulation.telemetry import TRAINING_CHARTS
from comp_viz.figures.style import Palette
from comp_viz.ui.cache import training as cached_training
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.selection_warning import selection_warning
from comp_viz.wording import how_many

NO_PROMPTS = (
    "**{name}** has no prompts. The modulator scales the gradient of the layer that makes prototypes, which prompts are made "
    "of: without prompting it has nothing to act on, and there are no coefficients."
)
NOT_RECORDED = (
    "The training of **{name}** was not recorded. Every `comp-viz train` writes telemetry beside its "
    "checkpoint; weights that were converted, or a folder copied without `telemetry/`, have none."
)
SWITCHED_OFF = "**{name}** was trained without the modulator, so there are no coefficients of its training."
NO_LABELLED_UTTERANCE = (
    "No utterance of this conversation has a label that counts, so it has no coefficients. Choose a labelled one."
)
NO_ABLATION_TABLE = (
    "No table of results compares models with and without the modulator. Make one: "
    "`comp-viz sweep results/ablation.yaml`."
)
COUNTED_HELP = "N: utterances with a label; for scores also not exactly neutral. Only they enter the sums."
MEAN_HELP = "Over N utterances the coefficients of a modality have the mean 1 − 1/N exactly, whatever the errors: Σ(ΣR − R)/ΣR = N − 1."
CLIPPED_HELP = (
    "Coefficients outside the clip range of the checkpoint's recipe, of all utterances that count and all modalities."
)


def conversation_coefficients_row(place_of: Sequence[Side], selected: int, palette: Palette) -> None:
    """The coefficients the open conversation has as a batch of its own, for each side on one axis."""
    coefficients = [coefficients_in_view(side.view) for side in place_of]
    shared = coefficients_span([one for one in coefficients if one])
    charts = None not in coefficients
    places = zip(row_of_sides(place_of, charts=charts), row_of_sides(place_of, charts=False), strict=True)
    for side, (place, below), one in zip(place_of, places, coefficients, strict=True):
        view = side.view
        if one is None:
            prompting = view.checkpoint.prompting
            reason = NO_LABELLED_UTTERANCE if prompting else NO_PROMPTS.format(name=escape_markdown(view.name))
            place.info(escape_markdown(reason), icon=":material/info:")
            continue
        recorded = cached_training.hardness(view.name).of(view.conversation.id if trained_on_open_data(view) else "")
        figure = coefficients_chart(one, recorded, view.conversation.words, selected, shared, palette)
        with place:
            chart_panel(figure, f"now{side.key}", ABOUT_COEFFICIENTS, one.table, selects=True)
        with below:
            coefficient_numbers(one)


def coefficients_in_view(view: PageView) -> ConversationCoefficients | None:
    """The coefficients of the open conversation; None without prompting or without labels that count."""
    if not view.checkpoint.prompting:
        return None
    return cached_training.open_coefficients(view.query())


def coefficient_numbers(coefficients: ConversationCoefficients) -> None:
    """What holds of any batch, in this one's numbers."""
    with st.container(horizontal=True, gap="medium"):
        st.metric("Utterances that count", f"{coefficients.count:,}", width="content", help=COUNTED_HELP)
        st.metric("Mean before clipping", f"{coefficients.mean:.4f}", width="content", help=MEAN_HELP)
        st.metric("1 − 1/N", f"{coefficients.expected_mean:.4f}", width="content", help=MEAN_HELP)
        clip = coefficients.clip
        limits = f"to {clip[0]:g} to {clip[1]:g}" if clip else "(no range)"
        clipped = f"{coefficients.clipped_count} of {coefficients.count * len(coefficients.modalities):,}"
        st.metric(f"Clipped {limits}", clipped, width="content", help=CLIPPED_HELP)


def trained_on_open_data(view: PageView) -> bool:
    """Whether the open data are those the checkpoint was trained on."""
    trained_on = view.checkpoint.card.data
    return trained_on is not None and trained_on.digest == view.data.digest


def training_rows(place_of: Sequence[Side], palette: Palette) -> None:
    """What the modulator did in training, for each side on shared axes."""
    names = tuple(side.view.name for side in place_of)
    trainings = cached_training.training_figures(names, place_of[0].view.data.modalities, palette)
    if any(record.by_epoch.empty for record, _ in trainings):
        for side, place, (record, _) in zip(place_of, row_of_sides(place_of, charts=False), trainings, strict=True):
            if record.by_epoch.empty:
                place.info(no_record(side.view, record), icon=":material/info:")
    for key in dict.fromkeys(key for _, figures in trainings for key in figures):
        table, about = TRAINING_CHARTS[key]
        for side, place, (record, figures) in zip(place_of, row_of_sides(place_of), trainings, strict=True):
            if key in figures:
                with place:
                    chart_panel(figures[key], f"{key}{side.key}", about, partial(getattr, record, table))


def no_record(view: PageView, record: ModulationRecord) -> str:
    """Why there are no coefficients of a checkpoint's training, and what to do about it."""
    if not view.checkpoint.prompting:
        return NO_PROMPTS.format(name=escape_markdown(view.name))
    return (NOT_RECORDED if record.gradients.empty else SWITCHED_OFF).format(name=escape_markdown(view.name))


def effect_row(view: PageView, palette: Palette) -> None:
    """Finished models with and without the modulator: our results table, the paper's dashed."""
    methods = cached_training.MODULATOR_METHODS
    digest: str | None = view.data.digest
    if cached_training.results_table(methods, digest) is None:
        digest = None  # of any data
    table = cached_training.results_table(methods, digest)
    ours = cached_training.cached_modulator_effect(digest)
    if table is None or ours is None:
        st.info(NO_ABLATION_TABLE, icon=":material/table:")
        return
    published = cached_training.published_modulator(bool(view.data.task.classes))
    figure = modulator_effect_chart(ours, published, table.name, palette)
    chart_panel(figure, "worth", ABOUT_MODULATOR_EFFECT, lambda: ours)
    seeds = how_many(table.seeds, "seed")
    st.caption(f"{escape_markdown(table.protocol)}; mean over {seeds}, paired seed by seed, with 95\u202f% intervals.")
    selection_warning(table)
