"""Why: coalitions, Shapley values, attributions, context, faithfulness and counterfactuals against naive computation."""

import copy
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
import torch
from captum.attr import Occlusion
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prediction import FUSED, predict_conversation
from comp_viz.analysis.stats.ranks import rank_correlation
from comp_viz.analysis.why.attribution import (
    ATTRIBUTION_METHODS,
    GRADIENT,
    INTEGRATED,
    OCCLUSION,
    SAMPLING,
    attribute,
    blocks,
)
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.analysis.why.context import context, context_table
from comp_viz.analysis.why.contribution import (
    RELATIONS,
    Contribution,
    contribution,
    contribution_table,
    pair_table,
    relation_shares,
)
from comp_viz.analysis.why.counterfactual import counterfactual_table, smallest_loss, smallest_return
from comp_viz.analysis.why.faithfulness import (
    cell_curves,
    curve_table,
    deletion_insertion,
    feature_curves,
    modality_curves,
    utterance_curves,
)
from comp_viz.analysis.why.fragile import fragile_table, fragility
from comp_viz.analysis.why.leave_one_out import Losses, losses
from comp_viz.analysis.why.masking import Masked
from comp_viz.analysis.why.named_features import feature_label, feature_table, group_of, group_table, names_of
from comp_viz.analysis.why.sanity import Sanity, sanity
from comp_viz.analysis.why.shapley import interactions, shapley
from comp_viz.analysis.why.smallest_set import IRREDUCIBLE, SMALLEST, smallest_set
from comp_viz.analysis.why.split_contribution import accuracies, split_table
from comp_viz.analysis.why.target import direction
from comp_viz.analysis.why.weight_agreement import disagreement_table, weight_agreement
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.clips.extractors.registry import feature_names
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Task
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError
from comp_viz.figures.style import LIGHT
from comp_viz.figures.why.amounts import explained_amount
from comp_viz.figures.why.attribution import attribution_facts, cells_title, feature_groups_title, features_title
from comp_viz.figures.why.context import context_map_title, context_title, rollout_facts
from comp_viz.figures.why.contribution import contributions_title, relation_facts
from comp_viz.figures.why.counterfactual import counterfactual_facts, counterfactual_title, reservation
from comp_viz.figures.why.faithfulness import faithfulness_title
from comp_viz.figures.why.fragility import fragility_chart, fragility_title
from comp_viz.figures.why.heading import (
    context_heading,
    contributions_heading,
    counterfactuals_heading,
    features_heading,
)
from comp_viz.figures.why.pairs import pairs_title
from comp_viz.figures.why.sanity import sanity_title
from comp_viz.figures.why.split_contribution import accuracy_facts, split_title
from comp_viz.figures.why.waterfall import waterfall_title
from comp_viz.figures.why.weight_agreement import weight_agreement_title
from comp_viz.network.coalitions import coalition_masks
from comp_viz.network.coalitions import coalition_outputs as pass_of
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.wording import HEADING, decimal, percent, points

SHIPPED = {"lab": "lab", "hazumi": "hazumi_online.npz", "mosi": "mosi.npz"}


@pytest.fixture
def masked(checkpoint, conversation, observed):
    return Masked.of(checkpoint, conversation, observed)


def random_model(rng, **changes):
    names = ("audio", "text", "video", "pose")[: changes.pop("modalities", 3)]
    options = {"max_length": 8, "hidden": 8, "prompt": 3, "prototypes": 4, "outputs": 3}
    config = ComPConfig(names, tuple(range(4, 4 + len(names))), **options | changes)
    torch.manual_seed(int(rng.integers(1000)))
    model = ComP(config).eval()
    model.bank = torch.randn(len(names), 2, 4, 8)
    return model


# Coalitions


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


# Shapley values


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
    assert contributions_heading(replace(result, values=0 * result.values)) == "No modality moves any prediction"


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


# Attributions


