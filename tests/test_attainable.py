"""The best attainable accuracy: closed forms, enumeration of everything hidden, what each dial does, drawn labels."""

import itertools
import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comp_viz.analysis.lab.attainable import ENOUGH_ERROR, LAB_MODALITIES, attainable, attainable_at, posterior
from comp_viz.data.dataset import Utterances
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.model import FAINT, LAB_WIDTHS, LabModel
from comp_viz.data.lab.settings import LAB_PRESETS, LabSettings
from comp_viz.data.patterns.matrices import sample_uniform
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError

PLAIN = LabSettings(lengths=(5, 15), consensus=1, hard=0, context=0, label_noise=0)
BEST = cache(attainable)


def normal(x):
    """Φ, the share of a normal distribution below `x`."""
    return (1 + math.erf(x / math.sqrt(2))) / 2


def close(estimate, expected):
    assert estimate.error <= ENOUGH_ERROR
    assert estimate.accuracy == pytest.approx(expected, abs=max(4 * estimate.error, 1e-9))


# Closed forms


def test_two_classes_are_told_apart_by_their_distance():
    result = attainable(replace(PLAIN, classes=2, strengths=(1, 2, 0.5)))
    for name, strength in zip(LAB_MODALITIES, (1, 2, 0.5), strict=True):
        close(result.alone[name], normal(strength / 2))
    close(result.together, normal(math.hypot(1, 2, 0.5) / 2))
    assert result.without_context.accuracy == pytest.approx(result.together.accuracy)
    assert result.majority == 0.5


def test_hard_utterances_are_as_much_fainter():
    result = attainable(replace(PLAIN, classes=2, strengths=(0, 2, 0), hard=1))
    close(result.together, normal(FAINT * 2 / 2))


def test_label_noise_costs_its_share():
    result = attainable(replace(PLAIN, classes=2, strengths=(0, 2, 0), label_noise=0.4))
    close(result.together, 0.6 * normal(1) + 0.4 / 2)


def test_a_modality_that_expresses_something_else_can_only_be_followed_so_far():
    result = attainable(replace(PLAIN, classes=2, strengths=(10, 0, 0), consensus=0.5))
    close(result.together, 0.5 + 0.5 / 2)


def test_a_chain_that_can_be_read_needs_no_context():
    result = attainable(replace(PLAIN, classes=4, strengths=(10, 10, 10), context=0.9))
    close(result.together, 1)
    close(result.without_context, 1)


@pytest.mark.parametrize("classes", [0, 2, 5])
def test_nothing_to_see_leaves_the_majority(classes):
    for lab_settings in (
        replace(PLAIN, strengths=(0, 0, 0)),
        replace(PLAIN, consensus=0),
        replace(PLAIN, label_noise=1),
    ):
        result = attainable(replace(lab_settings, classes=classes, context=0.8))
        assert result.majority == 1 / (classes or 2)
        for estimate in (*result.alone.values(), result.together, result.without_context):
            assert estimate.accuracy == pytest.approx(result.majority)


# Enumeration of everything that is hidden


def utterance(model, x, seen, emotion):
    """`p(x_t | z_t)` by adding up hardness and what every modality expresses, all of them in turn."""
    lab_settings, K = model.settings, len(model.stationary)
    total = 0.0
    for hard, *expressed in itertools.product((False, True), *[range(K)] * len(LAB_WIDTHS)):
        chance = lab_settings.hard if hard else 1 - lab_settings.hard
        for u, e, there in zip(LAB_WIDTHS, expressed, seen, strict=True):
            chance *= lab_settings.consensus * (e == emotion) + (1 - lab_settings.consensus) * model.stationary[e]
            mean = model.means[u][e] * (FAINT if hard else 1)
            chance *= math.exp(-((x[u] - mean) ** 2).sum() / 2) if there else 1
        total += chance
    return total


def enumerated(lab_settings, features, observed):
    """`[S, K]` by adding up all emotions of the conversation."""
    model = LabModel.of(lab_settings)
    S, K = len(observed), len(model.stationary)
    seen = [
        [utterance(model, {u: x[t] for u, x in features.items()}, observed[t], z) for z in range(K)] for t in range(S)
    ]
    result = np.zeros((S, K))
    for path in itertools.product(range(K), repeat=S):
        chance = model.stationary[path[0]] * math.prod(model.transition[i, j] for i, j in itertools.pairwise(path))
        result[range(S), path] += chance * math.prod(seen[t][z] for t, z in enumerate(path))
    result /= result.sum(1, keepdims=True)
    return (1 - lab_settings.label_noise) * result + lab_settings.label_noise * model.stationary


