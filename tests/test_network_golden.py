"""ComP's network gives the published numbers, and those of the network written out plainly."""

import json

import numpy as np
import pytest
import torch
from goldens import goldens
from naive import naive_comp, random_parameters
from network_cases import NAMES, inputs, network, queries_first

from comp_viz.network.published import load_published

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
