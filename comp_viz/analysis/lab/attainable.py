"""The best accuracy attainable in the lab: what exact inference in its generating model reaches, with nothing learned.

Whoever knows the model and weighs every emotion by its probability, given all that is observed of the conversation, is right
as often as anyone can be on average. Entries are assumed to be missing completely at random: that one is missing carries no
information on the emotion. Under patterns that depend on the label, more could be reached by noticing what is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from comp_viz.analysis.stats.intervals import clustered_error
from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.dataset import Doubles, Ints
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.model import FAINT, LAB_WIDTHS, LabModel
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.entries import Uniform
from comp_viz.data.patterns.matrices import keep_only
from comp_viz.data.patterns.pattern import Pattern

LAB_MODALITIES = tuple(LAB_WIDTHS)
NOTHING_REMOVED = Pattern()
BOUND_RATES = (0.0, 0.3, 0.5, 0.7)
DRAWN_AT_A_TIME = 250  # conversations drawn at a time
ENOUGH_ERROR = 0.003  # standard error below which no more are drawn


@dataclass(frozen=True)
class Estimate:
    """An accuracy from 0 to 1 and its standard error, from conversations drawn anew."""

    accuracy: float
    error: float


@dataclass(frozen=True)
class Attainable:
    """Best accuracies: the ACC of the metrics, of signs for scores."""

    alone: dict[str, Estimate]  # each modality by itself, over whole conversations
    together: Estimate  # all modalities
    without_context: Estimate  # all modalities, every utterance by itself
    majority: float  # the constant baseline


@dataclass(frozen=True)
class Conditions:
    """What a predictor may observe."""

    pattern: Pattern
    modalities: Sequence[str]
    context: bool = True  # the whole conversation, not the utterance alone


def attainable(
    settings: LabSettings, pattern: Pattern = NOTHING_REMOVED, modalities: Sequence[str] = LAB_MODALITIES, seed: int = 0
) -> Attainable:
    """Best accuracies with some of the modalities under a missing pattern, by default all of them and nothing missing.

    Raises `CompVizError` where the pattern cannot be put on the lab's conversations.
    """
    conditions = {u: Conditions(pattern, [u]) for u in modalities}
    conditions |= {
        "together": Conditions(pattern, modalities),
        "without context": Conditions(pattern, modalities, context=False),
    }
    best = estimate_accuracies(settings, conditions, seed)
    alone = {u: best[u] for u in modalities}
    return Attainable(alone, best["together"], best["without context"], 1 / (settings.classes or 2))


@dataclass(frozen=True)
class AttainableAtRate:
    """Best accuracies of all modalities together at one missing rate."""

    together: Estimate
    without_context: Estimate  # every utterance by itself


def attainable_at(
    settings: LabSettings, rates: Sequence[float] = BOUND_RATES, seed: int = 0
) -> dict[float, AttainableAtRate]:
    """Best accuracies of all modalities together at missing rates of the uniform protocol. Raises `CompVizError`."""
    both = [(rate, context) for rate in rates for context in (True, False)]
    conditions = {
        f"{rate} {context}": Conditions(Pattern((Uniform(rate),)), LAB_MODALITIES, context) for rate, context in both
    }
    best = estimate_accuracies(settings, conditions, seed)
    return {rate: AttainableAtRate(best[f"{rate} True"], best[f"{rate} False"]) for rate in rates}


def estimate_accuracies(settings: LabSettings, conditions: Mapping[str, Conditions], seed: int) -> dict[str, Estimate]:
    """Draw conversations until every accuracy is known well enough; all conditions share them."""
    rng = np.random.default_rng([settings.seed, seed])
    parts: list[Doubles] = []
    while True:
        parts.append(sample_hits(settings, conditions, int(rng.integers(2**32))))
        accuracies = accuracies_of(conditions, parts)
        if max(one.error for one in accuracies.values()) < ENOUGH_ERROR:
            return accuracies


def sample_hits(settings: LabSettings, conditions: Mapping[str, Conditions], seed: int) -> Doubles:
    """`[1 + C, V]`: utterances of some fresh conversations, and how many of them are right under each of `C` conditions."""
    model = LabModel.of(settings)
    data = lab(replace(settings, seed=seed, conversations=(1, 1, DRAWN_AT_A_TIME - 2)))
    utterances = data.utterances
    features = {u: np.concatenate([c.features[u] for c in data.conversations]) for u in data.modalities}
    clues = feature_likelihoods(model, features)
    rows = [utterances.lengths.astype(float)]
    for one in conditions.values():
        left = one.pattern(utterances, data.task, np.random.default_rng(seed))
        lengths = utterances.lengths if one.context else np.ones(len(utterances), int)
        evidence = observed_evidence(model, clues, keep_only(left, utterances.modalities, one.modalities))
        right = probability_right(model, label_probabilities(model, state_posterior(model, evidence, lengths)))
        rows.append(np.add.reduceat(right, utterances.starts[:-1]))
    return np.stack(rows)


def accuracies_of(conditions: Mapping[str, Conditions], parts: Sequence[Doubles]) -> dict[str, Estimate]:
    """Accuracy over all utterances; its error counts conversations, since utterances of one depend on each other."""
    lengths, *rows = np.concatenate(parts, axis=1)
    accuracies = {}
    for name, right in zip(conditions, rows, strict=True):
        accuracy = right.sum() / lengths.sum()
        accuracies[name] = Estimate(float(accuracy), clustered_error(right, lengths))
    return accuracies


def posterior(settings: LabSettings, features: Mapping[str, Floats], observed: Bools) -> Doubles:
    """Probability of every label `[S, K]` (levels from low to high, or classes) given one conversation.

    `features` as in a conversation, `observed [S, M]` in their order: any pattern, up to nothing observed at all.
    """
    model = LabModel.of(settings)
    evidence = observed_evidence(model, feature_likelihoods(model, features), observed)
    return label_probabilities(model, state_posterior(model, evidence, np.array([len(observed)])))


def feature_likelihoods(model: LabModel, features: Mapping[str, Floats]) -> Doubles:
    """`log p(x_t^u | z_t, s_t)` `[N, M, 2, K]`, clear and faint, up to a constant; sums over what a modality expresses."""
    consensus = model.settings.consensus
    parts = []
    for u, x in features.items():
        inner, norm = x @ model.means[u].T, (model.means[u] ** 2).sum(1)
        expressing = np.stack([s * inner - s**2 * norm / 2 for s in (1.0, FAINT)], axis=1)
        own = np.logaddexp.reduce(expressing + np.log(model.stationary), axis=-1, keepdims=True)
        parts.append(mixture(consensus, expressing, own))
    return np.stack(parts, axis=1)


def observed_evidence(model: LabModel, clues: Doubles, observed: Bools) -> Doubles:
    """`log p(x_t | z_t)` `[N, K]` of the observed modalities together, which are all clear or all faint."""
    clear, faint = np.einsum("nmsk,nm->snk", clues, observed)
    return mixture(model.settings.hard, faint, clear)


def mixture(p: float, one: Doubles, other: Doubles) -> Doubles:
    """`log(p · exp(one) + (1 - p) · exp(other))`."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.logaddexp(np.log(p) + one, np.log1p(-p) + other))


