"""Cached calls of the Why page. Keys are small and complete, as in `comp_viz.ui.cache.cached`."""

from functools import partial

import numpy as np

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.why.attribution import OCCLUSION, Attribution, attribute, by_occlusion
from comp_viz.analysis.why.coalitions import FUSED, Coalitions, coalitions
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
from comp_viz.ui.cache.cached import INFERENCE, checkpoint, data_set
from comp_viz.ui.cache.per_session import keep_data

Asked = tuple[str, tuple[str, str], str, str, str, str, bytes]  # what `View.asked` gives


def opened(asked: Asked) -> tuple[Checkpoint, Conversation, Bools]:
    """The checkpoint, conversation and missing pattern `[S, M]` that are asked about."""
    name, _, device, data, root, conversation, pattern = asked
    found = data_set(data, root).find(conversation)
    return checkpoint(name, device), found, np.frombuffer(pattern, dtype=bool).reshape(found.observed.shape)


@keep_data(max_entries=64, show_spinner="Predicting in every coalition …")
def in_coalitions(asked: Asked) -> Coalitions:
    """Predictions in all coalitions of modalities."""
    with INFERENCE:
        return coalitions(*opened(asked))


@keep_data(max_entries=16, show_spinner="Taking away one cell after the other …")
def single_losses(asked: Asked) -> Losses:
    """Predictions without each cell."""
    with INFERENCE:
        return losses(Masked.of(*opened(asked)))


@keep_data(max_entries=16, show_spinner="Taking away one utterance after the other …")
def contexts(asked: Asked) -> Context:
    """Predictions without each utterance, beside attention rollout."""
    with INFERENCE:
        return context(losses(Masked.of(*opened(asked)), modalities=False), look_inside(*opened(asked)))


def attribution(asked: Asked, target: int, method: str) -> Attribution:
    """One utterance's prediction explained by a method."""
    return by_occlusion(single_losses(asked), target) if method == OCCLUSION else _attribution(asked, target, method)


@keep_data(max_entries=64, show_spinner="Explaining the prediction …")
def _attribution(asked: Asked, target: int, method: str) -> Attribution:
    with INFERENCE:
        return attribute(*opened(asked), target, method)


@keep_data(max_entries=64, show_spinner="Testing the order of cells …")
def cells_tested(asked: Asked, target: int, method: str) -> Curves:
    """Deletion and insertion of cells."""
    found = attribution(asked, target, method)
    with INFERENCE:
        masked = Masked.of(*opened(asked))
        return cell_curves(masked, found, way_of(masked, target))


@keep_data(max_entries=64, show_spinner="Testing the order of features …")
def features_tested(asked: Asked, target: int, method: str) -> Curves | None:
    """Deletion and insertion of the utterance's own features."""
    found = attribution(asked, target, method)
    with INFERENCE:
        return feature_curves(*opened(asked), found, way_of(Masked.of(*opened(asked)), target))


@keep_data(max_entries=64, show_spinner="Testing the order of utterances …")
def utterances_tested(asked: Asked, target: int, by_rollout: bool) -> Curves:
    """Deletion and insertion of other utterances, in the order of their effect or of attention rollout."""
    found = contexts(asked)
    with INFERENCE:
        masked = Masked.of(*opened(asked))
        whole = masked.fused(masked.observed[None])[0]
        way, rolled = way_of(masked, target), found.mean_rollout
        support: Floats = rolled[target] if by_rollout and rolled is not None else way * found.effects[target]
        return utterance_curves(masked, support, target, int(decided(masked.task, whole)[target]), way)


def way_of(masked: Masked, target: int) -> int:
    """Which way the explained number speaks for the decision, +1 or -1."""
    return int(direction(masked.task, masked.fused(masked.observed[None])[0])[target])


@keep_data(max_entries=64, show_spinner="Explaining again under noise and with random weights …")
def tested_again(asked: Asked, target: int, method: str) -> Sanity:
    """Whether an attribution survives noise, and depends on what was learned."""
    opened_, found, observed = opened(asked)
    with INFERENCE:
        return sanity(partial(cells_of, observed, target, method), opened_, found, observed)


def cells_of(observed: Bools, target: int, method: str, opened: Checkpoint, conversation: Conversation) -> Floats:
    """The cells of an attribution."""
    return attribute(opened, conversation, observed, target, method).cells


@keep_data(max_entries=64, show_spinner="Explaining again under noise and with random weights …")
def contributions_again(asked: Asked, predictor: str = FUSED) -> Sanity:
    """The same for contributions of modalities."""
    opened_, found, observed = opened(asked)
    with INFERENCE:
        return sanity(partial(values_of, observed, predictor), opened_, found, observed)


def values_of(observed: Bools, predictor: str, opened: Checkpoint, conversation: Conversation) -> Floats:
    """Shapley values as cells, `[S, M]`."""
    return contribution(coalitions(opened, conversation, observed), predictor).values.T


@keep_data(max_entries=64, show_spinner="Looking for the smallest set of cells …")
def flipping(asked: Asked, target: int) -> Counterfactual:
    """The smallest set of cells whose loss flips a decision."""
    found = single_losses(asked)
    with INFERENCE:
        return smallest_loss(Masked.of(*opened(asked)), found, target)


@keep_data(max_entries=64, show_spinner="Looking for the smallest set of cells …")
def restoring(asked: Asked, target: int) -> Counterfactual:
    """The smallest set of missing cells whose return restores the decision for the complete recording."""
    opened_, found, observed = opened(asked)
    with INFERENCE:
        return smallest_return(Masked.of(opened_, found, found.observed), observed, target)
