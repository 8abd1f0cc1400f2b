"""ComP's coordinator with other things to read, and with a loss of its own."""

from dataclasses import replace

import pytest
import torch

from comp_viz.checkpoint.folder import load_checkpoint, save_checkpoint
from comp_viz.data.batch import Batch, Standardiser
from comp_viz.errors import CompVizError
from comp_viz.methods.comp.objective import divergence
from comp_viz.methods.recipe import Recipe
from comp_viz.network.coalitions import coalition_masks, coalition_outputs
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP

MODALITIES, DIMS, S = ("audio", "text", "video"), (5, 4, 3), 6
SHAPE = {"max_length": 8, "hidden": 8, "prompt": 3, "prototypes": 4}


@pytest.fixture
def model():
    """A network whose coordinator reads encodings and availability."""
    torch.manual_seed(1)
    return ComP(ComPConfig(MODALITIES, DIMS, **SHAPE, coordinator_reads="encodings")).eval()


@pytest.fixture
def conversation():
    """One conversation with a third of its entries missing."""
    torch.manual_seed(2)
    features = {u: torch.randn(1, S, d) for u, d in zip(MODALITIES, DIMS, strict=True)}
    return features, torch.rand(1, S, 3) > 1 / 3, torch.ones(1, S, dtype=torch.bool)


def test_weights_of_an_utterance_depend_on_nothing_but_what_is_there_of_it(model, conversation):
    features, observed, valid = conversation
    before = model(features, observed, valid)
    changed = observed.clone()
    changed[0, 0, 1] = ~changed[0, 0, 1]
    after = model(features, changed, valid)
    assert not torch.allclose(after.weights[0, 0], before.weights[0, 0], atol=1e-4)
    torch.testing.assert_close(after.weights[0, 1:], before.weights[0, 1:])
    assert not torch.allclose(
        after.fused[0, 1:], before.fused[0, 1:], atol=1e-6
    )  # propagated features read the neighbours


def test_the_published_coordinator_reads_the_neighbours_too(conversation):
    torch.manual_seed(1)
    model = ComP(ComPConfig(MODALITIES, DIMS, **SHAPE)).eval()
    features, observed, valid = conversation
    changed = observed.clone()
    changed[0, 0, 1] = ~changed[0, 0, 1]
    before, after = (model(features, shown, valid).weights[0, 1:] for shown in (observed, changed))
    assert not torch.allclose(after, before, atol=1e-6)


def test_all_coalitions_in_one_pass_are_those_of_single_passes(model, conversation):
    features, observed, valid = conversation
    together = coalition_outputs(model, features, observed, valid)
    for k, shown in enumerate(coalition_masks(3)):
        alone = model(features, observed & shown, valid)
        torch.testing.assert_close(together.fused[k], alone.fused[0], atol=1e-5, rtol=0)
        torch.testing.assert_close(together.weights[k], alone.weights[0], atol=1e-5, rtol=0)


def test_a_checkpoint_keeps_what_its_coordinator_reads(small_lab, small_checkpoint, small_config, tmp_path):
    config = replace(small_config, coordinator_reads="encodings")
    test = small_lab.split("test")
    standardise = Standardiser.fit(test)
    model, batch = ComP(config).eval(), Batch.of(test, standardise)
    card = replace(load_checkpoint(small_checkpoint).card, architecture=config)
    save_checkpoint(tmp_path / "reads", model, card, standardise)
    loaded = load_checkpoint(tmp_path / "reads").model
    given = batch.features, batch.observed, batch.valid
    torch.testing.assert_close(loaded(*given).weights, model(*given).weights, atol=1e-3, rtol=0)  # 16 bits


def test_another_word_and_a_weight_below_nothing_are_refused():
    with pytest.raises(CompVizError, match="coordinator_reads: expected one of propagated, encodings, got 'all'"):
        ComPConfig(MODALITIES, DIMS, coordinator_reads="all")
    with pytest.raises(CompVizError, match="coordinator_weight: expected a number from 0 on, got -1"):
        Recipe(coordinator_weight=-1)


def test_the_loss_is_least_where_weights_are_what_heads_deserve():
    error = torch.tensor([[[0.0, 1.0]], [[1.0, 1.0]], [[2.0, 1.0]]])  # mean 1 over both utterances
    counted = torch.tensor([[True, True]])
    deserved = torch.tensor([[1 / 1, 1 / 2, 1 / 3], [1 / 2, 1 / 2, 1 / 2]])
    deserved = (deserved / deserved.sum(-1, keepdim=True))[None]
    assert divergence(deserved, error, counted).item() == pytest.approx(0, abs=1e-6)
    equal = torch.full_like(deserved, 1 / 3)
    expected = (deserved[0, 0] * (deserved[0, 0] * 3).log()).sum() / 2  # nothing from the second utterance
    torch.testing.assert_close(divergence(equal, error, counted), expected)


def test_what_is_not_counted_teaches_nothing():
    error = torch.tensor([[[0.0, 9.0]], [[1.0, 9.0]], [[2.0, 0.0]]])
    weights = torch.full((1, 2, 3), 1 / 3, requires_grad=True)
    divergence(weights, error, torch.tensor([[True, False]])).backward()
    assert weights.grad[0, 0].any()
    assert not weights.grad[0, 1].any()


def test_it_teaches_the_coordinator_in_the_stage_that_fuses(small_lab, trainer):
    for weight in (0.0, 1.0):
        one = trainer(coordinator_weight=weight)
        batch = one.train.pick(range(4))
        targets = batch.labels
        for stage in one.stages:
            losses = one.learning.objective(stage, batch, targets, ~targets.isnan()).losses
            assert ("coordinator" in losses) == (weight > 0 and stage.chosen_by == "fused")
        if weight:
            losses["coordinator"].backward()
            assert one.model.coordinator[0].weight.grad.any()
            assert one.model.modality_heads.weight.grad is None  # its heads are what is to be followed, not to follow
