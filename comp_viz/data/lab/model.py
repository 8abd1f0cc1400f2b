"""The lab's generating model: a hidden Markov chain of emotions that the modalities express in noise.

1. The emotion `z_t` of an utterance is one of K states and depends on the one before. Scores: 12 levels from -2.75 to
   2.75, an autoregressive process `z_t ≈ ρ z_{t-1} + √(1-ρ²) ε_t` made discrete. Classes: `z_t` stays with probability ρ,
   else it is sampled anew.
2. A modality expresses `z_t` with probability `consensus`, else an emotion of its own, `e_t^u`.
3. Its features are `x_t^u = a_u s_t μ^u(e_t^u) + noise` of deviation 1. `s_t` is 1, or `FAINT` in a hard utterance. For
   scores `|μ|` is the level in units of `SPREAD`; for classes any two `μ` are at distance 1. So the strength `a_u` is the
   distance, in noise deviations, between the features of two classes, or of two scores that lie one `SPREAD` apart.
4. The label is the emotion, or with probability `label_noise` another draw from the stationary distribution.

`μ` depends on the modality and on the kind of label alone, so that one checkpoint reads the features of any settings.
"""

from bisect import bisect
from dataclasses import dataclass

import numpy as np

from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.dataset import Doubles, Ints
from comp_viz.data.lab.settings import LabSettings

LAB_WIDTHS = {"audio": 24, "text": 32, "video": 16}  # D_u of the M modalities
SCORE_LEVELS = np.linspace(-2.75, 2.75, 12)  # in label units
SPREAD = 1.3  # deviation of the emotion, in label units, were it not discrete
JITTER = 0.2  # how far a score lies from its level at most, in label units
FAINT = 0.25  # s_t of a hard utterance


@dataclass(frozen=True)
class LabModel:
    """The tables of the generating model."""

    settings: LabSettings
    values: Doubles  # [K] the emotions in label units: levels, or class numbers
    stationary: Doubles  # π [K], chances of the emotions when nothing else is known
    transition: Doubles  # T [K, K], chances of the next emotion given this one
    means: dict[str, Doubles]  # a_u μ^u [K, D_u] of each modality, mean features of an utterance that is not hard

    @classmethod
    def of(cls, settings: LabSettings) -> "LabModel":
        """Fill the tables for some settings."""
        values = np.arange(float(settings.classes)) if settings.classes else SCORE_LEVELS
        joint = pair_probabilities(settings)
        stationary = joint.sum(1)
        means = {
            u: strength * directions(width, settings.classes)
            for (u, width), strength in zip(LAB_WIDTHS.items(), settings.strengths, strict=True)
        }
        return cls(settings, values, stationary, joint / stationary[:, None], means)


def pair_probabilities(settings: LabSettings) -> Doubles:
    """`[K, K]`, the chance that an utterance has emotion `i` and the next one `j`; symmetric, so the chain is reversible."""
    rho = settings.context
    if settings.classes:
        K = settings.classes
        return (rho * np.eye(K) + (1 - rho) / K) / K
    this, after = SCORE_LEVELS[:, None], SCORE_LEVELS
    weight = np.exp(-(this**2 - 2 * rho * this * after + after**2) / (2 * SPREAD**2 * (1 - rho**2)))
    normal: Doubles = weight / weight.sum()
    return normal


def directions(width: int, classes: int) -> Doubles:
    """μ `[K, D]`, along cosine waves, which are orthogonal; rounded, so that every machine makes the same features."""
    wave = np.arange(1, max(classes, 1) + 1)[:, None] * (np.arange(width) + 0.5) * np.pi / width
    unit = np.sqrt(2 / width) * np.cos(wave)
    mu: Doubles = unit / np.sqrt(2) if classes else SCORE_LEVELS[:, None] / SPREAD * unit
    return mu.astype(np.float32).astype(np.float64)


@dataclass(frozen=True)
class LabTruth:
    """What is hidden in a conversation of `S` utterances; emotions in label units (levels, or class numbers)."""

    state: Floats  # [S] the emotion
    hard: Bools  # [S]
    expressed: Floats  # [S, M] the emotion each modality expresses
    mislabelled: Bools  # [S] the label was sampled without regard to the emotion


@dataclass(frozen=True)
class LabSample:
    """One conversation sampled from the model."""

    truth: LabTruth
    features: dict[str, Floats]  # modality -> [S, D_u]
    labels: Floats  # [S]


def sample_conversation(model: LabModel, rng: np.random.Generator) -> LabSample:
    """Sample a conversation. The same random numbers are used whatever the settings, so changing one changes nothing else."""
    settings, M = model.settings, len(LAB_WIDTHS)
    S = int(rng.integers(settings.lengths[0], settings.lengths[1] + 1))
    state = walk(model, rng.random(S))
    agreed, own = rng.random((S, M)) < settings.consensus, states_at(model.stationary, rng.random((S, M)))
    hard = rng.random(S) < settings.hard
    mislabelled, other = rng.random(S) < settings.label_noise, states_at(model.stationary, rng.random(S))
    jitter = rng.uniform(-JITTER, JITTER, S) * (not settings.classes)
    expressed = np.where(agreed, state[:, None], own)
    clarity = np.where(hard, FAINT, 1.0)[:, None]
    features = {
        u: (clarity * means[expressed[:, m]] + rng.standard_normal((S, means.shape[1]))).astype(np.float32)
        for m, (u, means) in enumerate(model.means.items())
    }
    labels = (model.values[np.where(mislabelled, other, state)] + jitter).astype(np.float32)
    values = model.values.astype(np.float32)
    return LabSample(LabTruth(values[state], hard, values[expressed], mislabelled), features, labels)


def walk(model: LabModel, chances: Doubles) -> Ints:
    """Follow the chain from its stationary distribution, one uniform number `[S]` a step."""
    thresholds = np.cumsum(model.transition, 1)[:, :-1].tolist()
    states = [int(states_at(model.stationary, chances[:1])[0])]
    for chance in chances[1:].tolist():
        states.append(bisect(thresholds[states[-1]], chance))
    return np.array(states)


def states_at(probabilities: Doubles, chances: Doubles) -> Ints:
    """The states that uniform numbers of any shape fall on."""
    return np.searchsorted(np.cumsum(probabilities)[:-1], chances, side="right")
