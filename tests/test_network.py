"""The network against the published numbers, against a naive reading of the method, and its promises to callers."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from goldens import goldens
from naive import naive_comp, random_parameters

from comp_viz.errors import CompVizError
from comp_viz.network.config import ComPConfig
from comp_viz.network.intervention import Intervention
from comp_viz.network.model import SCOPES, ComP
from comp_viz.network.published import load_published
from comp_viz.network.trace import TRACE_FIELDS, Trace

NAMES = ("audio", "text", "video")
of_every_pass = pytest.mark.parametrize(
    "path", goldens("meta"), ids=lambda path: f"{path.parent.parent.name}-{path.stem}"
)


class Golden:
    """One golden file as tensors of one precision."""

    def __init__(self, path, dtype):
        with np.load(path) as archive:
            arrays = dict(archive)
        self.meta = json.loads(str(arrays["meta"]))
        self.arrays = arrays
        self.parameters = {
            key.removeprefix("param/"): torch.from_numpy(value).to(dtype)
            for key, value in arrays.items()
            if key.startswith("param/")
        }
        widths = [self.meta["dims"][u] for u in NAMES]
        together = torch.from_numpy(arrays["input/features"]).to(dtype)
        self.features = dict(zip(NAMES, together.split(widths, dim=-1), strict=True))
        self.observed = torch.from_numpy(arrays["input/observed"]).bool()
        self.valid = torch.from_numpy(arrays["input/valid"]).bool()

    def __getitem__(self, key):
        return torch.from_numpy(self.arrays[key]).double()

    def model(self):
        return load_published(self.parameters, self.meta["heads"], self.meta["momentum"])

    def naive(self):
        return naive_comp(
            self.parameters, self.meta["heads"], self.meta["momentum"], self.features, self.observed, self.valid
        )


def far(ours, theirs, rows):
    """Largest difference over the valid rows."""
    return (ours.double() - theirs.double())[rows].abs().max().item()


def inputs(config, seed=0, batch=3, lengths=(7, 4, 6), rate=0.3):
    """Random features, observed and valid for a configuration; every conversation has something observed."""
    generator = torch.Generator().manual_seed(seed)
    S = max(lengths[:batch])
    valid = torch.arange(S) < torch.tensor(lengths[:batch])[:, None]
    observed = (torch.rand(batch, S, len(config.modalities), generator=generator) > rate) & valid[..., None]
    features = {
        u: torch.randn(batch, S, width, generator=generator)
        for u, width in zip(config.modalities, config.dims, strict=True)
    }
    return features, observed, valid


def network(seed=0, bank=2, **changes):
    """A seeded network whose weights are large enough for everything to matter, with a bank."""
    config = ComPConfig(
        **{
            "modalities": NAMES, "dims": (5, 6, 4), "max_length": 9, "hidden": 8, "prompt": 3, "prototypes": 4
        } | changes
    )  # fmt: skip
    torch.manual_seed(seed)
    model = ComP(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)
    model.bank = torch.randn(len(config.modalities), bank, config.prototypes, config.hidden)
    return model.requires_grad_(False)


# Largest differences, as shares of the largest value of an output: see `golden/README.md`.
PRECISIONS = pytest.mark.parametrize(
    ("dtype", "exactly"), [(torch.float64, 1e-9), (torch.float32, 1e-5)], ids=["double", "single"]
)
NEARLY, ATTENTION = 1e-4, 3e-3


def apart(ours, theirs, rows):
    """Largest difference over the valid rows, as a share of the largest published value there."""
    return far(ours, theirs, rows) / theirs[rows].abs().max().item()


@PRECISIONS
@of_every_pass
@torch.no_grad()
def test_gives_the_published_numbers(path, dtype, exactly):
    golden = Golden(path, dtype)
    model, valid = golden.model(), golden.valid
    out = model(golden.features, golden.observed, valid, prototypes="batch", trace=True)
    assert out.fused.dtype is dtype
    assert apart(out.fused, golden["output/fused_logits"], valid) < NEARLY
    assert apart(out.coordinator, golden["trace/coordinator_weights"], valid) < NEARLY
    trace, m = out.trace, model.config.depth // model.config.blocks
    for u in NAMES:
        assert apart(out.heads[u], golden[f"output/{u}_logits"], valid) < NEARLY
        assert apart(trace.encoded[u], golden[f"trace/{u}/encoded"], valid) < exactly
        everyone = torch.ones(len(valid), dtype=torch.bool)
        assert apart(trace.prototypes[u], golden[f"trace/{u}/prototypes"], everyone) < exactly
        assert apart(trace.prompts[u][:, 0], golden[f"trace/{u}/prompt_block1"], valid) < exactly
        assert apart(trace.prompts[u][:, 1], golden[f"trace/{u}/prompt_block2_fresh"], valid) < NEARLY
        for l in range(2):
            for k in range(m):
                theirs = golden[f"trace/{u}/attention_block{l + 1}_layer{k + 1}"].transpose(1, 2)  # queries first
                assert apart(trace.attention[u][:, l, k].transpose(1, 2), theirs, valid) < ATTENTION


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["double", "single"])
@of_every_pass
@torch.no_grad()
def test_gives_the_published_numbers_without_a_trace(path, dtype):
    golden = Golden(path, dtype)
    out = golden.model()(golden.features, golden.observed, golden.valid, prototypes="batch")
    assert apart(out.fused, golden["output/fused_logits"], golden.valid) < NEARLY
    assert apart(out.coordinator, golden["trace/coordinator_weights"], golden.valid) < NEARLY
    for u in NAMES:
        assert apart(out.heads[u], golden[f"output/{u}_logits"], golden.valid) < NEARLY


@of_every_pass
@torch.no_grad()
def test_last_layer_reads_what_the_published_one_read(path):
    golden = Golden(path, torch.float64)
    model = golden.model()
    seen = []
    model.fused_head.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    model(golden.features, golden.observed, golden.valid, prototypes="batch")
    theirs = golden["output/hidden"][golden.valid]
    assert apart(seen[0], theirs, torch.ones(len(theirs), dtype=torch.bool)) < NEARLY


@of_every_pass
def test_naive_network_gives_the_published_numbers(path):
    golden = Golden(path, torch.float64)
    out, valid = golden.naive(), golden.valid
    assert apart(out.fused, golden["output/fused_logits"], valid) < NEARLY
    assert apart(out.coordinator, golden["trace/coordinator_weights"], valid) < NEARLY
    for u in NAMES:
        assert apart(out.heads[u], golden[f"output/{u}_logits"], valid) < NEARLY
        assert apart(out.encoded[u], golden[f"trace/{u}/encoded"], valid) < 1e-9


@pytest.mark.parametrize(
    ("heads", "momentum", "sizes"),
    [
        (1, 0.0, {"hidden": 6, "depth": 2}),
        (2, 0.3, {"classes": 3}),
        (4, 1.0, {"hidden": 12, "depth": 6, "prompt": 5}),
        (3, 0.7, {"hidden": 9, "dims": (1, 2, 3), "prototypes": 1}),
        (2, 0.5, {"max_length": 14, "dims": (7, 3, 2), "prompt": 1, "classes": 3, "depth": 2}),
        (8, 0.9, {"max_length": 6, "prototypes": 7, "depth": 6}),
    ],
)
@torch.no_grad()
def test_agrees_with_the_naive_network_on_other_shapes(heads, momentum, sizes):
    parameters = random_parameters(heads, **sizes)
    model = load_published(parameters, heads, momentum)
    batch = 1 + heads % 3
    features, observed, valid = inputs(model.config, seed=heads, batch=batch, lengths=(6, 3, 5))
    observed[0, :, heads % 3] = False  # one modality is nowhere in the first conversation
    features = {u: x.double() for u, x in features.items()}
    theirs = naive_comp(parameters, heads, momentum, features, observed, valid)
    ours = model(features, observed, valid, prototypes="batch", trace=True)
    assert far(ours.fused, theirs.fused, valid) < 1e-5
    assert far(ours.coordinator, theirs.coordinator, valid) < 1e-5
    for u in NAMES:
        assert far(ours.heads[u], theirs.heads[u], valid) < 1e-5
        assert far(ours.trace.encoded[u], theirs.encoded[u], valid) < 1e-9
        torch.testing.assert_close(ours.trace.prototypes[u], theirs.prototypes[u], atol=1e-6, rtol=0)
        # Scores are single precision by definition, and processors sum them in different orders.
        assert far(queries_first(ours.trace.attention[u]), queries_first(theirs.attention[u]), valid) < 5e-5


def queries_first(maps):
    """`[B, n, m, h, S, S] -> [B, S, n, m, h, S]`."""
    return maps.movedim(4, 1)


@pytest.mark.parametrize("scope", ["bank", "conversation"])
def test_prediction_does_not_depend_on_the_rest_of_the_batch(scope):
    model = network()
    features, observed, valid = inputs(model.config)
    together = model(features, observed, valid, prototypes=scope)
    for b in range(3):
        alone = model({u: x[b : b + 1] for u, x in features.items()}, observed[b : b + 1], valid[b : b + 1], scope)
        torch.testing.assert_close(alone.fused[0], together.fused[b], atol=1e-5, rtol=0)
        torch.testing.assert_close(alone.coordinator[0], together.coordinator[b], atol=1e-5, rtol=0)
        for u in NAMES:
            torch.testing.assert_close(alone.heads[u][0], together.heads[u][b], atol=1e-5, rtol=0)


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


def broken(change):
    """Inputs of `network()` with one thing wrong."""
    features, observed, valid = inputs(network().config)
    features, observed, valid = change(dict(features), observed, valid)
    return features, observed, valid


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f, o, v: (f | {"text": f["text"][..., :5]}, o, v), ["text", "[3, 7, 6]", "[3, 7, 5]"]),
        (lambda f, o, v: ({u: f[u] for u in ("audio", "text")}, o, v), ["audio, text, video", "got audio, text"]),
        (lambda f, o, v: (f | {"smell": f["text"]}, o, v), ["audio, text, video", "smell"]),
        (lambda f, o, v: ({}, o, v), ["audio, text, video", "none"]),
        (
            lambda f, o, v: (
                {u: torch.zeros(1, 10, x.shape[2]) for u, x in f.items()},
                torch.ones(1, 10, 3),
                torch.ones(1, 10),
            ),
            ["at most 9", "got 10"],
        ),
        (lambda f, o, v: (f, o[..., :2], v), ["observed", "[3, 7, 3]", "[3, 7, 2]"]),
        (lambda f, o, v: (f, o[:, :5], v), ["observed", "[3, 7, 3]", "[3, 5, 3]"]),
        (lambda f, o, v: (f, o, v[0]), ["valid", "[conversations, utterances]", "[7]"]),
        (lambda f, o, v: (f | {"video": f["video"][:2]}, o, v), ["video", "[3, 7, 4]", "[2, 7, 4]"]),
    ],
)
def test_a_batch_that_does_not_fit_is_refused_in_words(change, message):
    with pytest.raises(CompVizError) as caught:
        network()(*broken(change))
    for words in message:
        assert words in str(caught.value)


def test_an_unknown_scope_is_refused_in_words():
    model = network()
    with pytest.raises(CompVizError, match=r"batch, conversation, bank.*'all'"):
        model(*inputs(model.config), prototypes="all")


@pytest.mark.parametrize(("batch", "length"), [(0, 4), (2, 0)])
def test_an_empty_batch_is_refused_in_words_or_gives_empty_output(batch, length):
    model = network()
    features = {u: torch.zeros(batch, length, width) for u, width in zip(NAMES, (5, 6, 4), strict=True)}
    try:
        out = model(features, torch.zeros(batch, length, 3), torch.zeros(batch, length))
    except CompVizError:
        return
    assert out.fused.shape == (batch, length, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"modalities": ("audio",), "dims": (5,)},
        {"modalities": ("audio", "audio", "text")},
        {"dims": (5, 6)},
        {"dims": (5, 6, 0)},
        {"hidden": 0},
        {"outputs": 0},
        {"depth": 3},
        {"heads": 3},
        {"heads": -2},
        {"momentum": 1.1},
        {"momentum": float("nan")},
        {"dropout": 1.0},
        {"dropout": -0.1},
        {"max_length": 0},
    ],
)
def test_impossible_architectures_are_refused(changes):
    good = ComPConfig(NAMES, (5, 6, 4), hidden=8)
    with pytest.raises(CompVizError):
        replace(good, **changes)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_attention_map_exists_unless_a_trace_is_wanted(dtype):
    config = ComPConfig(("audio", "text"), (3, 4), max_length=5, hidden=8, prompt=2, prototypes=3)
    model = ComP(config).eval().to(dtype)
    kept = []
    for block in model.blocks:
        for layer in block.layers:
            layer.register_forward_hook(lambda module, given, result: kept.append(result[1]))
    features = {"audio": torch.randn(1, 5, 3), "text": torch.randn(1, 5, 4)}
    everything = torch.ones(1, 5, 2, dtype=torch.bool)
    assert model(features, everything, everything[..., 0]).trace is None
    assert kept == [None] * config.depth


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
