"""Readers of published parameters: files of other sizes than the golden ones, and what does not fit."""

import json
import re

import pytest
import torch
from test_compared_networks import NAMES, golden, same, tensors
from torch.nn import functional as F

from comp_viz.commands.train import PARSERS
from comp_viz.errors import CompVizError
from comp_viz.methods.dicmor.published import load_flows
from comp_viz.methods.gcnet.config import WIDEST_WINDOW
from comp_viz.methods.gcnet.published import load_gcnet, load_sdr_gnn
from comp_viz.methods.imder.published import load_refinement, load_score_network, load_transformer
from comp_viz.methods.imder.score import ScoreNetwork
from comp_viz.methods.mmin.published import load_mmin
from comp_viz.methods.momke.published import momke_from_published

pytestmark = pytest.mark.usefixtures("without_gradients")


@pytest.fixture
def without_gradients():
    torch.manual_seed(0)
    with torch.no_grad():
        yield


def linear(state, name, inputs, outputs):
    """Add a linear layer of doubles."""
    state[f"{name}.weight"] = torch.randn(outputs, inputs, dtype=torch.float64)
    state[f"{name}.bias"] = torch.randn(outputs, dtype=torch.float64)


def put(state, name, x):
    """What a linear layer makes of `x`."""
    return F.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])


# MMIN: its own sizes in every place


def mmin_state(dims=(6, 8, 5), embeddings=(4, 9, 2), hidden=(11, 6), latents=(7, 3), blocks=2, outputs=3, every=3):
    """Random weights under the published names; with dropout every third layer has some, without every second."""
    state = {}

    def perceptron(name, inputs, outputs):
        for place, width in enumerate(hidden):
            linear(state, f"{name}/module.{every * place}", inputs, width)
            inputs = width
        linear(state, f"{name}/fc_out", inputs, outputs)

    for u, width in enumerate(dims):
        for part in ("encoder", "teacher"):
            perceptron(f"{part}{u}", width, embeddings[u])
    perceptron("classify", blocks * latents[-1], outputs)
    whole = sum(embeddings)
    for way in ("imagine", "cycle"):
        for place in (0, 2):
            linear(state, f"{way}/transition.{place}", whole, whole)
        for block in range(blocks):
            widths = (whole, *latents)
            for depth in range(len(latents)):
                linear(state, f"{way}/encoder_{block}.{2 * depth}", widths[depth], widths[depth + 1])
                linear(state, f"{way}/decoder_{block}.{2 * depth}", widths[-1 - depth], widths[-2 - depth])
    return state


def read_off(state, name, x, hidden, every):
    """A perceptron by its names."""
    for place in range(hidden):
        x = put(state, f"{name}/module.{every * place}", x).relu()
    return put(state, f"{name}/fc_out", x)


MMIN_SIZES = {
    "embeddings of their own": {},
    "one hidden layer": {"hidden": (5,)},
    "three hidden layers": {"hidden": (5, 8, 4)},
    "without dropout": {"every": 2},
    "alike": {"embeddings": (4, 4, 4), "hidden": (4, 4), "latents": (3,), "blocks": 1, "outputs": 1},
}


@pytest.mark.parametrize("sizes", MMIN_SIZES.values(), ids=MMIN_SIZES)
def test_mmin_of_any_sizes_is_read(sizes):
    state, (hidden, every) = mmin_state(**sizes), (len(sizes.get("hidden", (1, 1))), sizes.get("every", 3))
    model, N = load_mmin(state), 200  # utterances: the published code takes 256 together, whatever their conversations
    features = {u: torch.randn(1, N, width, dtype=torch.float64) for u, width in zip(NAMES, (6, 8, 5), strict=True)}
    observed = torch.rand(1, N, 3) < 0.5
    got = model.imagine(features, observed, torch.ones(1, N))
    shown = [x[0] * observed[0, :, u, None] for u, x in enumerate(features.values())]
    read = torch.cat([read_off(state, f"encoder{u}", x, hidden, every) for u, x in enumerate(shown)], dim=-1)
    same(got.read, read)
    x, depth, latents = read, len(model.config.layers), []
    for block in range(model.config.blocks):
        inner = x
        for place in range(depth):
            inner = put(state, f"imagine/encoder_{block}.{2 * place}", F.leaky_relu(inner) if place else inner)
        latents.append(inner)
        for place in range(depth):
            inner = put(state, f"imagine/decoder_{block}.{2 * place}", inner.relu() if place else inner)
        x = x + inner
    same(got.embedding, put(state, "imagine/transition.2", put(state, "imagine/transition.0", x).relu()))
    same(got.logits[0], read_off(state, "classify", torch.cat(latents, dim=-1), hidden, every))
    widths = [part.shape[-1] for part in model.rebuilt_from(features, observed, torch.ones(1, N)).values()]
    assert widths == [len(state[f"encoder{u}/fc_out.bias"]) for u in range(3)]


