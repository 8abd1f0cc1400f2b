"""Why: whether explanations beat other orders, and what is left of them under random weights."""

import numpy as np
import pytest

from comp_viz.analysis.stats.ranks import rank_correlation
from comp_viz.analysis.why.attribution import (
    ATTRIBUTION_METHODS,
    GRADIENT,
    INTEGRATED,
    attribute,
)
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.analysis.why.contribution import (
    contribution,
)
from comp_viz.analysis.why.faithfulness import (
    cell_curves,
    curve_table,
    deletion_insertion,
    feature_curves,
    modality_curves,
    utterance_curves,
)
from comp_viz.analysis.why.masking import Masked
from comp_viz.analysis.why.sanity import Sanity, sanity
from comp_viz.analysis.why.target import direction
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.source import open_data
from comp_viz.figures.why.faithfulness import faithfulness_title
from comp_viz.figures.why.sanity import sanity_title

SHIPPED = {"lab": "lab", "hazumi": "hazumi_online.npz", "mosi": "mosi.npz"}


def test_rank_correlation():
    assert rank_correlation(np.arange(5), np.arange(5) ** 3) == pytest.approx(1)
    assert rank_correlation(np.arange(5), -np.arange(5)) == pytest.approx(-1)
    assert np.isnan(rank_correlation(np.ones(5), np.arange(5)))
    assert np.isnan(rank_correlation(np.ones(1), np.ones(1)))


def test_curves_of_a_known_sum():
    """Of a plain sum the true order is the best of all, and its opposite the worst."""
    parts = np.array([3.0, -1.0, 2.0, 0.5, 0.0, 1.5])

    def value(kept):
        return kept.astype(np.float64) @ parts

    best, worst = deletion_insertion(value, parts, 1), deletion_insertion(value, -parts, 1)
    assert best.deletion[0] == best.insertion[-1] == pytest.approx(parts.sum())
    assert best.deletion[-1] == best.insertion[0] == 0
    assert min(best.gains()) > 0 > max(worst.gains())
    assert min(map(min, best.ahead())) > 0 > max(map(max, worst.ahead()))
    assert set(curve_table(best)["curve"]) == {"deletion", "insertion"}


def test_orders_that_come_to_the_same_are_no_evidence():
    """Of few players many random orders are the explanation's own; the best order is faithful all the same."""

    def value(kept):
        return kept.astype(np.float64) @ np.array([3.0, 1.0])

    best, worst = deletion_insertion(value, np.array([3.0, 1.0]), 1), deletion_insertion(value, np.array([1.0, 3.0]), 1)
    assert faithfulness_title(best, "modalities").startswith("The order of modalities is faithful: deletion beats ")
    assert faithfulness_title(worst, "modalities").startswith(
        "The order of modalities is not faithful: deletion beats 0 of "
    )
    single = deletion_insertion(lambda kept: kept[:, 0].astype(np.float64), np.ones(1), 1)
    assert faithfulness_title(single, "cells") == "Every order of cells gives the same curves"


def test_where_nothing_else_is_observed_there_is_no_order_to_test(checkpoint, conversation):
    nothing = np.zeros_like(conversation.observed)
    result, masked = (
        attribute(checkpoint, conversation, nothing, 0, GRADIENT),
        Masked.of(checkpoint, conversation, nothing),
    )
    assert faithfulness_title(cell_curves(masked, result, 1), "cells") == "Every order of cells gives the same curves"
    nothing[0] = conversation.observed[0]
    masked = Masked.of(checkpoint, conversation, nothing)
    tested = utterance_curves(masked, np.zeros(len(conversation), np.float32), 0, 0, 1)
    assert faithfulness_title(tested, "utterances") == "Every order of utterances gives the same curves"


def test_modality_curves_begin_and_end_at_the_whole_and_at_nothing(checkpoint, conversation, observed):
    result = predict_coalitions(checkpoint, conversation, observed)
    tested, one = modality_curves(result), contribution(result)
    assert tested.deletion[0] == pytest.approx(float((one.whole * one.ways).mean()), abs=1e-5)
    assert tested.deletion[-1] == pytest.approx(float((one.empty * one.ways).mean()), abs=1e-5)
    np.testing.assert_allclose(tested.insertion[[0, -1]], tested.deletion[[-1, 0]], atol=1e-6)
    assert len(tested.random_deletion) == 6


def test_an_explanation_of_random_weights_is_another_one(checkpoint, conversation, observed):
    def explain(one, talk):
        return attribute(one, talk, observed, 2, GRADIENT).cells

    result = sanity(explain, checkpoint, conversation, observed)
    assert len(result.noise) == len(result.random) == 3
    assert np.mean(result.noise) > np.mean(result.random)
    np.testing.assert_array_equal(result.noise, sanity(explain, checkpoint, conversation, observed).noise)


@pytest.mark.parametrize("name", SHIPPED)
def test_explanations_of_shipped_checkpoints_beat_random_orders(name, request):
    """Mean gain over some utterances; single ones may do worse, which the page says."""
    if name != "lab":
        request.getfixturevalue("real_data")
    checkpoint, data = load_checkpoint(f"checkpoints/{name}"), open_data(SHIPPED[name])
    talk = data.split("test")[0].window(0, 9)
    masked = Masked.of(checkpoint, talk, talk.observed)
    ways = direction(masked.task, masked.fused(masked.observed[None])[0])
    gains = {method: [] for method in ATTRIBUTION_METHODS}
    features, error = [], []
    for target in np.linspace(1, len(talk) - 2, 2).astype(int).tolist():
        for method in ATTRIBUTION_METHODS:
            result = attribute(checkpoint, talk, talk.observed, target, method)
            gains[method].append(cell_curves(masked, result, int(ways[target])).gains())
            if method == INTEGRATED:
                error.append(result.missing_sum)
                features.append(feature_curves(checkpoint, talk, talk.observed, result, int(ways[target])).gains())
    assert max(error) < 0.01
    for method, pairs in gains.items():
        assert min(np.mean(pairs, axis=0)) > 0, method
    assert min(np.mean(features, axis=0)) > 0
    assert min(modality_curves(predict_coalitions(checkpoint, talk, talk.observed)).gains()) > 0


@pytest.mark.parametrize(
    ("noise", "random", "words"),
    [
        (0.95, 0.1, "Stable under noise (correlation 0.95), not reproduced by random weights (0.10)"),
        (0.7, 0.5, "Partly stable under noise (correlation 0.70), partly reproduced by random weights (0.50)"),
        (0.2, 0.4, "Unstable under noise (correlation 0.20), fully reproduced by random weights (0.40)"),
    ],
)
def test_sanity_is_put_into_words_by_its_numbers(noise, random, words):
    assert sanity_title(Sanity((noise,) * 3, (random,) * 3, 0.1)) == words
    assert sanity_title(Sanity((np.nan,), (random,), 0.1)) == "Too little is observed to compare explanations"