def test_occlusion_is_captums(masked, checkpoint, conversation, observed):
    result = attribute(checkpoint, conversation, observed, 2, OCCLUSION)
    shown = torch.from_numpy(masked.observed).float()[None]
    expected = Occlusion(lambda masks: torch.from_numpy(masked.fused(masks.numpy() > 0.5)[:, 2, 0].copy())).attribute(
        shown, sliding_window_shapes=(1, 1)
    )
    np.testing.assert_allclose(result.cells, expected[0].numpy(), atol=1e-6)


@pytest.mark.parametrize("method", ATTRIBUTION_METHODS)
def test_missing_cells_have_no_part(method, checkpoint, conversation, observed):
    result = attribute(checkpoint, conversation, observed, 2, method)
    assert not result.cells[~(observed & conversation.observed)].any()
    assert result.cells[2].any()


def test_integrated_gradients_are_complete_and_features_sum_to_cells(checkpoint, conversation, observed):
    result = attribute(checkpoint, conversation, observed, 2, INTEGRATED)
    assert result.missing_sum < 0.01
    for u, name in enumerate(result.modalities):
        np.testing.assert_allclose(result.features[name].sum(1), result.cells[:, u], atol=1e-5)
    zeros = replace(conversation, features={u: np.tile(m, (len(observed), 1)) * conversation.observed[:, [i]] for i, (u, m) in enumerate(checkpoint.standardise.mean.items())})  # fmt: skip
    assert result.start == pytest.approx(float(predict_conversation(checkpoint, zeros, observed).fused[2, 0]), abs=1e-4)


def test_gradient_times_input_is_the_slope(checkpoint, conversation, observed):
    """Against a finite difference along the features of one cell."""
    result = attribute(checkpoint, conversation, observed, 2, GRADIENT)
    batch = Batch.of([conversation], checkpoint.standardise)
    ends = []
    for scale in (0.99, 1.01):
        features = {u: x.double().clone() for u, x in batch.features.items()}
        features["audio"][0, 2] *= scale
        model = load_double(checkpoint)
        ends.append(float(model(features, observed[None], batch.valid).fused[0, 2, 0]))
    assert result.cells[2, 0] == pytest.approx((ends[1] - ends[0]) / 0.02, rel=0.02, abs=1e-4)


def load_double(checkpoint):
    return copy.deepcopy(checkpoint.model).double()


def test_sampled_shapley_values_sum_to_the_change_and_repeat(checkpoint, conversation, observed):
    result = attribute(checkpoint, conversation, observed, 2, SAMPLING)
    assert result.missing_sum < 1e-4
    np.testing.assert_array_equal(attribute(checkpoint, conversation, observed, 2, SAMPLING).cells, result.cells)
    assert (result.error >= 0).all()
    assert result.steps >= 4


def test_sampled_orders_are_nobody_elses_random_numbers(checkpoint, conversation, observed, monkeypatch):
    """Another thread may draw from PyTorch's global generator meanwhile."""
    first = attribute(checkpoint, conversation, observed, 1, SAMPLING, seed=3)
    fused = Masked.fused

    def beside(*given):
        torch.rand(1)
        return fused(*given)

    monkeypatch.setattr(Masked, "fused", beside)
    second = attribute(checkpoint, conversation, observed, 1, SAMPLING, seed=3)
    np.testing.assert_array_equal(first.cells, second.cells)


def test_distant_cells_share_a_player():
    numbers = blocks(np.ones((60, 3), bool), 20)
    assert len(np.unique(numbers[16:25])) == 27
    assert len(np.unique(numbers)) == 3 * (9 + 8)
    assert len(np.unique(blocks(np.ones((2, 2), bool), 0))) == 4


# Named features


def test_features_have_the_names_of_the_file(real_data):
    data = open_data("hazumi_online.npz")
    names = names_of(data)
    assert names["video"][-1] == "AU45_c_mean"
    assert feature_label(names["video"][-10]) == "AU12_c_mean (lip corner puller)" or "AU12" in " ".join(names["video"])
    assert len(names["audio"]) == 384
    assert names["text"][0] == "text 1"
    groups = {group_of(name, "audio") for name in names["audio"]}
    assert groups == {"voice: loudness", "voice: spectrum", "voice: quality", "voice: pitch"}
    assert {group_of(name, "video") for name in names["video"]} == {
        "face: brows and lids",
        "face: eyes and cheeks",
        "face: nose, mouth and jaw",
    }


