"""ComP's network: what a prediction depends on, what a trace holds, and that nothing of it is changed by looking."""

from dataclasses import fields

import pytest
import torch
from network_cases import NAMES, inputs, network, queries_first

from comp_viz.errors import CompVizError
from comp_viz.network.intervention import Intervention
from comp_viz.network.model import SCOPES
from comp_viz.network.trace import TRACE_FIELDS, Trace


@pytest.mark.parametrize("scope", ["bank", "conversation"])
def test_prediction_follows_its_conversation_when_the_batch_is_reordered(scope):
    model, order = network(), torch.tensor([2, 0, 1])
    features, observed, valid = inputs(model.config)
    before = model(features, observed, valid, scope)
    after = model({u: x[order] for u, x in features.items()}, observed[order], valid[order], scope)
    torch.testing.assert_close(after.fused, before.fused[order], atol=1e-5, rtol=0)


@pytest.mark.parametrize("scope", SCOPES)
def test_prediction_does_not_depend_on_padding(scope):
    model = network()
    features, observed, valid = inputs(model.config)
    S = valid.shape[1]
    before = model(features, observed, valid, scope)
    for longer in range(S + 1, model.config.max_length + 1):
        extra = (0, longer - S)
        padded = {u: torch.nn.functional.pad(x, (0, 0, *extra), value=9.0) for u, x in features.items()}
        after = model(
            padded,
            torch.nn.functional.pad(observed, (0, 0, *extra), value=True),
            torch.nn.functional.pad(valid, extra),
            scope,
        )
        difference = (after.fused[:, :S] - before.fused)[valid].abs().max()
        assert difference < 1e-5


def test_batch_scope_does_depend_on_the_rest_of_the_batch():
    model = network()
    features, observed, valid = inputs(model.config)
    together = model(features, observed, valid, "batch")
    alone = model({u: x[:1] for u, x in features.items()}, observed[:1], valid[:1], "batch")
    assert (alone.fused[0] - together.fused[0])[valid[0]].abs().max() > 1e-4


def test_batch_scope_equals_conversation_scope_for_one_conversation():
    model = network()
    features, observed, valid = inputs(model.config, batch=1)
    out = {scope: model(features, observed, valid, scope).fused for scope in SCOPES}
    torch.testing.assert_close(out["batch"], out["conversation"], atol=1e-6, rtol=0)
    assert (out["bank"] - out["conversation"]).abs().max() > 1e-4


def test_an_empty_bank_is_the_conversation_scope():
    model = network(bank=0)
    features, observed, valid = inputs(model.config)
    with_bank = model(features, observed, valid, "bank").fused
    torch.testing.assert_close(with_bank, model(features, observed, valid, "conversation").fused)


def test_there_is_no_trace_unless_asked_for():
    model = network()
    assert model(*inputs(model.config)).trace is None


def test_scaled_attention_is_not_recorded_without_a_trace(monkeypatch):
    """No attention map is materialised: the fused kernel is what runs."""
    model, calls = network(), []
    real = torch.nn.functional.scaled_dot_product_attention
    monkeypatch.setattr(
        torch.nn.functional, "scaled_dot_product_attention", lambda *a, **k: calls.append(1) or real(*a, **k)
    )
    model(*inputs(model.config))
    assert len(calls) == 3 * model.config.depth  # once a conversation
    model(*inputs(model.config), trace=True)
    assert len(calls) == 3 * model.config.depth


@pytest.mark.parametrize("scope", SCOPES)
def test_trace_does_not_change_the_prediction(scope):
    model = network()
    plain = model(*inputs(model.config), scope)
    traced = model(*inputs(model.config), scope, trace=True)
    torch.testing.assert_close(plain.fused, traced.fused, atol=1e-5, rtol=0)
    torch.testing.assert_close(plain.coordinator, traced.coordinator, atol=1e-5, rtol=0)
    for u in NAMES:
        torch.testing.assert_close(plain.heads[u], traced.heads[u], atol=1e-5, rtol=0)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("junk", [float("nan"), float("inf"), -1e30])
def test_what_stands_in_missing_and_padded_features_never_matters(scope, junk):
    model = network()
    features, observed, valid = inputs(model.config)
    clean = model(features, observed, valid, scope)
    dirty = {
        u: x.masked_fill(~(observed[..., i] & valid)[..., None], junk) for i, (u, x) in enumerate(features.items())
    }
    out = model(dirty, observed, valid, scope)
    assert torch.equal(out.fused, clean.fused)
    assert torch.equal(out.coordinator, clean.coordinator)


