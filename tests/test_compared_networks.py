"""The compared methods' networks: the published numbers, what padding and missing entries may not change."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import DATA
from needs import need_data

from comp_viz.data.conversation import Task
from comp_viz.errors import CompVizError
from comp_viz.methods.dicmor.flow import FLOWS, Flows
from comp_viz.methods.dicmor.learning import label_classes
from comp_viz.methods.dicmor.published import load_flows
from comp_viz.methods.gcnet.objective import hidden_error, published_places
from comp_viz.methods.gcnet.published import load_gcnet, load_sdr_gnn
from comp_viz.methods.gcnet.window import Window, speaker_relations, temporal_relations
from comp_viz.methods.hcam.learning import contrast
from comp_viz.methods.imder.diffusion import denoising_loss, deviation, diffusion, sample
from comp_viz.methods.imder.published import load_refinement, load_score_network, load_transformer
from comp_viz.methods.losses import task_loss
from comp_viz.methods.mmin.published import load_mmin
from comp_viz.methods.registry import find_method

NAMES = ("audio", "text", "video")
SMALL = {  # sizes that build and run in milliseconds
    "gcnet": {"hidden": 6, "graph": 4, "speakers": 2},
    "sdr_gnn": {"hidden": 6, "graph": 4, "heads": 3},
    "mmin": {"embedding": 6, "blocks": 2, "layers": (5, 3)},
    "dicmor": {"hidden": 8, "heads": 2, "depth": 1, "blocks": 1, "flow_steps": 2},
    "imder": {
        "hidden": 8,
        "heads": 2,
        "depth": 1,
        "blocks": 1,
        "channels": (8, 8, 16, 16),
        "time_width": 8,
        "sampler_steps": 2,
    },
    "mctn": {"hidden": 6},
    "hcam": {"hidden": 8},
    "mmqnet": {"hidden": 8, "queries": 2, "interference": 3},
}
GRAPHS = ("gcnet-cmu", "gcnet-cmu_attn", "gcnet-iemocap", "gcnet-iemocap_attn", "sdr_gnn-cmu", "sdr_gnn-iemocap")


def golden(name):
    """Published numbers of one network, by key, as tensors."""
    path = need_data(DATA.parent / "methods" / "golden" / f"{name}.npz")
    with np.load(path) as archive:
        return {key: archive[key] for key in archive}


def tensors(arrays, prefix):
    """Those below a prefix, without it."""
    return {
        key.removeprefix(prefix): torch.as_tensor(value)
        for key, value in arrays.items()
        if key.startswith(prefix) and value.dtype.kind not in "US"
    }


def same(ours, published, tolerance=1e-9):
    torch.testing.assert_close(ours, torch.as_tensor(published), rtol=tolerance, atol=tolerance)


# The published numbers


@pytest.fixture(scope="module", params=GRAPHS)
def graph_case(request):
    """A network on graphs with published weights, its batch, and what came of it."""
    kind, case = request.param.split("-")
    arrays = golden(kind)
    relations = {name: json.loads(str(arrays[f"{case}/graph/{name}_names"])) for name in ("temporal", "speaker")}
    given, out = tensors(arrays, f"{case}/in/"), tensors(arrays, f"{case}/out/")
    weights = tensors(arrays, f"{case}/w/")
    if kind == "gcnet":
        model = load_gcnet(weights, relations, (6, 8, 5), (2, 2), attention=case.endswith("attn"))
    else:
        model = load_sdr_gnn(weights, relations, (6, 8, 6), (2, 2), heads=4)
    parts = given["features"].transpose(0, 1).split(model.config.dims, -1)
    batch = dict(zip(NAMES, parts, strict=True)), given["observed"].transpose(0, 1), given["umask"].bool()
    graph = tensors(arrays, f"{case}/graph/")
    return model, batch, given, out, graph, relations


def test_graph_networks_give_the_published_numbers(graph_case):
    model, (features, observed, valid), given, out, _, _ = graph_case
    got = model(features, observed, valid, speakers=given["speaker"].long())
    same(got.fused[valid], out["logits"].transpose(0, 1)[valid])
    rebuilt = torch.cat(list(got.reconstruction.values()), dim=-1)
    same(rebuilt[valid], out["reconstruction"].transpose(0, 1)[valid])
    hidden = ~observed & published_places(valid)[..., None]
    same(hidden_error(got.reconstruction, features, hidden, valid.sum()), out["recon_loss"])
    task = Task("emotion", tuple("abcd")) if got.fused.shape[-1] > 1 else Task("sentiment", (), -3, 3, 0)
    labels = given["labels"].long().double() if task.classes else given["labels"]
    same(task_loss(task, got.fused, labels, valid), out["task_loss"])


def test_edges_are_the_published_ones(graph_case):
    model, (_, _, valid), given, _, graph, relations = graph_case
    window = Window(valid, model.config.future, model.config.past)
    speakers = given["speaker"].long()
    kinds = {
        "temporal": (temporal_relations(window), ("past", "now", "future")),
        "speaker": (speaker_relations(window, speakers, model.config.speakers), tuple(sorted(relations["speaker"]))),
    }
    starts = [0, *valid.sum(1).cumsum(0).tolist()]
    for name, (ours, order) in kinds.items():
        edges = set()
        for r, b, s, k in ours.nonzero().tolist():
            edges.add((starts[b] + s + int(window.offsets[k]), starts[b] + s, relations[name][order[r]]))
        sources, targets = graph[f"{name}_edges"].tolist()
        assert edges == set(zip(sources, targets, graph[f"{name}_types"].tolist(), strict=True))


def test_mmin_gives_the_published_numbers():
    arrays = golden("mmin")
    given, out = tensors(arrays, "in/"), tensors(arrays, "out/")
    model = load_mmin(tensors(arrays, "w/"))
    features = dict(zip(NAMES, given["features"][None].split(model.config.dims, -1), strict=True))
    observed, valid = given["observed"][None], torch.ones(1, 9)
    imagined = model.imagine(features, observed, valid)
    same(imagined.logits[0], out["logits"])
    same(imagined.read, out["embedding"])
    same(imagined.embedding, out["imagined"])
    cycle, _ = model.cycle(imagined.embedding)
    same(cycle, out["cycle"])
    teacher, _ = model.embed(model.teacher.encoders, features, ~observed, valid)
    same(teacher, out["teacher"])
    labels = given["labels"][None].double()
    losses = (
        task_loss(Task("emotion", tuple("abcd")), imagined.logits, labels, labels >= 0),
        (imagined.embedding - teacher).square().mean(),
        (cycle - imagined.read).square().mean(),
    )
    same(torch.stack(losses), out["losses"])


def test_flows_give_the_published_numbers():
    arrays = golden("dicmor_flow")
    out = {name: value[..., 0].mT.flatten(0, 1) for name, value in tensors(arrays, "out/").items() if value.dim() > 1}
    flows = load_flows(tensors(arrays, "w/"))
    x = tensors(arrays, "in/")["x"][..., 0].mT.flatten(0, 1)
    z, determinant = flows(torch.stack([x, x]))
    same(z[0], out["z"])
    same(determinant[0].view(2, -1).sum(1), arrays["out/logdet"])
    own, other = flows.inverse(torch.stack([z[0], z[0]]))
    same(own, out["own_reverse_of_z"])
    same(other, out["other_reverse_of_z"])
    assert torch.equal(z[0, :, :4], x[:, :4])  # the half that published flows never change


def test_diffusion_gives_the_published_numbers():
    arrays = golden("imder")
    model = load_score_network(tensors(arrays, "score/w/"), heads=8)
    given, out = tensors(arrays, "score/in/"), tensors(arrays, "score/out/")
    x, condition, t = given["x"], given["condition"], given["t"]
    there = torch.ones(2, 16, dtype=torch.bool)

    def score(x, t, condition):
        return model(x, t, condition, there, published=True)

    with torch.no_grad():
        same(score(x, t, condition), out["conditional"], 1e-4)
        same(score(x, t, None), out["unconditional"], 1e-4)
        same(deviation(t), arrays["score/std"], 1e-6)
        same(diffusion(t), arrays["score/diffusion"], 1e-6)
        z, when = (torch.as_tensor(arrays[f"score/loss/{name}"]) for name in ("z", "t"))
        loss = denoising_loss(score, x, condition, when, z, z, torch.ones(2, 1, 16))
        same(loss.double(), arrays["score/loss/value"], 1e-4)
        generated = sample(score, condition, torch.as_tensor(arrays["score/sampler/noise"]))
    scale = float(np.abs(arrays["score/sampler/out"]).max())
    same(generated / scale, arrays["score/sampler/out"] / scale, 1e-4)


def test_transformer_and_refinement_give_the_published_numbers():
    arrays = golden("imder")
    model = load_transformer(tensors(arrays, "encoder/w/"), heads=4)
    given, out = tensors(arrays, "encoder/in/"), tensors(arrays, "encoder/out/")
    query, key = (given[name].transpose(0, 1)[None] for name in ("query", "key"))
    there, heard = query[0, ..., 0] != 0, key[0, ..., 0] != 0
    same(model(query, there, published=True)[0].transpose(0, 1), out["self"], 1e-6)  # published softmax is in float32
    same(model(query, there, key, heard, published=True)[0].transpose(0, 1), out["cross"], 1e-6)
    refine = load_refinement(tensors(arrays, "refine/w/"))
    x = torch.as_tensor(arrays["refine/in"])
    same(refine(x, torch.ones_like(x[:, :1])), arrays["refine/out"])


# Properties of all of them


def network(name, dims=(5, 6, 7), **changes):
    method = find_method(name)
    torch.manual_seed(0)
    return method.build(method.config(NAMES, dims, max_length=20, **SMALL[name] | changes)).eval()


def example(dims=(5, 6, 7)):
    """Conversations of 13, 9 and 5 utterances with about half of the entries observed."""
    generator = torch.Generator().manual_seed(1)
    features = {u: torch.randn(3, 13, width, generator=generator) for u, width in zip(NAMES, dims, strict=True)}
    valid = torch.arange(13) < torch.tensor([[13], [9], [5]])
    return features, (torch.rand(3, 13, 3, generator=generator) < 0.5) & valid[..., None], valid


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_what_is_missing_changes_nothing(name):
    model, (features, observed, valid) = network(name), example()
    other = {u: torch.where(observed[..., m, None], x, 100.0) for m, (u, x) in enumerate(features.items())}
    first, second = model(features, observed, valid), model(other, observed, valid)
    assert torch.equal(first.fused, second.fused)
    if "reconstruction" in find_method(name).capabilities:
        assert all(torch.equal(x, second.reconstruction[u]) for u, x in first.reconstruction.items())
    assert first.fused[valid].std() > 0
    assert not first.fused[~valid].any()


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_what_shares_the_batch_changes_nothing(name):
    model, (features, observed, valid) = network(name), example()
    together = model(features, observed, valid)
    alone = model({u: x[2:, :5] for u, x in features.items()}, observed[2:, :5], valid[2:, :5])
    torch.testing.assert_close(together.fused[2, :5], alone.fused[0], rtol=1e-4, atol=1e-5)
    for u, x in (alone.reconstruction or {}).items():
        torch.testing.assert_close(together.reconstruction[u][2, :5], x[0], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_what_is_observed_counts(name):
    model, (features, observed, valid) = network(name), example()
    model = model.double()  # a published flow's heads start near zero
    observed = valid[..., None].expand(-1, -1, 3).clone()
    reads = (model.config.translated[0],) if name == "mctn" else NAMES
    before = model(features, observed, valid).fused
    for u in reads:
        after = model({**features, u: features[u] + 1}, observed, valid).fused
        assert (after - before)[valid].abs().max() > 1e-9, u


def test_published_padding_is_a_switch():
    features, observed, valid = example()
    for name in ("gcnet", "sdr_gnn"):
        model = network(name, run_padding=True)
        together = model(features, observed, valid).fused[2, :5]
        alone = model({u: x[2:, :5] for u, x in features.items()}, observed[2:, :5], valid[2:, :5]).fused[0]
        assert (together - alone).abs().max() > 1e-5  # which is what is wrong with it


def test_the_dead_speaker_graph_is_a_switch():
    with_it, without = network("sdr_gnn"), network("sdr_gnn", speaker_graph=False)
    assert with_it.speaker is not None
    assert without.speaker is None
    with_it(*example()).fused.sum().backward()
    assert all(parameter.grad is not None for parameter in with_it.speaker.parameters())


def test_speakers_are_told_apart():
    model, (features, observed, valid) = network("gcnet"), example()
    one = model(features, observed, valid).fused
    two = model(features, observed, valid, speakers=(torch.arange(13) % 2).expand(3, -1)).fused
    assert (one - two).abs().max() > 1e-4


@pytest.mark.parametrize("kind", FLOWS)
def test_flows_can_be_turned_around(kind):
    torch.manual_seed(0)
    flows = Flows(2, 6, 3, kind).double()
    for coupling in flows.couplings:
        torch.nn.init.normal_(coupling.last.weight, std=0.3)
    x = torch.randn(2, 4, 6, dtype=torch.float64)
    z, determinant = flows(x)
    same(flows.inverse(z), x)

    def first_row(row):
        return flows(torch.stack([row[None], x[1, :1]]))[0][0, 0]

    jacobian = torch.autograd.functional.jacobian(first_row, x[0, 0])
    same(torch.linalg.slogdet(jacobian)[1], determinant[0, 0].detach())
    assert torch.equal(z[0, :, :3], x[0, :, :3]) == (kind == "published")


@torch.no_grad()
def test_what_flows_throw_out_to_any_size_is_held_to_what_was_observed():
    model, (features, observed, valid) = network("dicmor"), example()
    projected = model.project(features, observed, valid)
    before, _ = model.carry(projected)
    for mixing in model.flows.mixings:
        mixing.log_scale[1] -= 40  # the way back of the second modality multiplies by e to the 80
    held, sources = model.carry(projected)
    largest = (projected.x.abs() * projected.observed[..., None]).amax((0, 2, 3))  # of each conversation
    assert held.isfinite().all()
    for b in range(3):
        assert held[:, :, b].abs().max() <= largest[b]
    # Turn 0 of the second modality comes from the third, turn 1 of it from the first.
    assert held[0, 1][sources[0, 1]].abs().max() > before[0, 1].abs().max()
    assert not held[~sources].any()
    torch.testing.assert_close(held[1, 0], before[1, 0])  # of the third, whose flow is as it was, in the first


def test_a_sample_is_another_with_another_seed():
    model, (features, observed, valid) = network("imder"), example()
    projected = model.project(features, observed, valid)
    first, again, other = (model.transfer(projected, seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert (first - other)[projected.there.expand(3, -1, -1)].abs().max() > 1e-3


def test_labels_fall_into_classes_of_the_shared_space():
    scale = Task("sentiment", (), -3, 3, 0)
    labels = torch.tensor([[-3, -0.4, 0, 2.6, 3, float("nan")]])
    assert label_classes(scale, labels, 7).tolist() == [[0, 3, 3, 6, 6, 3]]
    assert label_classes(Task("emotion", ("a", "b")), torch.tensor([[1.0, 0, float("nan")]]), 7).tolist() == [[1, 0, 0]]


def test_contrast_pulls_what_is_alike_together():
    kinds, counted = torch.tensor([1, 1, -1, -1, 1]), torch.tensor([True, True, True, True, False])
    apart = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1], [0, 1]])
    mixed = apart[[0, 2, 1, 3, 4]]
    assert contrast(apart, kinds, counted) < 0.01 < contrast(mixed, kinds, counted)
    assert contrast(apart, kinds, torch.zeros(5, dtype=torch.bool)) == 0


WRONG = {
    "gcnet-window": ("gcnet", {"past": -1}, "past: expected 0 to 100"),
    "sdr_gnn-heads": ("sdr_gnn", {"heads": 4}, r"heads: expected a divisor of all widths together, 18"),
    "mmin-layers": ("mmin", {"layers": ()}, "layers: expected 1 to 32 widths"),
    "dicmor-flow": ("dicmor", {"flow": "planar"}, "flow: expected one of glow, published, got 'planar'"),
    "dicmor-odd": ("dicmor", {"hidden": 9, "heads": 3}, "hidden: expected an even number"),
    "imder-channels": ("imder", {"channels": (8, 8, 9, 8)}, "channels: expected multiples of heads = 2"),
    "mctn-order": ("mctn", {"order": ("text", "face", "audio")}, "order: expected"),
    "mmqnet-heads": ("mmqnet", {"heads": 3}, "heads: expected a divisor of hidden = 8"),
    "mmqnet-apart": ("mmqnet", {"apart": float("nan")}, "apart: expected a weight from 0 to 1000, got nan"),
    "hcam-heads": ("hcam", {"heads": 3}, "heads: expected a divisor of hidden = 8"),
}


@pytest.mark.parametrize(("name", "changes", "message"), WRONG.values(), ids=WRONG)
def test_sizes_that_do_not_fit_are_refused(name, changes, message):
    with pytest.raises(CompVizError, match=message):
        network(name, **changes)


@torch.no_grad()
def test_a_modality_is_rebuilt_from_the_others_alone():
    model, (features, _, valid) = network("mmqnet"), example()
    model.context.mlp.second = lambda hidden: 0 * model.context.qkv.weight.new_zeros(*hidden.shape[:-1], 8)
    model.context.qkv.weight.zero_()
    model.context.qkv.bias.zero_()  # no utterance hears of another one
    observed = valid[..., None].expand(-1, -1, 3).clone()
    before = model(features, observed, valid)
    for u in NAMES:
        after = model({**features, u: features[u] + 1}, observed, valid)
        moved = {v: (after.reconstruction[v] - x)[valid].abs().max() for v, x in before.reconstruction.items()}
        assert moved.pop(u) == 0
        assert all(value > 1e-6 for value in moved.values())


@torch.no_grad()
def test_what_is_rebuilt_counts_only_where_it_is_missing():
    model, (features, observed, valid) = network("mmqnet"), example()
    before = model(features, observed, valid).fused
    model.modality_queries.queries.add_(1)
    moved = (model(features, observed, valid).fused - before)[..., 0].abs() > 1e-7
    assert torch.equal(moved, valid & ~observed.all(-1))


def test_mctn_translates_in_the_order_asked_for():
    config = find_method("mctn").config(NAMES, (5, 6, 7))
    assert config.translated == ("text", "video", "audio")
    assert replace(config, order=("audio", "text", "video")).translated == ("audio", "text", "video")
    assert network("mctn", dims=(5, 6, 7)).second_decoder.out.out_features == 5