def test_features_of_clips_have_the_names_of_their_extractors():
    groups = {group_of(name, "audio") for name in feature_names(("whisper-base encoder", "eGeMAPS v02"))}
    assert "voice: pitch" in groups
    assert "audio: not named" not in groups
    faces = [name for name in feature_names(("MediaPipe blendshapes",)) if not name.startswith("_neutral")]
    assert all(group_of(name, "video").startswith("face:") for name in faces)


def test_features_without_any_name_are_their_modality_as_a_whole(checkpoint, conversation, observed, small_lab):
    table = feature_table(attribute(checkpoint, conversation, observed, 2, GRADIENT), names_of(small_lab))
    assert set(table["group"]) == {f"{name} as a whole" for name in table["modality"]}


def test_a_typical_decision_that_a_loss_flips_is_not_at_a_negative_distance(masked):
    result = fragility(losses(masked))
    distance, left = (decimal(float(np.median(x))) for x in (result.margin, np.abs(result.left)))
    chart = fragility_chart(result, [""] * len(result.flips), (-1, 1), 0, LIGHT)
    named = {one.name: one.marker for one in chart.data if one.showlegend is not False}
    grey = next(one.error_y.color for one in chart.data if one.error_y.color)
    assert named["± uncertainty"].line.color == grey
    spared = fragility_title(replace(result, left=np.abs(result.left)))
    assert spared == f"The median decision is {distance} from flipping, {left} after the worst single loss"
    flipped = fragility_title(replace(result, left=np.full_like(result.left, -0.25)))
    assert flipped == f"The median decision is {distance} from flipping; for half or more, one loss changes it"


def test_groups_keep_the_sum_of_their_features(checkpoint, conversation, observed, small_lab):
    result = attribute(checkpoint, conversation, observed, 2, GRADIENT)
    table = feature_table(result, names_of(small_lab))
    assert table["attribution"].sum() == pytest.approx(float(result.cells[2].sum()), abs=1e-5)
    assert group_table(table)["attribution"].sum() == pytest.approx(float(result.cells[2].sum()), abs=1e-5)
    assert table["attribution"].abs().is_monotonic_decreasing
    top, group = table.iloc[0], group_table(table).iloc[0]
    assert features_title(table, small_lab.task).startswith(f"{top['feature']} has the largest attribution")
    assert features_title(table[:0], small_lab.task) == "No feature of this utterance is observed"
    assert f"{group['group']} has the largest sum: " in feature_groups_title(group_table(table), small_lab.task)
    with pytest.raises(ValueError, match="cells"):
        feature_table(attribute(checkpoint, conversation, observed, 2, OCCLUSION), names_of(small_lab))


# Context


def test_context_is_the_change_without_an_utterance(checkpoint, conversation, observed, masked):
    inside = look_inside(checkpoint, conversation, observed)
    result = context(losses(masked, modalities=False), inside)
    without = observed.copy()
    without[4] = False
    expected = (
        predict_conversation(checkpoint, conversation, observed).fused
        - predict_conversation(checkpoint, conversation, without).fused
    )[:, 0]
    np.testing.assert_allclose(result.effects[:, 4], expected, atol=1e-5)
    others = np.arange(len(observed)) != 1
    mean = np.mean(result.rolled, axis=0)
    assert result.agreement(1) == pytest.approx(rank_correlation(np.abs(result.effects[1, others]), mean[1, others]))
    assert len(context_table(result)) == len(observed) ** 2


def test_rank_correlation():
    assert rank_correlation(np.arange(5), np.arange(5) ** 3) == pytest.approx(1)
    assert rank_correlation(np.arange(5), -np.arange(5)) == pytest.approx(-1)
    assert np.isnan(rank_correlation(np.ones(5), np.arange(5)))
    assert np.isnan(rank_correlation(np.ones(1), np.ones(1)))


# Faithfulness


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
    assert faithfulness_title(best, "modalities").startswith("Faithful by modalities: deletion beats ")
    assert faithfulness_title(worst, "modalities").startswith("Not faithful by modalities: deletion beats 0 of ")
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