def state_posterior(model: LabModel, evidence: Doubles, lengths: Ints) -> Doubles:
    """`p(z_t | x_1 … x_S)` `[N, K]`: forward and backward along conversations of some lengths, one after the other."""
    valid = np.arange(lengths.max()) < lengths[:, None]
    seen = np.zeros((*valid.shape, evidence.shape[1]))
    seen[valid] = evidence  # nothing is seen in padding, which leaves everything before it as it is
    forward, backward = np.empty_like(seen), np.zeros_like(seen)
    forward[:, 0] = np.log(model.stationary) + seen[:, 0]
    for t in range(1, seen.shape[1]):
        forward[:, t] = chain_step(forward[:, t - 1], model.transition) + seen[:, t]
    for t in range(seen.shape[1] - 1, 0, -1):
        backward[:, t - 1] = chain_step(backward[:, t] + seen[:, t], model.transition.T)
    weight = (forward + backward)[valid]
    weight = np.exp(weight - weight.max(1, keepdims=True))
    return np.asarray(weight / weight.sum(1, keepdims=True))


def chain_step(log: Doubles, transition: Doubles) -> Doubles:
    """One step of the chain on logarithms `[V, K]`, up to a constant for every conversation."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(log - log.max(1, keepdims=True)) @ transition))


def label_probabilities(model: LabModel, states: Doubles) -> Doubles:
    """From probabilities of emotions to probabilities of labels, `[N, K]`."""
    noise = model.settings.label_noise
    return (1 - noise) * states + noise * model.stationary


def probability_right(model: LabModel, labels: Doubles) -> Doubles:
    """Probability that the best answer is right, `[N]`: the likeliest class, or the likelier sign of a score."""
    if model.settings.classes:
        return np.asarray(labels.max(1))
    positive = labels[:, model.values > 0].sum(1)
    return np.asarray(np.maximum(positive, 1 - positive))