def test_mmin_with_batch_normalisation_is_refused():
    state = mmin_state() | {"encoder1/module.1.running_mean": torch.zeros(11)}
    with pytest.raises(
        CompVizError, match=r"encoder1/module: expected .* without normalisation of the batch, got encoder1"
    ):
        load_mmin(state)


def test_widths_are_given_as_numbers():
    assert all(PARSERS[name][0]("8,4") == (8, 4) for name in ("embeddings", "encoder_layers", "head_layers"))


# GCNet and SDR-GNN: long conversations, windows without an end, attention over time


def graph_file(kind, case="cmu"):
    """Weights and relations of a golden file."""
    arrays = golden(kind)
    relations = {name: json.loads(str(arrays[f"{case}/graph/{name}_names"])) for name in ("temporal", "speaker")}
    return tensors(arrays, f"{case}/w/"), relations


def conversation(dims, length):
    """One conversation in which everything is there."""
    features = {u: torch.randn(1, length, width, dtype=torch.float64) for u, width in zip(NAMES, dims, strict=True)}
    return features, torch.ones(1, length, 3), torch.ones(1, length, dtype=torch.bool)


@pytest.mark.parametrize("windows", [(-1, -1), (-1, 2), (1, -1)])
def test_a_window_of_minus_one_is_the_whole_conversation(windows):
    weights, relations = graph_file("gcnet")
    batch = conversation((6, 8, 5), 9)
    whole = load_gcnet(weights, relations, (6, 8, 5), windows)
    wide = load_gcnet(weights, relations, (6, 8, 5), tuple(8 if size == -1 else size for size in windows))
    same(whole(*batch).fused, wide(*batch).fused)
    with pytest.raises(CompVizError, match=f"reads at most {WIDEST_WINDOW + 1} utterances"):
        whole(*conversation((6, 8, 5), WIDEST_WINDOW + 2))


def test_long_conversations_are_read():
    gcnet = load_gcnet(*graph_file("gcnet"), (6, 8, 5), (2, 2))
    assert gcnet(*conversation((6, 8, 5), 170)).fused.isfinite().all()
    arrays = golden("momke")
    assert momke_from_published(tensors(arrays, "score/w/"), 2)(*conversation((6, 8, 5), 170)).fused.isfinite().all()


def test_sdr_gnn_attends_over_time_where_asked():
    weights, relations = graph_file("sdr_gnn")
    batch = conversation((6, 8, 6), 5)
    plain, attending = (load_sdr_gnn(weights, relations, (6, 8, 6), (2, 2), 4, attention=on) for on in (False, True))
    same(attending.temporal.attention.query.weight, weights["graph_net_temporal.matchatt.transform.weight"])
    assert (plain(*batch).fused - attending(*batch).fused).abs().max() > 1e-6


WRONG_GRAPHS = {
    "dims": ({}, (6, 8, 6), {}, r"dims: expected widths of audio, text and video that sum to 19, got \[6, 8, 6\]"),
    "relation": ({}, (6, 8, 5), {"temporal": {"past": 0, "now": 1}}, "relations of the temporal graph: expected past, now, f"),
    "twice": ({}, (6, 8, 5), {"temporal": {"past": 0, "now": 1, "future": 1}}, "at rows 0 to 2 of the weights, got"),
    "shape": ({"smax_fc.weight": torch.zeros(2, 20)}, (6, 8, 5), {}, r"smax_fc.weight: expected shape \[1, 20\] .* \[2, 20\]"),
    "turned": (
        {"graph_net_temporal.conv1.root": torch.zeros(4, 16)}, (6, 8, 5), {}, r"conv1.root: expected shape \[16, 4\] .* \[4, 16\]"
    ),
    "text": ({"smax_fc.weight": "hello"}, (6, 8, 5), {}, "smax_fc.weight: expected an array of numbers, got 'hello'"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "dims", "others", "message"), WRONG_GRAPHS.values(), ids=WRONG_GRAPHS)
def test_graph_files_that_do_not_fit_are_refused_in_words(changes, dims, others, message):
    weights, relations = graph_file("gcnet")
    with pytest.raises(CompVizError, match=message):
        load_gcnet(weights | changes, relations | others, dims, (2, 2))


# DiCMoR and IMDer


def test_flows_are_read_from_a_whole_state_dict():
    weights = tensors(golden("dicmor_flow"), "w/")
    more = {"flow0/blocks.0.flows.0.actnorm.initialized": torch.ones((), dtype=torch.uint8)} | weights
    for flow in range(2):
        more |= {f"flow{flow}/blocks.0.flows.{step}.invconv.weight": torch.eye(8)[..., None, None] for step in range(4)}
        more[f"flow{flow}/blocks.0.prior.conv.bias"] = torch.zeros(16)
    x = torch.randn(2, 6, 8, dtype=torch.float64)
    assert torch.equal(load_flows(more)(x)[0], load_flows(weights)(x)[0])
    with pytest.raises(CompVizError, match="of one block, got 2 blocks"):
        load_flows(weights | {"flow0/blocks.1.flows.0.coupling.net.0.bias": torch.zeros(64)})