# Counterfactuals


def naive_smallest(goal, players):
    for size in range(1, players + 1):
        sets = np.zeros((0, players), bool)
        for chosen in combinations(range(players), size):
            row = np.zeros((1, players), bool)
            row[0, list(chosen)] = True
            sets = np.concatenate([sets, row])
        if goal(sets)[0].any():
            return size
    return None


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.float64, st.integers(1, 8), elements=st.floats(-3, 3)), st.floats(0.1, 6))
def test_the_smallest_set_is_smallest_where_it_says_so(parts, wanted):
    def goal(sets):
        total = sets @ parts
        return total >= wanted, (wanted - total).astype(np.float32)

    result, size = smallest_set(goal, len(parts)), naive_smallest(goal, len(parts))
    if result is None:
        assert size is None or size > 3  # an additive goal is found greedily whenever a set reaches it
        assert size is None
        return
    chosen = np.zeros(len(parts), bool)
    chosen[list(result.players)] = True
    assert goal(chosen[None])[0][0]
    if result.proof == SMALLEST:
        assert len(result.players) == size
    else:
        assert result.proof == IRREDUCIBLE
        for i in result.players:
            fewer = chosen.copy()
            fewer[i] = False
            assert not goal(fewer[None])[0][0]


def test_a_pair_is_smallest_though_not_all_pairs_were_tried():
    """Of 30 players not all pairs are tried, but every single one is."""

    def goal(sets):
        reached = sets[:, 28] & sets[:, 29]
        lack = np.where(reached, 0, 10 - sets[:, :28].sum(1) / 28 + sets[:, 28:].sum(1))
        return reached, lack.astype(np.float32)

    result = smallest_set(goal, 30)
    assert (result.players, result.proof) == ((28, 29), SMALLEST)


def test_a_set_is_found_where_all_players_together_miss_the_goal():
    def goal(sets):
        total = sets @ np.array([1.0, 1.0, 1.0, -5.0])
        return total >= 3, (3 - total).astype(np.float32)

    assert smallest_set(goal, 4).players == (0, 1, 2)


def test_losing_the_found_cells_flips_the_decision_and_no_single_one_would(checkpoint, conversation, masked, observed):
    single = losses(masked)
    before = predict_conversation(checkpoint, conversation, observed).decisions()
    for target in range(len(conversation)):
        result = smallest_loss(masked, single, target)
        assert len(counterfactual_table(result)) == len(result.cells)
        if not result.cells:
            continue
        assert predict_conversation(checkpoint, conversation, result.changed).decisions()[target] != before[target]
        for s, u in result.cells if len(result.cells) > 1 else ():
            fewer = result.changed.copy()
            fewer[s, u] = True
            assert predict_conversation(checkpoint, conversation, fewer).decisions()[target] == before[target]


def test_a_search_says_when_it_looked_only_at_near_cells(masked, monkeypatch):
    monkeypatch.setattr("comp_viz.analysis.why.leave_one_out.PASSES", 3)
    single, cells = losses(masked), int(masked.observed.sum())
    for target in range(len(masked.observed)):
        result = smallest_loss(masked, single, target)
        assert (result.searched, result.possible) == (3, cells)
        assert f"Searched among 3 cells, the nearest of {cells}," in counterfactual_facts(result)
        whole = np.ones_like(result.observed)
        many = replace(result, observed=whole, cells=((0, 0), (0, 1)), proof=SMALLEST)
        amount = explained_amount(many.task, many.crossing[1])
        assert counterfactual_title(many) == (
            f"Losing 2 cells flips the decision for utterance {target + 1}, by {amount}; no smaller set does"
        )
        assert counterfactual_facts(many).startswith("The set: audio of 1, text of 1. Searched among 3 cells")
        assert counterfactual_facts(many).endswith(": every smaller set was tried.")
        assert counterfactual_facts(replace(many, searched=cells)).endswith(
            f"Searched among {cells} cells: every smaller set was tried."
        )
        one, none = replace(result, cells=((0, 1),)), replace(result, cells=(), proof="")
        one = replace(one, observed=whole)
        assert counterfactual_title(one) == (
            f"Losing text of utterance 1 flips the decision for utterance {target + 1}, by {amount}"
        )
        assert counterfactual_title(none) == (
            f"Losing cells does not flip the decision for utterance {target + 1}, as far as searched"
        )


