"""What one conversation adds to the claims on features and weights: sums that are added up over a split."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.coordinator.trust import head_correctness
from comp_viz.analysis.inside import Inside
from comp_viz.analysis.prediction import Prediction, true_decisions
from comp_viz.analysis.reconstruction.entries import reconstruct
from comp_viz.analysis.stats.sums import Values
from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.dataset import Ints

ALL_MODALITIES = "all modalities"
BEYOND_NEIGHBOURS = "beyond the neighbours' mean"
BEST_HEAD = "head nearest to the truth"
RIGHT_HEADS, OBSERVED = "heads that are right", "modalities that are observed"
Sums = tuple[float, float]  # of the quantity, and of what it is counted over


@dataclass(frozen=True)
class LabelledFeatures:
    """One modality's features of the utterances that are observed and have a label that counts."""

    encoded: Floats  # [n, d], Z
    propagated: Floats  # [n, d], Z̄
    truth: Ints  # [n], decisions


@dataclass(frozen=True)
class ConversationEvidence:
    """Of one conversation: sums for reconstruction and coordinator, and features for separation, which needs all of them."""

    reconstruction: Mapping[str, Sums]
    coordinator: Mapping[str, Sums]
    features: Mapping[str, LabelledFeatures]  # modality -> its own


def conversation_evidence(here: Inside, complete: Inside, labels: Floats) -> ConversationEvidence:
    """From a pass under a missing pattern and one of the conversation as recorded, with its `labels [S]`."""
    truth = true_decisions(here.prediction.task, labels)
    features = {}
    for i, u in enumerate(here.modalities):
        rows = here.observed[:, i] & (truth >= 0)
        features[u] = LabelledFeatures(here.encoded[u][rows], here.propagated[u][rows], truth[rows])
    return ConversationEvidence(reconstruction_sums(here, complete), coordinator_sums(here, labels), features)


def reconstruction_sums(here: Inside, complete: Inside) -> dict[str, Sums]:
    """How much nearer than by chance missing entries come to their own features, and how often nearer than neighbours are.

    Of all places, 0 is best and one half chance: summed is one half minus the place. Of the entries that have neighbours,
    summed is 1 where they are nearer to their own features than the neighbours' mean is, minus one half.
    """
    compared = reconstruct(here, complete)
    sums = {u: (float((0.5 - one.place).sum()), float(len(one))) for u, one in compared.items()}
    nearer, with_neighbours = 0.0, 0.0
    for one in compared.values():
        known = ~np.isnan(one.neighbour_cosine)
        nearer += float((one.cosine > one.neighbour_cosine)[known].sum() - known.sum() / 2)
        with_neighbours += float(known.sum())
    return {ALL_MODALITIES: total(sums), **sums, BEYOND_NEIGHBOURS: (nearer, with_neighbours)}


def total(sums: Mapping[str, Sums]) -> Sums:
    """The sum of several."""
    above, below = np.sum([*sums.values()], axis=0)
    return float(above), float(below)


def coordinator_sums(here: Inside, labels: Floats) -> dict[str, Sums]:
    """Weight beyond an equal share: on the head nearest to the truth, on those that are right, and on what is observed.

    The first counts every labelled utterance, the others those where some heads are right and some observed, but not all.
    """
    prediction = here.prediction
    if not prediction.weighted or not prediction.heads:
        return {}
    right, known = head_correctness(prediction, labels)
    errors = head_errors(prediction, labels)
    best = errors == errors.min(1, keepdims=True)
    return {
        BEST_HEAD: weight_beyond_share(prediction.coordinator, best, ~np.isnan(labels)),
        RIGHT_HEADS: weight_beyond_share(prediction.coordinator, right, known),
        OBSERVED: weight_beyond_share(prediction.coordinator, here.observed, np.ones(len(right), bool)),
    }


def head_errors(prediction: Prediction, labels: Floats) -> Floats:
    """Error of each head, `[S, M]`: absolute, or one minus the probability of the true class; NaN where unlabelled."""
    heads = np.stack([prediction.heads[u] for u in prediction.modalities], axis=1)  # (S, M, C)
    if not prediction.task.classes:
        errors: Floats = np.abs(heads[..., 0] - labels[:, None])
        return errors
    known = ~np.isnan(labels)
    truth = np.where(known, labels, 0).astype(int)[:, None, None]
    missed: Floats = 1 - np.take_along_axis(heads, truth, 2)[..., 0]
    return np.where(known[:, None], missed, np.nan)


def weight_beyond_share(weights: Floats, chosen: Bools, counted: Bools) -> Sums:
    """Weight on those `chosen [S, M]` minus their share of the modalities, where only some are, in utterances that count."""
    apart = counted & chosen.any(1) & ~chosen.all(1)
    beyond = (weights * chosen).sum(1) - chosen.mean(1)
    return float(beyond[apart].sum()), float(apart.sum())


def stacked_sums(parts: list[Mapping[str, Sums]]) -> dict[str, Values]:
    """Sums `[V, 2]` over `V` conversations, by what they are of."""
    return {of: np.array([one[of] for one in parts], np.float64) for of in (parts[0] if parts else ())}