@given(
    st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.95), st.floats(0, 1), st.tuples(*[st.floats(0, 3)] * 3),
    st.integers(0, 2**9 - 1), st.integers(0, 1000),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_posterior_is_what_enumeration_gives(consensus, hard, context, noise, strengths, cells, seed):
    lab_settings = LabSettings(
        seed, (1, 1, 1), (3, 3), strengths, consensus, hard, context=context, label_noise=noise, classes=3
    )
    conversation = lab(lab_settings).conversations[0]
    observed = np.array([cells >> i & 1 for i in range(9)], bool).reshape(3, 3)
    result = posterior(lab_settings, conversation.features, observed)
    np.testing.assert_allclose(result, enumerated(lab_settings, conversation.features, observed), atol=1e-9)


def test_posterior_of_scores_is_what_enumeration_gives():
    lab_settings = LabSettings(3, (1, 1, 1), (2, 2), hard=0.3, consensus=0.8, context=0.7, label_noise=0.1)
    conversation = lab(lab_settings).conversations[0]
    observed = np.array([[1, 0, 1], [0, 1, 1]], bool)
    result = posterior(lab_settings, conversation.features, observed)
    np.testing.assert_allclose(result, enumerated(lab_settings, conversation.features, observed), atol=1e-9)


def test_posterior_stands_features_no_model_would_make():
    features = {u: np.full((40, width), 1e4, np.float32) for u, width in LAB_WIDTHS.items()}
    for t in range(0, 40, 2):
        features["text"][t] *= -1
    for classes, context in itertools.product((0, 4), (0, 0.99)):
        lab_settings = LabSettings(context=context, classes=classes, consensus=1, strengths=(10, 10, 10))
        result = posterior(lab_settings, features, np.ones((40, 3), bool))
        np.testing.assert_allclose(result.sum(1), 1)


def test_what_is_missing_is_not_looked_at():
    conversation = lab(replace(PLAIN, conversations=(1, 1, 1))).conversations[0]
    observed = np.zeros((len(conversation), 3), bool)
    observed[1:, 0] = True
    other = {u: np.where(observed[:, [m]], x, 99) for m, (u, x) in enumerate(conversation.features.items())}
    result = posterior(PLAIN, conversation.features, observed)
    np.testing.assert_array_equal(result, posterior(PLAIN, other, observed))
    np.testing.assert_allclose(result[0], LabModel.of(PLAIN).stationary)


# What the settings do

MORE = {  # each dial from less to more that can be known
    "strengths": [(0.3, 0.5, 0.2), (0.8, 1.2, 0.5), (2, 3, 1)],
    "consensus": [0.2, 0.6, 1],
    "hard": [0.8, 0.4, 0],
    "context": [0, 0.6, 0.9],
    "label_noise": [0.6, 0.3, 0],
}


@pytest.mark.parametrize("classes", [0, 4])
@pytest.mark.parametrize("dial", MORE)
def test_each_dial_turns_accuracy_one_way(dial, classes):
    result = [BEST(LabSettings(classes=classes, **{dial: value})).together for value in MORE[dial]]
    for less, more in itertools.pairwise(result):
        assert more.accuracy - less.accuracy > 3 * math.hypot(less.error, more.error)


def test_more_to_see_is_never_worse():
    for lab_settings in LAB_PRESETS.values():
        result = BEST(lab_settings)
        assert result.together.accuracy > result.without_context.accuracy
        for alone in result.alone.values():
            assert result.together.accuracy > alone.accuracy >= result.majority


def test_accuracy_falls_with_the_missing_rate_from_what_is_attainable_with_nothing_missing():
    by_rate = attainable_at(LabSettings())
    assert list(by_rate) == [0, 0.3, 0.5, 0.7]
    assert by_rate[0].together == BEST(LabSettings()).together
    assert by_rate[0].without_context == BEST(LabSettings()).without_context
    for less, more in itertools.pairwise(at.together for at in by_rate.values()):
        assert less.accuracy - more.accuracy > 3 * math.hypot(less.error, more.error)
    assert all(at.together.accuracy > at.without_context.accuracy for at in by_rate.values())


