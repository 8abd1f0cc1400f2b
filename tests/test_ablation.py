"""Networks without one of their parts: what is left computes what it should, and what is gone has no weights."""

from dataclasses import replace

import pytest
import torch

from comp_viz.data.batch import Batch, Standardiser
from comp_viz.network.bank import prototype_bank
from comp_viz.network.model import ComP

SWITCHES = ("propagation", "prompting", "coordination")


@pytest.fixture
def batch(small_lab):
    conversations = small_lab.split("train")
    return Batch.of(conversations[:3], Standardiser.fit(conversations))


def made(config, **switches):
    torch.manual_seed(0)
    return ComP(replace(config, **switches)).eval()


def run(model, batch, **options):
    return model(batch.features, batch.observed, batch.valid, **options)


@pytest.mark.parametrize("off", [*[(s,) for s in SWITCHES], SWITCHES[:2], SWITCHES[1:], SWITCHES])
def test_every_combination_predicts_trains_and_traces(small_config, batch, off):
    model = made(small_config, **dict.fromkeys(off, False))
    out = run(model, batch, trace=True)
    assert out.fused.shape == (*batch.valid.shape, 1)
    torch.testing.assert_close(out.coordinator.sum(-1), batch.valid.float())
    assert bool(out.trace.prompts) == ("prompting" not in off)
    assert bool(out.trace.attention) == ("propagation" not in off)
    assert set(out.trace.encoded) == set(out.trace.propagated) == set(small_config.modalities)
    model.train()
    sum(y.sum() for y in (run(model, batch).fused, *run(model, batch).heads.values())).backward()
    unused = [name for name, p in model.named_parameters() if p.grad is None]
    assert not unused, f"weights that nothing uses: {unused}"


def test_without_prompting_and_propagation_encodings_are_classified(small_config, batch):
    model = made(small_config, propagation=False, prompting=False)
    out = run(model, batch, trace=True)
    for u, name in enumerate(small_config.modalities):
        torch.testing.assert_close(out.trace.propagated[name], out.trace.encoded[name])
        expected = out.trace.encoded[name] @ model.modality_heads.weight[u] + model.modality_heads.bias[u]
        torch.testing.assert_close(out.heads[name][batch.valid], expected[batch.valid])


def test_without_prompting_a_modality_does_not_hear_of_the_others(small_config, batch):
    model = made(small_config, prompting=False)
    before = run(model, batch).heads["audio"]
    torch.testing.assert_close(before, model.first_stage(*begin(model, batch))["audio"])
    louder = {name: x if name == "audio" else 5 * x + 1 for name, x in batch.features.items()}
    torch.testing.assert_close(model(louder, batch.observed, batch.valid).heads["audio"], before)


def begin(model, batch):
    _, encoded, rows = model.begin(batch.features, batch.observed, batch.valid)
    return encoded, rows


def test_with_prompts_but_no_attention_an_utterance_hears_of_its_other_modalities_only(small_config, batch):
    model = made(small_config, propagation=False)
    model.bank = prototype_bank(model, batch)
    before = run(model, batch)
    louder = {name: x.clone() for name, x in batch.features.items()}
    louder["text"][:, 0] += 3
    after = model(louder, batch.observed, batch.valid)
    assert (after.heads["audio"][:, 0] - before.heads["audio"][:, 0]).abs().min() > 0


def test_without_coordination_all_modalities_count_the_same(small_config, batch):
    weights = run(made(small_config, coordination=False), batch).coordinator[batch.valid]
    torch.testing.assert_close(weights, torch.full_like(weights, 1 / 3))


def test_without_prompting_there_is_no_bank(small_config, batch):
    model = made(small_config, prompting=False)
    assert prototype_bank(model, batch).shape[1] == 0
