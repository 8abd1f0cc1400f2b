"""The option of ComP's architecture that lets nothing be prompted by what is missing."""

import pytest
import torch

from comp_viz.commands.train import chosen_settings
from comp_viz.errors import CompVizError
from comp_viz.network.coalitions import coalition_masks, coalition_outputs
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP

MODALITIES, DIMS, S = ("audio", "text", "video"), (5, 4, 3), 6


@pytest.fixture
def both():
    """The same weights, once with prompts from all utterances and once from the observed ones alone."""
    shape = {"max_length": 8, "hidden": 8, "prompt": 3, "prototypes": 4}
    models = [ComP(ComPConfig(MODALITIES, DIMS, **shape, prompts_from=of)).eval() for of in ("all", "observed")]
    models[1].load_state_dict(models[0].state_dict())
    return models


@pytest.fixture
def batch():
    """Two conversations, the second shorter; a third of all entries missing."""
    torch.manual_seed(1)
    observed = torch.rand(2, S, 3) > 1 / 3
    valid = torch.arange(S) < torch.tensor([[S], [4]])
    return {u: torch.randn(2, S, d) for u, d in zip(MODALITIES, DIMS, strict=True)}, observed, valid


def test_fresh_prompts_of_missing_utterances_are_zero_and_others_as_they_were(both, batch):
    _, observed, valid = batch
    everything, kept = (model(*batch, trace=True).trace for model in both)
    for u, name in enumerate(MODALITIES):
        seen = observed[..., u] & valid
        assert (everything.prompts[name][:, 0][valid] != 0).all()
        torch.testing.assert_close(kept.prompts[name][:, 0][seen], everything.prompts[name][:, 0][seen])
        assert (kept.prompts[name].transpose(1, 2)[~seen] == 0).all()
    # The text receives zeros from audio where audio is missing, before the first block: senders are in modality order.
    gone = valid & ~observed[..., 0]
    assert (kept.delivered["text"][:, 0, :, 0][gone] == 0).all()
    # Later what a block renewed is delivered, its share λ of the old prompt.
    renewed = kept.renewed["text"][:, 0, :, 0][gone]
    torch.testing.assert_close(kept.delivered["text"][:, 1, :, 0][gone], 0.3 * renewed)


def test_it_changes_nothing_where_all_is_observed(both, batch):
    features, observed, valid = batch
    first, second = (model(features, torch.ones_like(observed), valid).fused[valid] for model in both)
    assert torch.equal(first, second)
    first, second = (model(*batch).fused[valid] for model in both)
    assert not torch.allclose(first, second, atol=1e-5)


def test_all_coalitions_in_one_pass_are_those_of_single_passes(both, batch):
    features, observed, _ = batch
    one = {u: x[:1] for u, x in features.items()}
    valid = torch.ones(1, S, dtype=torch.bool)
    model = both[1]
    together = coalition_outputs(model, one, observed[:1], valid).fused
    for k, shown in enumerate(coalition_masks(3)):
        alone = model(one, observed[:1] & shown, valid).fused[0]
        torch.testing.assert_close(together[k], alone, atol=1e-5, rtol=0)


def test_it_is_an_option_of_training_and_another_word_is_refused(small_lab):
    config, _ = chosen_settings(small_lab, "comp", "ours", {"prompts_from": "observed"})
    assert config.prompts_from == "observed"
    assert ComPConfig(MODALITIES, DIMS).prompts_from == "all"
    with pytest.raises(CompVizError, match="prompts_from: expected one of all, observed, got 'seen'"):
        ComPConfig(MODALITIES, DIMS, prompts_from="seen")
