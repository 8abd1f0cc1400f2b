"""Explanations of one prediction: each is kept under the digest of its `Query`."""

from functools import partial

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prediction import FUSED
from comp_viz.analysis.query import Query
from comp_viz.analysis.why.attribution import OCCLUSION, Attribution, attribute, by_occlusion
from comp_viz.analysis.why.coalitions import Coalitions, predict_coalitions
from comp_viz.analysis.why.context import Context, context
from comp_viz.analysis.why.contribution import contribution
from comp_viz.analysis.why.counterfactual import Counterfactual, smallest_loss, smallest_return
from comp_viz.analysis.why.faithfulness import Curves, cell_curves, feature_curves, utterance_curves
from comp_viz.analysis.why.leave_one_out import Losses, losses
from comp_viz.analysis.why.masking import Masked
from comp_viz.analysis.why.sanity import Sanity, sanity
from comp_viz.analysis.why.target import decided, direction
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data
from comp_viz.ui.cache.predictions import open_query


@keep_data(max_entries=64, show_spinner="Predicting in every coalition …")
def in_coalitions(query: Query) -> Coalitions:
    """Predictions in all coalitions of modalities."""
    with INFERENCE:
        return predict_coalitions(*open_query(query))


@keep_data(max_entries=16, show_spinner="Taking away one cell after the other …")
def single_losses(query: Query) -> Losses:
    """Predictions without each cell."""
    with INFERENCE:
        return losses(Masked.of(*open_query(query)))


@keep_data(max_entries=16, show_spinner="Taking away one utterance after the other …")
def contexts(query: Query) -> Context:
    """Predictions without each utterance, beside attention rollout."""
    with INFERENCE:
        checkpoint, conversation, observed = open_query(query)
        inside = look_inside(checkpoint, conversation, observed) if checkpoint.has("trace") else None
        return context(losses(Masked.of(checkpoint, conversation, observed), modalities=False), inside)


def attribution(query: Query, target: int, method: str) -> Attribution:
    """One utterance's prediction explained by a method."""
    return by_occlusion(single_losses(query), target) if method == OCCLUSION else _attribution(query, target, method)


@keep_data(max_entries=64, show_spinner="Explaining the prediction …")
def _attribution(query: Query, target: int, method: str) -> Attribution:
    with INFERENCE:
        return attribute(*open_query(query), target, method, query.seed)


@keep_data(max_entries=64, show_spinner="Testing the order of cells …")
def cells_tested(query: Query, target: int, method: str) -> Curves:
    """Deletion and insertion of cells."""
    explained = attribution(query, target, method)
    with INFERENCE:
        masked = Masked.of(*open_query(query))
        return cell_curves(masked, explained, decision_sign(masked, target))


@keep_data(max_entries=64, show_spinner="Testing the order of features …")
def features_tested(query: Query, target: int, method: str) -> Curves | None:
    """Deletion and insertion of the utterance's own features."""
    explained = attribution(query, target, method)
    with INFERENCE:
        sign = decision_sign(Masked.of(*open_query(query)), target)
        return feature_curves(*open_query(query), explained, sign)


@keep_data(max_entries=64, show_spinner="Testing the order of utterances …")
def utterances_tested(query: Query, target: int, by_rollout: bool) -> Curves:
    """Deletion and insertion of other utterances, in the order of their effect or of attention rollout."""
    effects = contexts(query)
    with INFERENCE:
        masked = Masked.of(*open_query(query))
        whole = masked.fused(masked.observed[None])[0]
        sign, rollout = decision_sign(masked, target), effects.mean_rollout
        support: Floats = rollout[target] if by_rollout and rollout is not None else sign * effects.effects[target]
        return utterance_curves(masked, support, target, int(decided(masked.task, whole)[target]), sign)


def decision_sign(masked: Masked, target: int) -> int:
    """Which way the explained number speaks for the decision, +1 or -1."""
    return int(direction(masked.task, masked.fused(masked.observed[None])[0])[target])


@keep_data(max_entries=64, show_spinner="Explaining again under noise and with random weights …")
def tested_again(query: Query, target: int, method: str) -> Sanity:
    """Whether an attribution survives noise, and depends on what was learned."""
    checkpoint, conversation, observed = open_query(query)
    cells = partial(_cells, observed, target, method, query.seed)
    with INFERENCE:
        return sanity(cells, checkpoint, conversation, observed, query.seed)


def _cells(
    observed: Bools, target: int, method: str, seed: int, checkpoint: Checkpoint, conversation: Conversation
) -> Floats:
    """The cells of an attribution, `[S, M]`."""
    return attribute(checkpoint, conversation, observed, target, method, seed).cells


@keep_data(max_entries=64, show_spinner="Explaining again under noise and with random weights …")
def contributions_again(query: Query, predictor: str = FUSED) -> Sanity:
    """The same for contributions of modalities."""
    checkpoint, conversation, observed = open_query(query)
    with INFERENCE:
        return sanity(partial(_shapley_cells, observed, predictor), checkpoint, conversation, observed, query.seed)


def _shapley_cells(observed: Bools, predictor: str, checkpoint: Checkpoint, conversation: Conversation) -> Floats:
    """Shapley values as cells, `[S, M]`."""
    return contribution(predict_coalitions(checkpoint, conversation, observed), predictor).values.T


@keep_data(max_entries=64, show_spinner="Looking for the smallest set of cells …")
def flipping(query: Query, target: int) -> Counterfactual:
    """The smallest set of cells whose loss flips a decision."""
    single = single_losses(query)
    with INFERENCE:
        return smallest_loss(Masked.of(*open_query(query)), single, target)


@keep_data(max_entries=64, show_spinner="Looking for the smallest set of cells …")
def restoring(query: Query, target: int) -> Counterfactual:
    """The smallest set of missing cells whose return restores the decision for the complete recording."""
    checkpoint, conversation, observed = open_query(query)
    with INFERENCE:
        return smallest_return(Masked.of(checkpoint, conversation, conversation.observed), observed, target)