def test_returning_the_found_cells_restores_the_decision():
    checkpoint, data = load_checkpoint("checkpoints/lab"), open_data("lab")
    talk = data.split("test")[0]
    pattern = talk.observed & (np.random.default_rng(0).random(talk.observed.shape) < 0.3)
    whole = predict_conversation(checkpoint, talk, talk.observed).decisions()
    here = predict_conversation(checkpoint, talk, pattern).decisions()
    masked = Masked.of(checkpoint, talk, talk.observed)
    changed = np.flatnonzero(whole != here)
    assert len(changed)
    for target in range(len(talk)):
        result = smallest_return(masked, pattern, target)
        assert result.needed == (target in changed)
        if result.needed:
            assert result.cells
            assert predict_conversation(checkpoint, talk, result.changed).decisions()[target] == whole[target]
            assert (result.changed >= pattern).all()


def test_fragility_counts_the_single_losses_that_flip(checkpoint, conversation, observed, masked):
    result = fragility(losses(masked))
    before = predict_conversation(checkpoint, conversation, observed).decisions()
    flips = np.zeros(len(observed), int)
    for s, u in np.argwhere(observed):
        without = observed.copy()
        without[s, u] = False
        flips += predict_conversation(checkpoint, conversation, without).decisions() != before
    np.testing.assert_array_equal(result.crossed, flips)
    assert (result.flips <= flips).all()
    table = fragile_table(result, conversation.words)
    assert table["hangs on"].is_monotonic_decreasing
    one = np.arange(len(flips)) == 2
    assert counterfactuals_heading(replace(result, flips=one.astype(int))) == (
        f"1 of {len(flips)} decisions hangs on one cell, utterance 3's most of all"
    )
    within = counterfactuals_heading(replace(result, flips=0 * flips, crossed=2 * one))
    assert within.startswith(f"None of {len(flips)} decisions hangs on one cell; 1 could change, but not surely")
    steady = counterfactuals_heading(replace(result, flips=0 * flips, crossed=0 * flips, left=np.abs(result.left)))
    closest = int(np.nanargmin(np.abs(result.left)))
    assert steady.startswith(
        f"None of {len(flips)} decisions hangs on one cell; utterance {closest + 1} comes closest ("
    )


def lone_losses(margins, observed):
    """Losses of a score, neutral at 0: `margins [1 + P]` of the last utterance as observed, and without each cell in turn."""
    players = np.arange(observed.size).reshape(observed.shape)
    scores = np.ones((observed.size + 1, len(observed), 1), np.float32)
    scores[:, -1, 0] = margins
    task = Task("sentiment", (), -3.0, 3.0, 0.0)
    recorded = np.ones(len(observed), bool)
    return Losses(task, ("audio", "text"), observed, players, 1, scores[0], scores[1:], recorded)


@pytest.mark.parametrize(
    ("kept", "margins", "flips", "crossed"),
    [
        pytest.param([1, 1], [0.5, 0.5, 0.5, 0.5, -0.4], 1, 1, id="it hangs on its text"),
        pytest.param([0, 1], [0.5, 0.5, 0.5, 0.5, -0.4], 0, 1, id="nothing else of it is left"),
        pytest.param([1, 1], [0.5, 0.5, 0.5, 0.5, -0.008], 0, 1, id="beyond neutral by next to nothing"),
        pytest.param([1, 1], [0.01, 0.06, 0.01, 0.01, -0.4], 0, 1, id="it was hardly a decision"),
        pytest.param([1, 1], [0.5, 0.5, 0.5, 1.2, -0.4], 0, 1, id="other losses move it as far"),
        pytest.param([1, 1], [0.5, 0.5, 0.5, 0.5, 0.4], 0, 0, id="no loss changes it"),
    ],
)
def test_a_decision_hangs_on_a_cell_only_beyond_its_uncertainty(kept, margins, flips, crossed):
    if margins[-1] == -0.008:
        margins[1] = 0.52  # something else moves it by 0.02
    observed = np.array([[True, True], np.array(kept, bool)])
    result = fragility(lone_losses(margins, observed))
    assert (result.flips[-1], result.crossed[-1]) == (flips, crossed)
    others = [m - margins[0] for m in margins[1:4]]  # the last loss, that of its text, is the worst
    if kept[0]:
        assert result.uncertainty[-1] == pytest.approx(np.sqrt(np.square(others).sum()), abs=1e-6)


