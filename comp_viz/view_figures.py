"""Charts of the pages by their names, each from a view in one call: `figure(view, "timeline")`."""

from collections.abc import Callable
from textwrap import wrap

import plotly.graph_objects as go

from comp_viz.analysis.coordinator.groups import by_availability, by_emotion, by_subset, kept_subsets, left_with
from comp_viz.analysis.coordinator.reweighting import LEARNED, compare_weightings, fixed_weights
from comp_viz.analysis.coordinator.weights import weight_floor, weight_span, weight_summary
from comp_viz.analysis.prediction import FUSED, predict_conversation, true_decisions
from comp_viz.analysis.propagation.attention import ROLLOUT_MAP, attention, entropy_by_head
from comp_viz.analysis.propagation.prompt_ablation import ALL_UTTERANCES, PromptAblation, ablate_prompts
from comp_viz.analysis.prototypes.assignment import measure_assignments
from comp_viz.analysis.prototypes.colouring import colouring
from comp_viz.analysis.prototypes.feature_space import agreement_by_stage, feature_spaces
from comp_viz.analysis.reconstruction.entries import Reconstruction, compare_rebuilt
from comp_viz.analysis.why.attribution import INTEGRATED, attribute
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.analysis.why.context import Context, context
from comp_viz.analysis.why.contribution import Contribution, contribution
from comp_viz.analysis.why.leave_one_out import losses
from comp_viz.analysis.why.masking import Masked
from comp_viz.errors import CompVizError
from comp_viz.figures.coordinator.by_availability import by_availability_chart, weights_by_availability_title
from comp_viz.figures.coordinator.reweighting import other_weights_title, prediction_span, weightings_along
from comp_viz.figures.coordinator.simplex import Points, simplex, simplex_title
from comp_viz.figures.coordinator.weights_along import weights_along, weights_title
from comp_viz.figures.emotions import emotion_looks
from comp_viz.figures.live.timeline import timeline, timeline_title, utterance_texts
from comp_viz.figures.propagation.attention import attention_chart, head_entropy_chart, query_chart, shared_tops
from comp_viz.figures.propagation.prompt_ablation import (
    ablation_along_chart,
    ablation_chart,
    highest_change,
    total_change,
)
from comp_viz.figures.prototypes.assignment import assignment_chart, variance_chart
from comp_viz.figures.prototypes.feature_space import space_chart, space_title
from comp_viz.figures.prototypes.space_layout import SpaceLook, space_extent
from comp_viz.figures.reconstruction.entries import entries_chart, lowest_cosine, ranks_chart
from comp_viz.figures.style import DARK, LIGHT, Palette
from comp_viz.figures.why.attribution import attribution_reach, cells_chart, cells_title
from comp_viz.figures.why.context import context_chart, context_map, context_tops
from comp_viz.figures.why.contribution import (
    contribution_hovers,
    contribution_reach,
    contributions_along,
    contributions_title,
)
from comp_viz.figures.why.pairs import pairs_chart, pairs_span
from comp_viz.figures.why.waterfall import waterfall, waterfall_span
from comp_viz.network.intervention import Intervention
from comp_viz.view import View

LINE, WIDTH = 20, 100  # of a title: pixels, characters


def figure(view: View, name: str, modality: str | None = None, utterance: int = 1, dark: bool = False) -> go.Figure:
    """The chart called `name`, one of `FIGURES`, as its page draws it, with its finding as title.

    `modality` is for charts of one modality, by default the first; `utterance`, counted from 1, is the selected one. Raises
    `CompVizError` when there is no such chart, modality or utterance, or the network has no such part.
    """
    if name not in FIGURES:
        raise CompVizError(f"figure: expected one of {', '.join(FIGURES)}, got {name!r}.")
    names = view.checkpoint.config.modalities
    if modality not in (None, *names):
        raise CompVizError(f"figure: expected a modality of {', '.join(names)}, got {modality!r}.")
    if not 1 <= utterance <= len(view.conversation):
        raise CompVizError(f"figure: expected an utterance from 1 to {len(view.conversation)}, got {utterance}.")
    palette = DARK if dark else LIGHT
    return titled(FIGURES[name](view, modality or names[0], utterance - 1, palette), palette)