def test_a_pattern_and_a_choice_of_modalities_mean_the_same():
    only = attainable(LabSettings(), Pattern.parse("only(audio, video)"))
    chosen = attainable(LabSettings(), modalities=("audio", "video"))
    assert only.together == chosen.together
    assert set(chosen.alone) == {"audio", "video"}
    assert only.alone["text"].accuracy == pytest.approx(0.5)
    with pytest.raises(CompVizError, match="one conversation"):
        attainable(LabSettings(), Pattern.parse("cells(ff)"))


def test_the_same_seed_gives_the_same_and_another_agrees():
    first, second = attainable(LabSettings(), seed=1).together, attainable(LabSettings(), seed=2).together
    assert attainable(LabSettings(), seed=1).together == first
    assert first != second
    assert first.accuracy == pytest.approx(second.accuracy, abs=4 * math.hypot(first.error, second.error))


# Against drawn labels


def decisions(lab_settings, conversations, observed):
    """What the likeliest label is, and whether it is right, for all utterances."""
    values, starts = LabModel.of(lab_settings).values, Utterances.of(conversations).starts
    right = []
    for c, first in zip(conversations, starts, strict=False):
        belief = posterior(lab_settings, c.features, observed[first : first + len(c)])
        if lab_settings.classes:
            right.append(belief.argmax(1) == c.labels)
        else:
            right.append((belief[:, values > 0].sum(1) > 0.5) == (c.labels > 0))
    return right


@pytest.mark.parametrize("rate", [0, 0.5])
@pytest.mark.parametrize("name", [*LAB_PRESETS, "classes"])
def test_decisions_are_right_as_often_as_expected(name, rate, rng):
    lab_settings = LAB_PRESETS.get(name, LabSettings(classes=5, label_noise=0.2))
    conversations = lab(replace(lab_settings, conversations=(1, 1, 300))).split("test")
    observed = sample_uniform(Utterances.of(conversations).observed, rate, rng)
    right = decisions(lab_settings, conversations, observed)
    lengths = np.array(list(map(len, right)))
    share = np.concatenate(right).mean()
    error = np.sqrt(sum((r.sum() - share * len(r)) ** 2 for r in right)) / lengths.sum()
    expected = attainable_at(lab_settings, [rate])[rate].together
    assert share == pytest.approx(expected.accuracy, abs=3.5 * math.hypot(error, expected.error))


def test_beliefs_are_as_sure_as_they_are_right():
    lab_settings = LabSettings(classes=3, context=0.8, hard=0.4, consensus=0.7)
    conversations = lab(replace(lab_settings, conversations=(1, 1, 400))).split("test")
    belief = np.concatenate([posterior(lab_settings, c.features, c.observed) for c in conversations])
    truth = np.concatenate([c.labels for c in conversations])
    for low in np.arange(0, 1, 0.1):
        rows, classes = np.nonzero((belief >= low) & (belief < low + 0.1))
        expected, result = belief[rows, classes].mean(), (truth[rows] == classes).mean()
        assert result == pytest.approx(expected, abs=0.03)


def test_a_probe_that_sees_the_neighbours_comes_near_but_not_above():
    lab_settings = LabSettings(conversations=(300, 1, 300), context=0.8)
    data = lab(lab_settings)

    def rows(split):
        """Features of every utterance with those of the ones around it."""
        result = []
        for c in data.split(split):
            x = np.concatenate(list(c.features.values()), axis=1)
            around = [np.roll(np.pad(x, ((3, 3), (0, 0))), shift, axis=0)[3:-3] for shift in (-2, -1, 0, 1, 2)]
            result.append(np.concatenate([*around, np.ones((len(c), 1))], axis=1))
        return np.concatenate(result), np.concatenate([c.labels for c in data.split(split)])

    (x, y), (x_test, y_test) = rows("train"), rows("test")
    probe = np.linalg.solve(x.T @ x + 300 * np.eye(x.shape[1]), x.T @ y)
    reached = ((x_test @ probe > 0) == (y_test > 0)).mean()
    test = data.split("test")
    best = np.concatenate(decisions(lab_settings, test, Utterances.of(test).observed)).mean()
    assert best - 0.03 < reached < best + 0.003