def test_observed_in_the_padding_is_ignored():
    model = network()
    features, observed, valid = inputs(model.config)
    out = model(features, observed | ~valid[..., None], valid)
    assert torch.equal(out.fused, model(features, observed, valid).fused)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_modality_observed_nowhere_gives_finite_output_and_zero_attention(scope):
    model = network()
    features, observed, valid = inputs(model.config)
    observed[1, :, 2] = False
    out = model(features, observed, valid, scope, trace=True)
    assert out.fused.isfinite().all()
    assert out.coordinator.isfinite().all()
    assert all(head.isfinite().all() for head in out.heads.values())
    assert (out.trace.attention["video"][1] == 0).all()
    assert (out.trace.attention["video"][0].sum(-1) > 0.99).all()


def test_a_conversation_with_nothing_observed_at_all_gives_finite_output():
    model = network()
    features, observed, valid = inputs(model.config)
    out = model(features, torch.zeros_like(observed), valid, trace=True)
    assert out.fused.isfinite().all()


def test_attention_goes_to_observed_utterances_only_and_sums_to_one():
    model = network()
    features, observed, valid = inputs(model.config)
    observed[:, 0] = valid[:, :1]
    out = model(features, observed, valid, trace=True)
    for i, u in enumerate(NAMES):
        maps = out.trace.attention[u]
        hidden = ~observed[..., i][:, None, None, None, None, :].expand_as(maps)
        assert (maps[hidden] == 0).all()
        total = queries_first(maps)[valid].sum(-1)
        torch.testing.assert_close(total, torch.ones_like(total))


@pytest.mark.parametrize("scope", SCOPES)
def test_assignments_and_coordinator_sum_to_one(scope):
    model = network()
    features, observed, valid = inputs(model.config)
    out = model(features, observed, valid, scope, trace=True)
    for shares in (*(a.transpose(1, 2) for a in out.trace.assignments.values()), out.coordinator):
        assert (shares >= 0).all()
        total = shares[valid].sum(-1)
        torch.testing.assert_close(total, torch.ones_like(total))


@pytest.mark.parametrize("modalities", [("one", "two"), NAMES, ("a", "b", "c", "d")])
@pytest.mark.parametrize("blocks", [1, 2, 3])
@pytest.mark.parametrize("scope", SCOPES)
def test_outputs_and_trace_have_the_documented_shapes(modalities, blocks, scope):
    dims = (5, 6, 4, 3)[: len(modalities)]
    model = network(modalities=modalities, dims=dims, blocks=blocks, depth=2 * blocks, outputs=3, bank=2)
    config = model.config
    features, observed, valid = inputs(config)
    out = model(features, observed, valid, scope, trace=True)
    B, S = valid.shape
    K = config.prototypes * {"batch": B, "conversation": 1, "bank": 3}[scope]
    sizes = {
        "B": B, "S": S, "d": config.hidden, "c": config.prototypes, "n": blocks, "m": 2, "h": config.heads,
        "p": config.prompt, "K": K, "M-1": len(modalities) - 1, "n-1": blocks - 1,
        "M·d": len(modalities) * config.hidden,
    }  # fmt: skip
    assert out.fused.shape == (B, S, 3)
    assert out.coordinator.shape == (B, S, len(modalities))
    assert list(out.heads) == list(modalities)
    assert all(head.shape == (B, S, 3) for head in out.heads.values())
    assert set(TRACE_FIELDS) == {field.name for field in fields(Trace)}
    for name, (documented, meaning) in TRACE_FIELDS.items():
        expected = [sizes[symbol] for symbol in documented.strip("[]").split(", ")]
        value = getattr(out.trace, name)
        assert meaning
        if isinstance(value, dict):
            assert list(value) == list(modalities)
            assert all(list(tensor.shape) == expected for tensor in value.values()), name
        else:
            assert list(value.shape) == expected, name


def test_trace_is_consistent_in_itself():
    model = network()
    out = model(*inputs(model.config), trace=True)
    trace, lam = out.trace, model.config.momentum
    for u, name in enumerate(NAMES):
        others = [v for v in NAMES if v != name]
        first = torch.stack([trace.prompts[v][:, 0] for v in others], dim=2)
        torch.testing.assert_close(trace.delivered[name][:, 0], first)
        second = torch.stack([trace.prompts[v][:, 1] for v in others], dim=2)
        mixed = lam * trace.renewed[name][:, 0] + (1 - lam) * second
        torch.testing.assert_close(trace.delivered[name][:, 1], mixed)
        torch.testing.assert_close(trace.features[name][:, 0], trace.encoded[name])
        share = out.coordinator[..., u, None] * trace.propagated[name]
        torch.testing.assert_close(trace.fused_features[..., u * 8 : (u + 1) * 8], share)


def test_masked_prototypes_ignore_padding_and_missing():
    model = network(masked_prototypes=True)
    features, observed, valid = inputs(model.config)
    before = model(features, observed, valid, trace=True).trace.prototypes
    _, encoded, rows = model.begin(features, observed, valid)
    utterances, blanks = rows.part(encoded)
    noise = torch.randn_like(utterances) * 100
    noisy = model.compress(utterances + noise * ~rows.keys[..., None], blanks + 100, rows)
    for u, name in enumerate(NAMES):
        torch.testing.assert_close(noisy[u], before[name])


