"""The sharpness κ of the assignment to prototypes: softmax of κ times the cosine."""

import numpy as np
import pytest
import torch

from comp_viz.commands.train import chosen_settings
from comp_viz.errors import CompVizError
from comp_viz.methods.comp.method import comp_ownership
from comp_viz.methods.method import EVERY_MODALITY
from comp_viz.network.coalitions import coalition_masks, coalition_outputs
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP

MODALITIES, DIMS, S = ("audio", "text", "video"), (5, 4, 3), 6


def build(**shape):
    """A network with weights that do not depend on its sharpness, and a bank of two conversations."""
    model = ComP(ComPConfig(MODALITIES, DIMS, max_length=8, hidden=8, prompt=3, prototypes=4, **shape)).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "log_sharpness" not in name:
                parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
    model.bank = torch.randn(3, 2, 4, 8, generator=generator)
    return model


@pytest.fixture
def batch():
    """Two conversations, the second shorter; a third of all entries missing."""
    torch.manual_seed(1)
    observed, valid = torch.rand(2, S, 3) > 1 / 3, torch.arange(S) < torch.tensor([[S], [4]])
    return {u: torch.randn(2, S, d) for u, d in zip(MODALITIES, DIMS, strict=True)}, observed, valid


@pytest.mark.parametrize("scope", ["batch", "conversation", "bank"])
def test_weights_are_those_of_sharpness_1_to_the_power_of_it(batch, scope):
    published, sharp = (
        build(**shape)(*batch, prototypes=scope, trace=True).trace for shape in ({}, {"sharpness": 10.0})
    )
    for name in MODALITIES:
        before, after = (x.assignments[name][:, 0][batch[2]].double() for x in (published, sharp))
        power = before**10
        torch.testing.assert_close(after, power / power.sum(-1, keepdim=True), atol=1e-5, rtol=1e-3)
        assert after.max() > 1.5 * before.max()


def test_a_learned_sharpness_starts_at_the_given_one_and_learns(batch):
    fixed, learned = build(sharpness=3.0), build(sharpness=3.0, learned_sharpness=True)
    out = learned(*batch).fused
    torch.testing.assert_close(out, fixed(*batch).fused)
    out.square().sum().backward()
    for number in range(2):
        name = f"blocks.{number}.log_sharpness"
        kappa = learned.get_parameter(name)
        np.testing.assert_allclose(kappa.detach().exp().flatten(), 3, rtol=1e-6)
        assert (kappa.grad != 0).all()
        assert comp_ownership(name).owner == EVERY_MODALITY
    assert set(learned.state_dict()) - set(fixed.state_dict()) == {f"blocks.{l}.log_sharpness" for l in range(2)}


def test_all_coalitions_in_one_pass_are_those_of_single_passes(batch):
    model = build(sharpness=10.0, learned_sharpness=True)
    one = {u: x[:1] for u, x in batch[0].items()}
    valid = torch.ones(1, S, dtype=torch.bool)
    together = coalition_outputs(model, one, batch[1][:1], valid).fused
    for k, shown in enumerate(coalition_masks(3)):
        alone = model(one, batch[1][:1] & shown, valid).fused[0]
        torch.testing.assert_close(together[k], alone, atol=1e-4, rtol=1e-4)


def test_it_is_an_option_of_training_and_held_to_a_range(small_lab):
    config, _ = chosen_settings(small_lab, "comp", "ours", {"sharpness": 10.0, "learned_sharpness": True})
    assert (config.sharpness, config.learned_sharpness) == (10, True)
    assert (ComPConfig(MODALITIES, DIMS).sharpness, ComPConfig(MODALITIES, DIMS).learned_sharpness) == (1, False)
    for wrong in (0, -1, 1001, float("nan"), float("inf")):
        with pytest.raises(CompVizError, match="sharpness: expected a value above 0, at most 1000, got"):
            ComPConfig(MODALITIES, DIMS, sharpness=wrong)