def titled(drawn: go.Figure, palette: Palette) -> go.Figure:
    """The chart with the sentence that pages set above it, in room of its own, on the ground of the palette."""
    lines = wrap(str(drawn.layout.meta), WIDTH)
    room = LINE * (len(lines) + 1)
    place = {"x": 0, "xref": "paper", "y": 1, "yref": "container", "yanchor": "top", "pad": {"t": LINE // 2}}
    return drawn.update_layout(
        title={"text": "<br>".join(lines), "font": {"size": 15}, **place},
        margin_t=drawn.layout.margin.t + room,
        height=drawn.layout.height + room,
        paper_bgcolor=palette.ground,
    )


def lacks(view: View, part: str) -> CompVizError:
    """What is raised where a network was trained without the part that a chart is about."""
    return CompVizError(f"figure: checkpoint {view.checkpoint.card.name!r} was built without {part}.")


def timeline_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Live: prediction and truth, heads, change, coordinator weights."""
    conversation = view.conversation
    here, complete = view.prediction, view.complete.prediction
    drawn = timeline(here, complete, view.change, conversation.labels, conversation.words, selected, palette)
    return drawn.update_layout(meta=timeline_title(view.change))


def attention_map_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Propagation: attention rollout, queries by keys."""
    if not view.inside.attention:
        raise lacks(view, "propagation")
    weights = attention(view.inside, modality, ROLLOUT_MAP)
    highest, received, _ = shared_tops([weights], selected)
    return attention_chart(weights, view.conversation.words, highest, received, selected, palette)


def attention_row_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Propagation: what the selected utterance attends to."""
    if not view.inside.attention:
        raise lacks(view, "propagation")
    weights = attention(view.inside, modality, ROLLOUT_MAP)
    return query_chart(weights, view.conversation.words, shared_tops([weights], selected)[2], selected, palette)


def attention_entropy_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Propagation: normalised entropy of every head."""
    if not view.inside.attention:
        raise lacks(view, "propagation")
    return head_entropy_chart(entropy_by_head(view.inside), palette)


def removed_prompts(view: View) -> PromptAblation:
    """Predictions with each prompt removed."""
    ablation = ablate_prompts(view.checkpoint, view.conversation, view.observed)
    if ablation is None:
        raise lacks(view, "prompting")
    return ablation


def prompt_ablation_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Propagation: change of the fused prediction without each prompt, as links from source to receiver."""
    ablation = removed_prompts(view)
    return ablation_chart(ablation, FUSED, ALL_UTTERANCES, total_change(ablation, FUSED, ALL_UTTERANCES), palette)


def prompt_ablation_along_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Propagation: the same utterance by utterance."""
    ablation = removed_prompts(view)
    top = highest_change([ablation], FUSED)
    return ablation_along_chart(ablation, FUSED, view.conversation.words, top, selected, palette)


def reconstructions(view: View) -> dict[str, Reconstruction]:
    """Features of missing entries beside those as recorded."""
    compared = compare_rebuilt(view.rebuilt)
    if not any(map(len, compared.values())):
        raise CompVizError(
            "figure: nothing is taken away, so nothing is reconstructed. Give the view a missing pattern."
        )
    return compared


def reconstruction_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Reconstruction: rank and cosine of every missing entry."""
    compared = reconstructions(view)
    return entries_chart(compared, view.conversation.words, lowest_cosine([compared]), selected, palette)


def reconstruction_ranks_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Reconstruction: the ranks of all missing entries together."""
    return ranks_chart(reconstructions(view), palette)


def assignment_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Prototypes: which conversations' prototypes the utterances draw on, in the last block."""
    checkpoint = view.checkpoint
    if not checkpoint.prompting:
        raise lacks(view, "prompting")
    assignments = measure_assignments(checkpoint, view.inside, checkpoint.comp.config.blocks - 1)
    names = ["own", *(f"bank {i + 1}" for i in range(checkpoint.bank.shape[1]))]
    return assignment_chart(assignments, modality, names, False, view.conversation.words, selected, palette)


def explained_variance_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Prototypes: what prototypes explain of prompts, block by block."""
    if not view.checkpoint.prompting:
        raise lacks(view, "prompting")
    blocks = [measure_assignments(view.checkpoint, view.inside, l) for l in range(view.checkpoint.comp.config.blocks)]
    return variance_chart([block for block in blocks if block], palette)


def feature_space_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Prototypes: encoded, propagated and fused features by PCA, coloured by label."""
    here, conversation = view.prediction, view.conversation
    (space,) = feature_spaces([view.inside], (modality,), "PCA", 2, False)
    look = SpaceLook(
        lambda cloud: colouring("label", cloud, here, conversation.labels, conversation.speakers),
        conversation.words, selected, "none", space_extent([space]), True, palette,
    )  # fmt: skip
    truth = true_decisions(here.task, conversation.labels)
    return space_chart(space, here, look, space_title(agreement_by_stage(view.inside, (modality,), truth), modality))


def coordinator_weights_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Coordinator: weights along the conversation."""
    here = weighed(view)
    title = weights_title(weight_summary(view.prediction))
    return weights_along(view.prediction, here, weight_span(view.prediction), selected, palette, title)


def weighed(view: View) -> list[str]:
    """What stands beside every point of a chart of coordinator weights."""
    if not view.checkpoint.learned_weights:
        raise lacks(view, "a coordinator")
    conversation = view.conversation
    recorded = conversation.recorded
    return utterance_texts(view.prediction, conversation.labels, conversation.words, recorded)


def weight_simplex_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Coordinator: every utterance's weights as one point, of three modalities in a triangle."""
    here, texts = view.prediction, weighed(view)
    groups, looks = by_emotion(here, view.conversation.labels), emotion_looks(palette, here.task.classes)
    points = Points(here, groups, looks, texts, selected)
    return simplex(points, weight_span(here), weight_floor(here), palette, simplex_title(here))


def weights_by_availability_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Coordinator: mean weights by which modalities are observed."""
    here, names = view.prediction, view.prediction.modalities
    weighed(view)
    fixed = by_subset({
        kept: predict_conversation(view.checkpoint, view.conversation, left_with(names, view.conversation.observed, kept))
        for kept in kept_subsets(names)
    })  # fmt: skip
    title = weights_by_availability_title(fixed, names)
    return by_availability_chart(by_availability(here), fixed, names, weight_span(here), palette, title)


def other_weights_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Coordinator: predictions with equal weights and with one modality alone."""
    weighed(view)
    predictions = {LEARNED: view.prediction} | {
        name: predict_conversation(view.checkpoint, view.conversation, view.observed, Intervention(weights=weights))
        for name, weights in fixed_weights(view.prediction.modalities).items()
    }
    conversation = view.conversation
    each = compare_weightings(predictions, conversation.labels)
    span = prediction_span((each, conversation.labels))
    return weightings_along(
        each, conversation.labels, conversation.words, span, selected, palette, other_weights_title(each)
    )


def shapley_values(view: View) -> Contribution:
    """Exact Shapley values of the fused prediction."""
    return contribution(predict_coalitions(view.checkpoint, view.conversation, view.observed), FUSED)


def contributions_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Why: what each modality contributes to every prediction."""
    values = shapley_values(view)
    texts, title = contribution_hovers(values, view.conversation.words), contributions_title(values)
    return contributions_along(values, texts, contribution_reach([values]), selected, palette, title)


def contribution_steps_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Why: from nothing observed to the prediction of the selected utterance."""
    values = shapley_values(view)
    return waterfall(values, selected, waterfall_span([values], selected), palette)


def interactions_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Why: synergy and redundancy of every pair of modalities."""
    values = shapley_values(view)
    return pairs_chart(values, selected, pairs_span([values], selected), palette)


def attribution_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Why: what each cell contributes to the prediction of the selected utterance, by Integrated Gradients."""
    parts = attribute(view.checkpoint, view.conversation, view.observed, selected, INTEGRATED, 0)
    return cells_chart(
        parts, view.conversation.words, attribution_reach([parts]), selected, palette, cells_title(parts)
    )


def other_utterances(view: View) -> Context:
    """Predictions without each utterance, beside attention rollout."""
    masked = Masked.of(view.checkpoint, view.conversation, view.observed)
    return context(losses(masked, modalities=False), view.inside)


def context_row_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Why: which other utterances move the prediction of the selected one."""
    effects = other_utterances(view)
    return context_chart(effects, view.conversation.words, context_tops([effects], selected), selected, palette)


def context_map_figure(view: View, modality: str, selected: int, palette: Palette) -> go.Figure:
    """Why: the same for every prediction."""
    effects = other_utterances(view)
    return context_map(effects, context_tops([effects], selected)[0], selected, palette)


FIGURES: dict[str, Callable[[View, str, int, Palette], go.Figure]] = {
    "timeline": timeline_figure,
    "attention": attention_map_figure,
    "attention row": attention_row_figure,
    "attention entropy": attention_entropy_figure,
    "prompt ablation": prompt_ablation_figure,
    "prompt ablation along": prompt_ablation_along_figure,
    "reconstruction": reconstruction_figure,
    "reconstruction ranks": reconstruction_ranks_figure,
    "assignment": assignment_figure,
    "explained variance": explained_variance_figure,
    "feature space": feature_space_figure,
    "coordinator weights": coordinator_weights_figure,
    "weight simplex": weight_simplex_figure,
    "weights by availability": weights_by_availability_figure,
    "other weights": other_weights_figure,
    "contributions": contributions_figure,
    "contribution steps": contribution_steps_figure,
    "interactions": interactions_figure,
    "attribution": attribution_figure,
    "context": context_row_figure,
    "context map": context_map_figure,
}  # name -> how it is drawn, with the view, a modality, the selected utterance counted from 0, colours