def test_a_set_that_leaves_nothing_or_hardly_crosses_says_so(masked):
    s, whole = 2, np.ones_like(masked.observed)
    found = smallest_loss(masked, losses(masked), s)
    before, after = np.full_like(found.before, 0.5), np.full_like(found.after, -0.01)
    task = Task("sentiment", (), -3.0, 3.0, 0.0)
    all_of_it = replace(found, task=task, observed=whole, cells=tuple((s, u) for u in range(whole.shape[1])))
    assert reservation(all_of_it, 0.0).startswith("They are all that was observed of the utterance")
    assert counterfactual_title(all_of_it).endswith(f"flips the decision for utterance {s + 1}, leaving nothing of it")
    one = replace(found, task=task, observed=whole, cells=((s, 1),), before=before, after=after)
    assert reservation(one, 0.02).startswith("It crosses within its uncertainty: 0.010 against 0.02")
    assert reservation(one, 0.005) == ""
    assert (
        counterfactual_title(one)
        == f"Losing text of utterance {s + 1} flips the decision for utterance {s + 1}, by 0.010"
    )


def test_headings_and_titles_fit_and_hold_their_numbers(checkpoint, conversation, observed, masked):
    inside = look_inside(checkpoint, conversation, observed)
    result = context(losses(masked, modalities=False), inside)
    others = np.where(np.arange(len(result.effects)) == 2, -1, result.sizes[2])
    mean = np.where(np.arange(len(result.effects)) == 2, -1, result.mean_rollout[2])
    assert context_title(result, 2).startswith(f"Utterance {others.argmax() + 1} affects utterance 3 most (")
    assert context_title(result, 2).endswith("rollout names it too") == (others.argmax() == mean.argmax())
    assert rollout_facts(result, 2).endswith(f"over the other utterances: {decimal(result.agreement(2))}.")
    own, agree = np.nanmean(result.own), np.nanmean(result.agreements)
    assert context_heading(result) == (
        f"Predictions depend {percent(own)} on their own utterance; rank correlation with rollout is {decimal(agree)}"
    )
    assert context_map_title(result).startswith(f"Utterance {result.influences.argmax() + 1} affects the others most: ")
    assert rollout_facts(replace(result, rolled=None), 2) == ""
    for method in ATTRIBUTION_METHODS:
        each = attribute(checkpoint, conversation, observed, 2, method)
        size = np.abs(each.cells)
        s, u = np.unravel_index(size.argmax(), size.shape)
        cell = each.modalities[u].capitalize()
        start = f"Utterance 3's own {cell.lower()} matters most for its prediction: "
        assert features_heading(each).startswith(
            start if s == 2 else f"{cell} of utterance {s + 1} matters most for utterance 3: "
        )
        assert percent(float(size[2].sum() / size.sum())) in cells_title(each)
        assert attribution_facts(each).startswith(("✓", "✗", "The attributions sum to"))
        assert len(features_heading(each)) <= HEADING
        assert len(cells_title(each)) <= HEADING


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


def test_long_conversations_lose_neighbours_together(masked, monkeypatch):
    monkeypatch.setattr("comp_viz.analysis.why.leave_one_out.PASSES", 9)
    result = losses(masked)
    assert result.together == -(-len(masked.observed) // 3)
    shown = masked.observed & (result.players != 4)
    np.testing.assert_allclose(result.after[4], masked.fused(shown[None])[0], atol=1e-6)


def test_numbers_come_as_tables(checkpoint, conversation, observed):
    table = contribution_table(contribution(predict_coalitions(checkpoint, conversation, observed)))
    assert len(table) == observed.size
    assert not table.isna().any().any()