def test_published_prototypes_do_count_missing_utterances():
    plain, masked = network(), network(masked_prototypes=True)
    features, observed, valid = inputs(plain.config)
    ours, theirs = (model(features, observed, valid, trace=True).trace.prototypes for model in (plain, masked))
    assert (ours["text"] - theirs["text"]).abs().max() > 1e-3


def test_evaluation_is_deterministic_and_training_is_not():
    model = network()
    given = inputs(model.config)
    assert torch.equal(model(*given).fused, model(*given).fused)
    model.train()
    assert not torch.equal(model(*given).fused, model(*given).fused)


def test_dropout_keeps_the_mean_and_the_rate():
    from comp_viz.network.layers import Dropout

    torch.manual_seed(0)
    x = torch.ones(400, 501)
    for rate in (0.0, 0.25, 0.5, 0.9):
        layer = Dropout(rate).train()
        out = layer(x)
        assert abs((out == 0).double().mean().item() - rate) < 0.01
        assert abs(out.mean().item() - 1) < 0.03
        assert torch.equal(layer.eval()(x), x)


def test_takes_numpy_arrays_and_lists():
    model = network()
    features, observed, valid = inputs(model.config)
    expected = model(features, observed, valid).fused
    frozen = {u: x.numpy().copy() for u, x in features.items()}
    for x in frozen.values():
        x.flags.writeable = False
    assert torch.equal(model(frozen, observed.numpy(), valid.int().numpy()).fused, expected)
    lists = {u: x.tolist() for u, x in features.items()}
    assert torch.equal(model(lists, observed.tolist(), valid.tolist()).fused, expected)


def test_caller_s_tensors_are_not_changed():
    model = network()
    features, observed, valid = inputs(model.config)
    before = {u: x.clone() for u, x in features.items()}, observed.clone(), valid.clone()
    model(features, observed | ~valid[..., None], valid)
    assert all(torch.equal(features[u], before[0][u]) for u in NAMES)
    assert torch.equal(observed, before[1])
    assert torch.equal(valid, before[2])


def test_first_stage_uses_the_modality_alone():
    model = network()
    features, observed, valid = inputs(model.config)
    _, encoded, rows = model.begin(features, observed, valid)
    before = model.first_stage(encoded, rows)
    changed = encoded.clone()
    changed[1:] += 5
    after = model.first_stage(changed, rows)
    assert torch.equal(before["audio"], after["audio"])
    assert not torch.equal(before["text"], after["text"])


def test_interventions_do_what_they_say():
    model = network()
    given = inputs(model.config)
    plain = model(*given, trace=True)
    same = model(*given, trace=True, changed=Intervention(momentum=model.config.momentum))
    assert torch.equal(same.fused, plain.fused)
    assert not torch.allclose(model(*given, changed=Intervention(momentum=0.9)).fused, plain.fused)
    third = (1 / 3,) * 3
    equal = model(*given, changed=Intervention(weights=third))
    torch.testing.assert_close(equal.coordinator[given[2]], torch.full((17, 3), 1 / 3))
    fused = torch.cat([plain.trace.propagated[u] / 3 for u in NAMES], dim=-1)
    expected = model.fused_head(fused + torch.relu(model.fusion(fused.flatten(0, 1)).view_as(fused)))
    torch.testing.assert_close(equal.fused[given[2]], expected[given[2]])


def test_a_prompt_taken_away_changes_its_receiver_first():
    model = network(blocks=1, depth=2)
    given = inputs(model.config)
    plain, without = model(*given), model(*given, changed=Intervention(without=frozenset({("text", "audio")})))
    assert not torch.allclose(without.heads["text"], plain.heads["text"])
    for u in ("audio", "video"):  # with a single block nobody hears of it
        assert torch.equal(without.heads[u], plain.heads[u])


@pytest.mark.parametrize("receiver", NAMES)
def test_without_anything_entering_a_modality_its_features_do_not_matter(receiver):
    model = network(blocks=1, depth=2)
    features, observed, valid = inputs(model.config)
    nothing = Intervention(without=frozenset((receiver, sender) for sender in NAMES))
    other = {u: x + 1 for u, x in features.items()}
    one, two = (model(x, observed, valid, changed=nothing).heads[receiver] for x in (features, other))
    torch.testing.assert_close(one, two)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (Intervention(momentum=1.1), "momentum"),
        (Intervention(without=frozenset({("text", "smell")})), "smell"),
        (Intervention(weights=(0.5, 0.5)), "3 numbers"),
        (Intervention(weights=(0.5, 0.6, 0.1)), "sum to 1"),
        (Intervention(weights=(1.5, -0.5, 0.0)), "from 0 on"),
    ],
)
def test_an_impossible_intervention_is_refused(changed, message):
    model = network()
    with pytest.raises(CompVizError, match=message):
        model(*inputs(model.config), changed=changed)