def test_a_transformer_reads_a_source_of_another_length():
    model = load_transformer(tensors(golden("imder"), "encoder/w/"), heads=4)
    x, source = torch.randn(1, 1, 3, 16, dtype=torch.float64), torch.randn(1, 1, 5, 16, dtype=torch.float64)

    def first(source):
        return model(x, torch.ones(1, 3), source, torch.ones(1, 5), published=True)[0, 0, 0]

    later = [source.clone() for _ in range(2)]
    later[0][..., 2, :], later[1][..., 3:, :] = 0, 0
    assert (first(later[0]) - first(source)).abs().max() > 1e-6  # two more than there are queries: heard
    assert torch.equal(first(later[1]), first(source))
    longer = model(source, torch.ones(1, 5), x, torch.ones(1, 3), published=True)
    assert longer.shape == source.shape


def test_heads_that_do_not_divide_a_width_are_refused():
    with pytest.raises(CompVizError, match="heads: expected a divisor of the widths 16, got 3"):
        load_transformer(tensors(golden("imder"), "encoder/w/"), heads=3)


def test_as_published_zeros_have_no_position_in_the_score_network():
    model = load_score_network(tensors(golden("imder"), "score/w/"), heads=8)
    x, t, there = torch.randn(1, 32, 16), torch.tensor([0.5]), torch.ones(1, 16, dtype=torch.bool)
    nothing, hardly = torch.zeros(1, 32, 16), torch.full((1, 32, 16), 1e-20)
    scale = model(x, t, nothing, there, published=True).abs().max()
    published, ours = (
        (model(x, t, nothing, there, mode) - model(x, t, hardly, there, mode)).abs().max() / scale
        for mode in (True, False)
    )
    assert published > 1e-3 > ours


def test_a_score_network_of_doubles_stays_in_doubles():
    weights = {name: value.double() for name, value in tensors(golden("imder"), "score/w/").items()}
    double, single = load_score_network(weights, 8), load_score_network(tensors(golden("imder"), "score/w/"), 8)
    x, t, there = torch.randn(1, 32, 16, dtype=torch.float64), torch.tensor([0.5]), torch.ones(1, 16, dtype=torch.bool)
    exact = double(x, t, x, there, True)
    assert (exact.dtype, next(single.parameters()).dtype) == (torch.float64, torch.float32)
    for given in (x, x.float()):  # whatever the precision of what is asked
        torch.testing.assert_close(single(given, t, given, there, True).double(), exact, rtol=1e-3, atol=1e-3)
    assert len(ScoreNetwork(8, (8, 8, 8, 8), 4, 2, depth=3).down[0].attention.layers) == 3


def test_a_refinement_of_any_width_is_read():
    state, width, wide = {}, 3, 12
    for name, outputs, inputs, kernel in (
        ("0", wide, width, 1), ("1.body.0.body.0", wide, wide, 3), ("1.body.0.body.2", wide, wide, 3),
        ("1.body.0.body.3.conv_du.0", 5, wide, 1), ("1.body.0.body.3.conv_du.2", wide, 5, 1),
        ("1.body.1", wide, wide, 3), ("2", width, wide, 1),
    ):  # fmt: skip
        state[f"{name}.weight"] = torch.randn(outputs, inputs, kernel, dtype=torch.float64)
        state[f"{name}.bias"] = torch.randn(outputs, dtype=torch.float64)

    def convolve(name, x):
        weight = state[f"{name}.weight"]
        return F.conv1d(x, weight, state[f"{name}.bias"], padding=weight.shape[-1] // 2)

    x = torch.randn(2, width, 7, dtype=torch.float64)
    entered = convolve("0", x)
    h = convolve("1.body.0.body.2", convolve("1.body.0.body.0", entered).relu())
    gate = convolve("1.body.0.body.3.conv_du.0", h.mean(-1, keepdim=True)).relu()
    h = h * convolve("1.body.0.body.3.conv_du.2", gate).sigmoid() + entered
    expected = convolve("2", convolve("1.body.1", h) + entered)
    same(load_refinement(state)(x, torch.ones(2, 1, 7)), expected)


# What is damaged

READERS = {
    "mmin": ("mmin", "w/", load_mmin, r"^$"),
    "flows": ("dicmor_flow", "w/", load_flows, r"^$"),
    "transformer": ("imder", "encoder/w/", lambda w: load_transformer(w, 4), r"version|_float_tensor"),
    "refinement": ("imder", "refine/w/", load_refinement, r"^$"),
    "momke": ("momke", "four/w/", lambda w: momke_from_published(w, 2), r"^$"),
}


@pytest.mark.parametrize(("file", "prefix", "reader", "unread"), READERS.values(), ids=READERS)
def test_a_damaged_file_is_refused_whatever_is_damaged(file, prefix, reader, unread):
    weights = tensors(golden(file), prefix)
    for name, value in weights.items():
        if re.search(unread, name):
            continue
        for damaged in (None, value[1:], torch.cat([value, value])):
            changed = {**weights, name: damaged}
            if damaged is None:
                del changed[name]
            with pytest.raises(CompVizError):
                reader(changed)
