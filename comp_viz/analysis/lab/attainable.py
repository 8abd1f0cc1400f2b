"""The best accuracy attainable in the lab: what exact inference in its generating model reaches, with nothing learned.

Whoever knows the model and weighs every emotion by its probability, given all that is observed of the conversation, is right
as often as anyone can be on average. Missing is taken to be without meaning (completely at random): that an entry is missing
tells nothing of the emotion. Under patterns that depend on the label, more could be reached by noticing what is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from comp_viz.analysis.stats.intervals import clustered_error
from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.model import FAINT, LAB_WIDTHS, Doubles, Ints, LabModel
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.entries import Uniform
from comp_viz.data.patterns.matrices import keep_only
from comp_viz.data.patterns.pattern import Pattern

MODALITIES = tuple(LAB_WIDTHS)
FOUND = Pattern()  # nothing is taken away
RATES = (0.0, 0.3, 0.5, 0.7)
TOGETHER = 250  # conversations drawn at a time
ENOUGH = 0.003  # standard error below which no more are drawn


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
    majority: float  # always the same answer


@dataclass(frozen=True)
class Look:
    """What a predictor may look at."""

    pattern: Pattern
    modalities: Sequence[str]
    context: bool = True  # the whole conversation, not the utterance alone


def attainable(
    settings: LabSettings, pattern: Pattern = FOUND, modalities: Sequence[str] = MODALITIES, seed: int = 0
) -> Attainable:
    """Best accuracies with some of the modalities under a missing pattern, by default all of them and nothing missing.

    Raises `CompVizError` where the pattern cannot be put on the lab's conversations.
    """
    looks = {u: Look(pattern, [u]) for u in modalities}
    looks |= {"together": Look(pattern, modalities), "without context": Look(pattern, modalities, context=False)}
    found = estimate(settings, looks, seed)
    alone = {u: found[u] for u in modalities}
    return Attainable(alone, found["together"], found["without context"], 1 / (settings.classes or 2))


@dataclass(frozen=True)
class AtRate:
    """Best accuracies of all modalities together at one missing rate."""

    together: Estimate
    without_context: Estimate  # every utterance by itself


def attainable_at(settings: LabSettings, rates: Sequence[float] = RATES, seed: int = 0) -> dict[float, AtRate]:
    """Best accuracies of all modalities together at missing rates of the uniform protocol. Raises `CompVizError`."""
    both = [(rate, context) for rate in rates for context in (True, False)]
    looks = {f"{rate} {context}": Look(Pattern((Uniform(rate),)), MODALITIES, context) for rate, context in both}
    found = estimate(settings, looks, seed)
    return {rate: AtRate(found[f"{rate} True"], found[f"{rate} False"]) for rate in rates}


def estimate(settings: LabSettings, looks: Mapping[str, Look], seed: int) -> dict[str, Estimate]:
    """Draw conversations until every accuracy is known well enough; all looks see the same ones."""
    rng = np.random.default_rng([settings.seed, seed])
    parts: list[Doubles] = []
    while True:
        parts.append(one_part(settings, looks, int(rng.integers(2**32))))
        found = summarise(looks, parts)
        if max(one.error for one in found.values()) < ENOUGH:
            return found


def one_part(settings: LabSettings, looks: Mapping[str, Look], seed: int) -> Doubles:
    """`[1 + looks, V]`: utterances of each of some fresh conversations, and how many of them each look gets right."""
    model = LabModel.of(settings)
    data = lab(replace(settings, seed=seed, conversations=(1, 1, TOGETHER - 2)))
    utterances = data.utterances
    features = {u: np.concatenate([c.features[u] for c in data.conversations]) for u in data.modalities}
    clues = likelihoods(model, features)
    rows = [utterances.lengths.astype(float)]
    for look in looks.values():
        left = look.pattern(utterances, data.task, np.random.default_rng(seed))
        lengths = utterances.lengths if look.context else np.ones(len(utterances), int)
        found = evidence(model, clues, keep_only(left, utterances.modalities, look.modalities))
        right = chance(model, labels(model, smooth(model, found, lengths)))
        rows.append(np.add.reduceat(right, utterances.starts[:-1]))
    return np.stack(rows)


def summarise(looks: Mapping[str, Look], parts: Sequence[Doubles]) -> dict[str, Estimate]:
    """Accuracy over all utterances; its error counts conversations, since utterances of one depend on each other."""
    lengths, *rows = np.concatenate(parts, axis=1)
    found = {}
    for name, right in zip(looks, rows, strict=True):
        accuracy = right.sum() / lengths.sum()
        found[name] = Estimate(float(accuracy), clustered_error(right, lengths))
    return found


def posterior(settings: LabSettings, features: Mapping[str, Floats], observed: Bools) -> Doubles:
    """Probability of every label `[S, K]` (levels from low to high, or classes) given one conversation.

    `features` as in a conversation, `observed [S, M]` in their order: any pattern, up to nothing observed at all.
    """
    model = LabModel.of(settings)
    found = evidence(model, likelihoods(model, features), observed)
    return labels(model, smooth(model, found, np.array([len(observed)])))


def likelihoods(model: LabModel, features: Mapping[str, Floats]) -> Doubles:
    """`log p(x_t^u | z_t, s_t)` `[N, M, 2, K]`, clear and faint, up to a constant; sums over what a modality expresses."""
    consensus = model.settings.consensus
    found = []
    for u, x in features.items():
        inner, norm = x @ model.means[u].T, (model.means[u] ** 2).sum(1)
        expressing = np.stack([s * inner - s**2 * norm / 2 for s in (1.0, FAINT)], axis=1)
        own = np.logaddexp.reduce(expressing + np.log(model.stationary), axis=-1, keepdims=True)
        found.append(either(consensus, expressing, own))
    return np.stack(found, axis=1)


def evidence(model: LabModel, clues: Doubles, observed: Bools) -> Doubles:
    """`log p(x_t | z_t)` `[N, K]` of the observed modalities together, which are all clear or all faint."""
    clear, faint = np.einsum("nmsk,nm->snk", clues, observed)
    return either(model.settings.hard, faint, clear)


def either(p: float, one: Doubles, other: Doubles) -> Doubles:
    """`log(p · exp(one) + (1 - p) · exp(other))`."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.logaddexp(np.log(p) + one, np.log1p(-p) + other))


