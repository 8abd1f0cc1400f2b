"""Headings and titles stay within the length of a heading, whatever the data are called."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from comp_viz.analysis.coordinator.groups import by_availability, by_emotion, by_subset, kept_subsets
from comp_viz.analysis.coordinator.reweighting import EQUAL, LEARNED, compare_weightings, only_name
from comp_viz.analysis.coordinator.trust import disagreement, trust_in_heads
from comp_viz.analysis.coordinator.weights import weight_summary
from comp_viz.analysis.modulation.coefficients import ConversationCoefficients
from comp_viz.analysis.prediction import Prediction
from comp_viz.analysis.prototypes.assignment import Assignment
from comp_viz.analysis.why.attribution import ATTRIBUTION_METHODS, Attribution
from comp_viz.analysis.why.context import Context
from comp_viz.analysis.why.contribution import Contribution
from comp_viz.analysis.why.counterfactual import LOSS, RETURN, Counterfactual
from comp_viz.analysis.why.faithfulness import Curves
from comp_viz.analysis.why.fragile import Fragility
from comp_viz.analysis.why.smallest_set import IRREDUCIBLE, SMALLEST
from comp_viz.analysis.why.weight_agreement import weight_agreement
from comp_viz.analysis.why.words import WordEffects
from comp_viz.data.conversation import Task
from comp_viz.figures.compare.agreement import agreement_title
from comp_viz.figures.compare.confusion import confusion_title
from comp_viz.figures.compare.differences import differences_title
from comp_viz.figures.compare.heading import comparison_heading
from comp_viz.figures.compare.measures import measures_title
from comp_viz.figures.compare.paired import by_group_title, by_pattern_title
from comp_viz.figures.coordinator.accuracy import error_title, reweighted_accuracy_title
from comp_viz.figures.coordinator.by_availability import weights_by_availability_title
from comp_viz.figures.coordinator.heading import coordinator_heading, no_coordinator
from comp_viz.figures.coordinator.reweighting import other_weights_title
from comp_viz.figures.coordinator.simplex import simplex_title
from comp_viz.figures.coordinator.strips import correctness_title, emotions_title
from comp_viz.figures.coordinator.weights_along import weights_title
from comp_viz.figures.modulation.coefficients import coefficients_title
from comp_viz.figures.prototypes.assignment import assignment_title, variance_title
from comp_viz.figures.prototypes.heading import prototypes_heading
from comp_viz.figures.why.attribution import cells_title, feature_groups_title, features_title
from comp_viz.figures.why.context import context_map_title, context_title
from comp_viz.figures.why.contribution import contributions_title
from comp_viz.figures.why.counterfactual import counterfactual_title
from comp_viz.figures.why.faithfulness import faithfulness_title
from comp_viz.figures.why.fragility import fragility_title
from comp_viz.figures.why.heading import (
    context_heading,
    contributions_heading,
    counterfactuals_heading,
    features_heading,
)
from comp_viz.figures.why.pairs import pairs_title
from comp_viz.figures.why.split_contribution import split_title
from comp_viz.figures.why.waterfall import waterfall_title
from comp_viz.figures.why.weight_agreement import weight_agreement_title
from comp_viz.figures.why.words import words_title
from comp_viz.wording import HEADING

S, NAMES = (
    1240,
    ("audio", "body posture", "facial expression"),
)  # as long a conversation, and names as long, as there may be
TASKS = [Task("sentiment"), Task("emotion", ("hopeful anticipation", "bitter disappointment", "neutral"))]


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def assert_fit(*titles):
    for title in titles:
        assert 10 < len(title) <= HEADING, f"{len(title)} characters: {title}"
        assert "nan" not in title.split()


def contributions_of(task, rng, ways=1.0):
    values = ways * rng.normal(size=(3, S)).astype(np.float32) / 5
    pairs = rng.normal(size=(3, 3, S)).astype(np.float32)
    start = np.full(S, 0.4, np.float32)
    return Contribution(
        task, "fused", NAMES, np.ones((S, 3), bool), start, start + values.sum(0), np.ones(S, np.float32), values, pairs,
        rng.dirichlet(np.ones(3), S).astype(np.float32), np.ones(S, bool),
    )  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
def test_titles_of_contributions(task, rng):
    result = contributions_of(task, rng)
    head = replace(result, predictor=NAMES[2])
    assert_fit(
        contributions_heading(result), contributions_heading(head), contributions_title(result), pairs_title(result)
    )
    assert_fit(weight_agreement_title(weight_agreement(result)), *(waterfall_title(result, s) for s in range(S)))
    table = pd.DataFrame({"predictor": "fused", "modality": NAMES, "mean": [0.1, 0.2, 0.4], "share": [0.1, 0.3, 0.6]})
    assert_fit(split_title(table, task, 1204, 1240), split_title(table, task, 1240, 1240))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("method", ATTRIBUTION_METHODS)
def test_titles_of_attributions(task, method, rng):
    cells = rng.normal(size=(S, 3)).astype(np.float32)
    table = pd.DataFrame(
        {
            "feature": ["AU12_c_mean_of_a_rather_long_name"],
            "group": ["face: nose, mouth and jaw"],
            "attribution": [-0.123],
        }
    )
    for target in (0, S - 1):
        result = Attribution(task, method, target, 0, NAMES, np.ones((S, 3), bool), cells, None, 0.5, 0.1, 64, None)
        assert_fit(features_heading(result), cells_title(result))
    assert_fit(features_title(table, task), feature_groups_title(table, task))
    words = ("extraordinarily",) * 48
    effects = np.linspace(-0.5, 0.5, 48).astype(np.float32)
    assert_fit(words_title(WordEffects(task, 3, words, effects, 1, effects > 0.3, np.zeros(1))))


@pytest.mark.parametrize("task", TASKS)
def test_titles_of_context_and_counterfactuals(task, rng):
    result = Context(
        task, NAMES, 1, rng.normal(size=(S, S)).astype(np.float32), rng.random((3, S, S)).astype(np.float32)
    )
    assert_fit(context_map_title(result), *(context_title(result, s) for s in range(0, S, 100)))
    few = replace(result, effects=result.effects[:40, :40], rolled=result.rolled[:, :40, :40])
    assert_fit(context_heading(few), context_heading(replace(few, rolled=None)))
    margin = rng.random(S).astype(np.float32)
    for flips, left in ((rng.integers(0, 3, S), margin - 0.5), (np.zeros(S, int), margin / 2)):
        for together in (1, 12):
            fragile = Fragility(
                task, NAMES, together, flips, flips + (left < 0), margin, left, np.zeros((S, 2), int), margin / 9
            )
            assert_fit(counterfactuals_heading(fragile), fragility_title(fragile))
            assert_fit(counterfactuals_heading(replace(fragile, flips=0 * flips)))
            assert_fit(fragility_title(replace(fragile, left=np.full(S, -0.123, np.float32))))
    for kind in (LOSS, RETURN):
        for cells in ((), ((S - 1, 2),), tuple((s, 1) for s in range(130))):
            for proof in (SMALLEST, IRREDUCIBLE):
                each = Counterfactual(
                    task, kind, S - 1, NAMES, np.ones((S, 3), bool), cells, proof, 400, 3 * S, np.zeros(1), np.zeros(1), True
                )  # fmt: skip
                assert_fit(counterfactual_title(each), counterfactual_title(replace(each, needed=False)))
    curves = Curves(np.linspace(0, 1, 3), np.ones(3), np.zeros(3), rng.random((8, 3)), rng.random((8, 3)), 1)
    assert_fit(*(faithfulness_title(curves, what) for what in ("modalities", "cells", "features", "utterances")))


@pytest.mark.parametrize("task", TASKS)
def test_titles_of_the_coordinator(task, rng):
    C = task.outputs
    labels = rng.integers(0, 3, S).astype(np.float32) - (0 if task.classes else 1)

    def prediction():
        values = rng.dirichlet(np.ones(C), (4, S)) if task.classes else rng.normal(size=(4, S, 1))
        heads = {name: values[u].astype(np.float32) for u, name in enumerate(NAMES)}
        weights = rng.dirichlet(np.full(3, 4.0), S).astype(np.float32)
        return Prediction(task, rng.random((S, 3)) > 0.3, values[3].astype(np.float32), heads, weights, NAMES)

    here = prediction()
    near = replace(here, coordinator=np.full((S, 3), 1 / 3, np.float32))
    for one in (here, near):
        summary, trust, heads_apart = weight_summary(one), trust_in_heads(one, labels), disagreement(one, labels)
        assert_fit(coordinator_heading(summary), weights_title(summary), simplex_title(one))
        assert_fit(correctness_title(trust, heads_apart), emotions_title(by_emotion(one, labels), NAMES))
        fixed = by_subset({kept: prediction() for kept in kept_subsets(NAMES)})
        assert_fit(weights_by_availability_title(fixed, NAMES))
    assert by_availability(here)
    given = {LEARNED: here, EQUAL: prediction()} | {only_name(name): prediction() for name in NAMES}
    for runs in (given, {name: each for name, each in given.items() if name != LEARNED}, dict.fromkeys(given, here)):
        each = compare_weightings(runs, labels)
        assert_fit(other_weights_title(each), reweighted_accuracy_title(each), error_title(each))
    assert_fit(
        no_coordinator(3),
        correctness_title(trust_in_heads(here, np.full(S, np.nan)), disagreement(here, np.full(S, np.nan))),
    )


@pytest.mark.parametrize(
    "name", ["A", "hazumi-published-recipe", "a checkpoint with a very long name: facial expression head"]
)
def test_titles_of_a_comparison(name):
    others = [f"{name} {i}" for i in range(3)]
    table = pd.DataFrame(
        {"predictor": [name, *others], "metric": "ACC", "value": 0.8, "difference": [np.nan, 0.123, -0.2, 0.3],
         "difference_low": [np.nan, 0.1, -0.3, -0.2], "difference_high": [np.nan, 0.2, -0.1, 0.4], "group": "only audio + body posture"}
    )  # fmt: skip
    for clear in (
        table,
        table.assign(difference_low=-1.0),
        table.assign(difference_low=np.nan, difference_high=np.nan),
    ):
        assert_fit(comparison_heading(clear), by_pattern_title(clear), by_group_title(clear), measures_title(clear))
        assert_fit(by_pattern_title(clear[1:2].assign(predictor=others[0])), comparison_heading(clear, complete=False))
    tests = pd.DataFrame(
        {"other": others, "seed": 0, "only first right": 1230, "only other right": 1104, "p": 0.1, "p by Holm": 0.2}
    )
    assert_fit(agreement_title(tests, name))
    shares = pd.DataFrame(
        {"truth": ["bitter disappointment"] * 2, "decision": ["hopeful anticipation", "neutral"], "share": [0.3, 0.7]}
    )
    assert_fit(confusion_title(dict.fromkeys((name, *others), shares)))
    rows = pd.DataFrame(
        {
            "utterance": [1239],
            "conversation": ["a recording of 2026-11-29 in room 4, part 2"],
            "difference": [1.23],
            "other": others[0],
        }
    )
    assert_fit(differences_title(rows, name))


def test_titles_of_prototypes_and_of_the_modulator():
    rows = np.full(S, 0.95, np.float32)
    for explained in (0.004, 0.123, 1.0):
        assignment = Assignment("text", np.ones((S, 1320), np.float32), 10, rows, rows * 1283, rows, explained)
        heading = prototypes_heading([{"text": assignment}])
        assert_fit(heading, assignment_title(assignment), variance_title([{"text": assignment}]))
        assert heading.startswith("Prompts draw on at least 1219 of 1320 prototypes; these explain at most ")
    error, raw = np.tile(np.float32([0.512, 0.432, 0.5]), (S, 1)), np.full((S, 3), 3, np.float32)
    for clipped in (raw, np.full_like(raw, 2)):
        one = ConversationCoefficients(NAMES, error, raw, clipped, np.ones(S, bool), (0, 2))
        title = coefficients_title(one)
        assert_fit(title)
        assert title.startswith("Audio errs most")
        assert f"{one.clipped_count or 'none'} of 3,720 coefficients" in title
