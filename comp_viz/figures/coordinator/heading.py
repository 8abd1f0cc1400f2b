"""The heading of the Coordinator page: its finding, the facts in its second line, and the terms in them explained."""

from collections.abc import Mapping

from comp_viz.analysis.coordinator.trust import Disagreement, Trust
from comp_viz.analysis.coordinator.weights import NEARLY_EQUAL, WeightSummary
from comp_viz.figures.coordinator.strips import correctness_title
from comp_viz.wording import decimal, first_upper, fitting, how_many

COORDINATOR_HELP = (
    "The coordinator gives each modality of each utterance a weight from 0 to 1 that sum to 1, and multiplies the "
    "modality's features by it before they are fused. Equal weights would be the same for all."
)
FACTS_HELP = (
    "A modality's head predicts from that modality and the prompts it receives. AUC: the probability that the weight is larger in "
    "an utterance the head gets right than in one it gets wrong, 0 to 1; 0.5 if the weight is unrelated to it. Only utterances with a "
    "label that is not exactly neutral count."
)


def coordinator_heading(weights: WeightSummary, given_by: str = "coordinator") -> str:
    """The mean weights of the modalities, and whether they are close to equal."""
    means = {name: each.mean for name, each in weights.by_modality.items()}
    least, most = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    close = max(abs(mean - weights.equal) for mean in means.values()) <= NEARLY_EQUAL
    verb = "are close to" if close else "differ from"
    sentence = f"{first_upper(given_by)} weights {verb} 1/{len(means)} each"
    return fitting(
        f"{sentence}: on average {decimal(means[least])} ({least}) to {decimal(means[most])} ({most})",
        f"{sentence}: on average {decimal(means[least])} to {decimal(means[most])}",
    )


def coordinator_facts(weights: WeightSummary, trust: Mapping[str, Trust], disagreement: Disagreement) -> str:
    """The range of weights, and whether they follow availability and correctness, in sentences."""
    sentences = [
        weight_range(weights),
        weight_by_availability(weights),
        correctness_title(trust, disagreement),
        right_head_weighted(disagreement),
    ]
    return " ".join(f"{sentence}." for sentence in sentences)


def weight_range(weights: WeightSummary) -> str:
    """The smallest and the largest weight of single utterances, and their mean distance from equal."""
    (least, low), (most, high) = weights.lowest, weights.highest
    return (
        f"Weights of single utterances range from {decimal(low)} ({least}) to {decimal(high)} ({most}), {decimal(weights.distance)} from "
        "equal on average"
    )


def weight_by_availability(weights: WeightSummary) -> str:
    """The mean weight of a modality where it is observed and where it is missing, for the one where they differ most."""
    name = weights.most_affected
    if name is None:
        return "No modality is observed in some utterances and missing in others"
    each = weights.by_modality[name]
    return (
        f"The mean weight of {name} is {each.where_observed:.2f} where it is observed ({how_many(each.observed, 'utterance')}) "
        f"and {each.where_missing:.2f} where it is missing ({each.missing:,})"
    )


def right_head_weighted(disagreement: Disagreement) -> str:
    """How often the largest weight is on a head that is right, where heads disagree."""
    count, labelled = len(disagreement.utterances), how_many(disagreement.labelled, "labelled utterance")
    if not disagreement.labelled:
        return "Without labels it is unknown which head is right"
    if not count:
        where = "the only labelled utterance" if disagreement.labelled == 1 else f"each of the {labelled}"
        return (
            f"In {where} the heads are all right or all wrong, so weights can follow which utterances are easy, not which "
            "head is right"
        )
    if disagreement.labelled == 1:
        on = "is" if disagreement.trusted_right else "is not"
        return f"In the only labelled utterance the heads disagree, and the largest weight {on} on a head that is right"
    return (
        f"The heads disagree in {count:,} of {labelled}; in {disagreement.trusted_right:,} of them the largest weight is on a head "
        f"that is right ({decimal(disagreement.by_chance, 1)} by chance)"
    )


def no_coordinator(modalities: int) -> str:
    """What a network without a coordinator does instead."""
    return (
        f"This network was trained without a coordinator: each of its {modalities} modalities has weight 1/{modalities}"
    )


NO_COORDINATOR_FACTS = "The charts below show what other weights would make of its features."
NO_OTHER_WEIGHTS = "Predictions with other weights are not shown: only the coordinator of ComP can be replaced by them."