def smooth(model: LabModel, evidence: Doubles, lengths: Ints) -> Doubles:
    """`p(z_t | x_1 … x_S)` `[N, K]`: forward and backward along conversations of some lengths, one after the other."""
    valid = np.arange(lengths.max()) < lengths[:, None]
    seen = np.zeros((*valid.shape, evidence.shape[1]))
    seen[valid] = evidence  # nothing is seen in padding, which leaves everything before it as it is
    forward, backward = np.empty_like(seen), np.zeros_like(seen)
    forward[:, 0] = np.log(model.stationary) + seen[:, 0]
    for t in range(1, seen.shape[1]):
        forward[:, t] = step(forward[:, t - 1], model.transition) + seen[:, t]
    for t in range(seen.shape[1] - 1, 0, -1):
        backward[:, t - 1] = step(backward[:, t] + seen[:, t], model.transition.T)
    weight = (forward + backward)[valid]
    weight = np.exp(weight - weight.max(1, keepdims=True))
    return np.asarray(weight / weight.sum(1, keepdims=True))


def step(log: Doubles, transition: Doubles) -> Doubles:
    """One step of the chain on logarithms `[V, K]`, up to a constant for every conversation."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(log - log.max(1, keepdims=True)) @ transition))


def labels(model: LabModel, states: Doubles) -> Doubles:
    """From what is known of emotions to what is known of labels, `[N, K]`."""
    noise = model.settings.label_noise
    return (1 - noise) * states + noise * model.stationary


def chance(model: LabModel, labels: Doubles) -> Doubles:
    """How likely the best answer is right, `[N]`: the likeliest class, or the likelier sign of a score."""
    if model.settings.classes:
        return np.asarray(labels.max(1))
    positive = labels[:, model.values > 0].sum(1)
    return np.asarray(np.maximum(positive, 1 - positive))
