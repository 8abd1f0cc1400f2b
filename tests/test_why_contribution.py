"""Why: coalitions in one pass, Shapley values and interactions against naive computation, and how they divide accuracy."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from comp_viz.analysis.prediction import FUSED, predict_conversation
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.analysis.why.contribution import (
    RELATIONS,
    Contribution,
    contribution,
    contribution_table,
    pair_table,
    relation_shares,
)
from comp_viz.analysis.why.shapley import interactions, shapley
from comp_viz.analysis.why.split_contribution import accuracies, split_table
from comp_viz.analysis.why.weight_agreement import disagreement_table, weight_agreement
from comp_viz.data.conversation import Task
from comp_viz.errors import CompVizError
from comp_viz.figures.why.contribution import contributions_title, relation_facts
from comp_viz.figures.why.heading import (
    contributions_heading,
)
from comp_viz.figures.why.pairs import pairs_title
from comp_viz.figures.why.split_contribution import accuracy_facts, split_title
from comp_viz.figures.why.waterfall import waterfall_title
from comp_viz.figures.why.weight_agreement import weight_agreement_title
from comp_viz.network.coalitions import coalition_masks
from comp_viz.network.coalitions import coalition_outputs as pass_of
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.wording import decimal, percent, points


def random_model(rng, **changes):
    names = ("audio", "text", "video", "pose")[: changes.pop("modalities", 3)]
    options = {"max_length": 8, "hidden": 8, "prompt": 3, "prototypes": 4, "outputs": 3}
    config = ComPConfig(names, tuple(range(4, 4 + len(names))), **options | changes)
    torch.manual_seed(int(rng.integers(1000)))
    model = ComP(config).eval()
    model.bank = torch.randn(len(names), 2, 4, 8)
    return model


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"modalities": 2}, {"modalities": 4}, {"prompting": False}, {"propagation": False}, {"coordination": False},
        {"blocks": 1, "depth": 2}, {"blocks": 3, "depth": 3}, {"masked_prototypes": True},
    ],
    ids=str,
)  # fmt: skip
def test_all_coalitions_in_one_pass_are_those_of_single_passes(changes, rng):
    model = random_model(rng, **changes)
    M, S = len(model.config.modalities), 6
    features = {u: torch.randn(1, S, d) for u, d in model.config.widths.items()}
    observed, valid = torch.from_numpy(rng.random((1, S, M)) > 0.3), torch.ones(1, S, dtype=torch.bool)
    with torch.inference_mode():
        result = pass_of(model, features, observed, valid)
        for k, shown in enumerate(coalition_masks(M)):
            alone = model(features, observed & shown, valid)
            torch.testing.assert_close(result.fused[k], alone.fused[0], atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(result.coordinator[k], alone.coordinator[0], atol=1e-5, rtol=1e-5)
            for u in model.config.modalities:
                torch.testing.assert_close(result.heads[u][k], alone.heads[u][0], atol=1e-5, rtol=1e-5)


def test_more_modalities_than_can_be_enumerated_are_refused():
    with pytest.raises(CompVizError, match="at most 6"):
        coalition_masks(7)


def test_the_full_coalition_is_the_prediction_and_the_empty_one_knows_nothing(checkpoint, conversation, observed):
    result = predict_coalitions(checkpoint, conversation, observed)
    np.testing.assert_allclose(
        result.predictions[FUSED][-1], predict_conversation(checkpoint, conversation, observed).fused, atol=1e-5
    )
    blind = predict_conversation(checkpoint, conversation, np.zeros_like(observed))
    np.testing.assert_allclose(result.predictions[FUSED][0], blind.fused, atol=1e-5)
    np.testing.assert_allclose(result.predictions["text"][0], blind.heads["text"], atol=1e-5)


def test_masked_predictions_are_the_models(checkpoint, conversation, observed, masked, rng):
    shown = rng.random((7, *observed.shape)) > 0.4
    for pattern, result in zip(shown, masked.fused(shown), strict=True):
        expected = predict_conversation(checkpoint, conversation, pattern & observed).fused
        np.testing.assert_allclose(result, expected, atol=1e-5)
    assert masked.fused(shown[:0]).shape == (0, len(observed), 1)


def naive_shapley(values, players):
    result = np.zeros((players, *values.shape[1:]))
    orders = list(permutations(range(players)))
    for order in orders:
        k = 0
        for i in order:
            result[i] += (values[k | 1 << i] - values[k]) / len(orders)
            k |= 1 << i
    return result


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5).flatmap(lambda p: arrays.arrays(np.float64, (2**p, 3), elements=st.floats(-5, 5))))
def test_shapley_values_are_averages_over_orders_and_sum_to_the_whole(values):
    players = len(values).bit_length() - 1
    result = shapley(values)
    np.testing.assert_allclose(result, naive_shapley(values, players), atol=1e-9)
    np.testing.assert_allclose(result.sum(0), values[-1] - values[0], atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.float64, 16, elements=st.floats(-5, 5)), st.permutations(range(4)))
def test_shapley_values_and_interactions_follow_their_players(values, order):
    moved = np.array([values[sum(1 << i for i in range(4) if k >> order[i] & 1)] for k in range(16)])
    np.testing.assert_allclose(shapley(moved)[list(order)], shapley(values), atol=1e-9)
    np.testing.assert_allclose(interactions(moved)[np.ix_(order, order)], interactions(values), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.float64, 4, elements=st.floats(-5, 5)), st.floats(-5, 5))
def test_what_simply_adds_does_not_interact_and_one_joint_gain_is_shared(alone, joint):
    values = np.array([sum(alone[i] for i in range(4) if k >> i & 1) for k in range(16)])
    np.testing.assert_allclose(interactions(values), 0, atol=1e-9)
    values += joint * np.array([k & 3 == 3 for k in range(16)])
    result = interactions(values)
    assert result[0, 1] == pytest.approx(joint, abs=1e-9)
    np.testing.assert_allclose(shapley(values)[:2], alone[:2] + joint / 2, atol=1e-9)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_efficiency_and_symmetry_on_random_models(seed):
    """Efficiency, and two modalities that are made the same by weights and features contribute the same: both to 1e-6."""
    rng = np.random.default_rng(seed)
    model = random_model(rng, outputs=1, coordination=False).double()
    with torch.no_grad():  # video becomes audio
        model.input[2].weight, model.input[2].bias = model.input[0].weight, model.input[0].bias
        for name, weight in model.named_parameters():
            if weight.ndim and weight.shape[0] == 3 and not name.startswith(("fusion", "fused", "input")):
                weight[2] = weight[0]
        model.bank[2] = model.bank[0]
        for block in model.blocks:  # receivers get [own, first other, second other]: both others must count alike
            for receiver in range(3):
                own, p = 8, model.config.prompt
                block.inject.weight[receiver, own + p : own + 2 * p] = block.inject.weight[receiver, own : own + p]
            block.inject.weight[2] = block.inject.weight[0]
            if block.expand is not None:
                w, b = block.expand.fc2.weight, block.expand.fc2.bias
                w[..., own + p : own + 2 * p], b[..., own + p : own + 2 * p] = (
                    w[..., own : own + p],
                    b[..., own : own + p],
                )
        model.fusion.weight[:, 16:] = model.fusion.weight[:, :8]
        model.fusion.weight[16:], model.fusion.bias[16:] = (
            model.fusion.weight[:8].clone(),
            model.fusion.bias[:8].clone(),
        )
        model.fusion.weight[16:, 16:], model.fusion.weight[16:, :8] = (
            model.fusion.weight[:8, :8],
            model.fusion.weight[:8, 16:],
        )
        model.fused_head.weight[:, 16:] = model.fused_head.weight[:, :8]
    x = torch.randn(1, 5, 4, dtype=torch.double)
    model.input[2].weight = torch.nn.Parameter(model.input[0].weight.detach().clone())
    features = {
        "audio": x,
        "text": torch.randn(1, 5, 5, dtype=torch.double),
        "video": torch.zeros(1, 5, 6, dtype=torch.double),
    }
    model.config = replace(model.config, dims=(4, 5, 4))
    features["video"] = x
    observed = torch.from_numpy(np.repeat(rng.random((1, 5, 1)) > 0.3, 3, axis=2))
    with torch.inference_mode():
        values = pass_of(model, features, observed, torch.ones(1, 5, dtype=torch.bool)).fused[..., 0].numpy()
    phi = shapley(values)
    np.testing.assert_allclose(phi.sum(0), values[-1] - values[0], atol=1e-6)
    np.testing.assert_allclose(phi[0], phi[2], atol=1e-6)
    assert not observed.any() or np.abs(phi[0] - phi[1]).max() > 1e-4


def test_a_modality_that_is_missing_everywhere_contributes_nothing(checkpoint, conversation, observed):
    observed[:, 2] = False
    result = contribution(predict_coalitions(checkpoint, conversation, observed))
    np.testing.assert_allclose(result.values[2], 0, atol=1e-6)
    np.testing.assert_allclose(result.values.sum(0), result.whole - result.empty, atol=1e-6)


def made(values, pairs=None, weights=None):
    """Contributions with given Shapley values `[M, S]`, all of them speaking upwards."""
    values = np.array(values, np.float32)
    M, S = values.shape
    task = Task("sentiment")
    return Contribution(
        task, FUSED, ("audio", "text", "video")[:M], np.ones((S, M), bool), np.zeros(S, np.float32), values.sum(0),
        np.ones(S, np.float32), values, np.zeros((M, M, S), np.float32) if pairs is None else pairs,
        np.full((S, M), 1 / M, np.float32) if weights is None else np.array(weights, np.float32), np.ones(S, bool),
    )  # fmt: skip


def test_relations_have_the_names_that_their_numbers_call_for():
    result = made([[1.0, 0.5, 0.6, 0.001], [0.1, 0.5, -0.4, 0.0], [0.1, 0.4, 0.0, 0.0]])
    assert result.relations.tolist() == ["dominance", "complement", "conflict", "negligible"]
    shares = relation_shares(result)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["dominance of audio"] == 0.25
    assert set(result.relations) <= set(RELATIONS)
    assert waterfall_title(result, 0) == "Utterance 1 moves from 0.00 with nothing observed to 1.20: dominance of audio"
    assert contributions_title(result) == (
        "The modalities move utterance 2 most, by +1.40; they conflict most in utterance 3"
    )
    assert contributions_title(replace(result, values=np.abs(result.values))).endswith("; they never conflict")
    assert relation_facts(result) == "Of 4 utterances: dominance in 1, complement in 1, conflict in 1, negligible in 1."
    assert (
        contributions_heading(result)
        == f"Audio contributes most to the fused prediction: {percent(2.101 / 3.601)} of all contributions"
    )
    nothing = replace(result, values=0 * result.values, whole=result.empty)
    assert contributions_heading(nothing) == "No modality moves any prediction"
    assert contributions_title(nothing) == "The modalities move no utterance"
    assert waterfall_title(nothing, 1) == "Utterance 2 stays at 0.00, as with nothing observed: negligible"


def test_pairs_are_told_apart_by_the_sign_of_their_interaction():
    pairs = np.zeros((2, 2, 3), np.float32)
    pairs[0, 1] = pairs[1, 0] = [0.5, -0.5, 0.01]
    result = made([[1, 1, 1], [1, 1, 1]], pairs)
    assert result.pair_kinds(0, 1).tolist() == ["synergy", "redundancy", "independent"]
    table = pair_table(result)
    assert table.loc[0, ["synergy", "redundancy", "independent"]].tolist() == pytest.approx([1 / 3] * 3)
    assert pairs_title(result) == "Audio and text have the strongest interaction: synergy, +0.003 on average"
    assert pairs_title(made([[1, 1, 1], [1, 1, 1]])) == "No pair of modalities interacts: contributions simply add"


def test_weights_are_compared_with_shares():
    result = made([[0.9, 0.1, 0.8], [0.1, 0.9, 0.2]], weights=[[0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
    agreement = weight_agreement(result)
    assert (agreement.same, agreement.counted) == (2, 3)
    assert agreement.correlations[0] == pytest.approx(1.0)
    assert agreement.distance[2] == pytest.approx(0.4)
    assert weight_agreement_title(agreement) == (
        "Largest weight and largest contribution agree in 2 of 3 utterances (2 by chance)"
    )
    assert disagreement_table(result, ("a", "b", "c"))["utterance"].iloc[0] == 3
    # In the second utterance nothing contributes.
    still = made([[0.9, 0.001, 0.8], [0.1, 0.001, 0.2]], weights=[[0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
    assert disagreement_table(still, ("a", "b", "c"))["utterance"].tolist() == [3, 1]


def test_accuracy_is_divided_without_rest(checkpoint, small_lab):
    test = list(small_lab.split("test"))
    result, labels = [predict_coalitions(checkpoint, c, c.observed) for c in test], [c.labels for c in test]
    table, reached = split_table(result, labels), accuracies(result, labels)
    fused = table[table["predictor"] == FUSED]
    assert fused["accuracy"].sum() == pytest.approx(reached[-1] - reached[0])
    assert fused["share"].sum() == pytest.approx(1)
    assert fused["weight"].sum() == pytest.approx(1, abs=1e-5)
    assert len(table) == 4 * 3
    known = np.concatenate(labels)
    decided = np.concatenate([predict_conversation(checkpoint, c, c.observed).decisions() for c in test])
    assert reached[-1] == pytest.approx((decided == (known > 0))[known != 0].mean())
    facts = accuracy_facts(table, reached)
    assert facts.startswith(f"ACC {percent(reached[-1], 1)}: {percent(reached[0], 1)} with nothing observed")
    assert all(f"{u} {points(x)}" in facts for u, x in zip(fused["modality"], fused["accuracy"], strict=True))
    top = fused.loc[fused["mean"].idxmax()]
    title = split_title(table, small_lab.task, 1, 2)
    assert title == (
        f"{top['modality'].capitalize()} contributes most over the split: {percent(top['share'])} "
        f"({decimal(top['mean'])} on average), 1 conversation so far"
    )
    assert accuracy_facts(table.assign(accuracy=np.nan), reached) == ""


def test_numbers_come_as_tables(checkpoint, conversation, observed):
    table = contribution_table(contribution(predict_coalitions(checkpoint, conversation, observed)))
    assert len(table) == observed.size
    assert not table.isna().any().any()
