"""Views of what some methods have: MoMKE's router, the graphs of GCNet and SDR-GNN; against naive loops and on their pages."""

import numpy as np
import pytest
import torch
from page_cases import array, dashboard, figures, write_case
from test_compared_networks import SMALL
from test_method_pages import write_untrained

from comp_viz.analysis.coordinator.routing import Routing, route_conversation, routing_table
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.propagation.graph import graph_table, utterance_graphs
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Batch
from comp_viz.errors import CompVizError
from comp_viz.figures.coordinator.routing import routing_chart, routing_title
from comp_viz.figures.propagation.graph import (
    distances_chart,
    distances_title,
    graph_heading,
    neighbours_chart,
    neighbours_title,
)
from comp_viz.figures.style import LIGHT
from comp_viz.methods.registry import find_method
from comp_viz.wording import HEADING

SIZES = SMALL | {"momke": {"hidden": 8, "depth": 1}, "gcnet": {"hidden": 6, "graph": 4, "past": 1, "future": 3}}
PATTERN = "uniform(0.3)"


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Open a page on an untrained network of a method: the dashboard, the data, and the checkpoint."""

    def opening(name, page, **address):
        data = write_case("usual", tmp_path)
        like, method = load_checkpoint(tmp_path / "checkpoints" / "case").card, find_method(name)
        config = method.config(data.modalities, data.dims, max_length=12, **SIZES[name])
        write_untrained(data, tmp_path / "checkpoints" / "other", config, like)
        app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
        app.query_params.update(
            {"checkpoint": "other", "data": "case.arrow", "pattern": PATTERN, "utterance": "4"} | address
        )
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
        assert not app.error
        return app, data, load_checkpoint(tmp_path / "checkpoints" / "other")

    return opening


def first(data):
    """The conversation that opens, and some of it missing."""
    conversation = data.split("test")[0]
    observed = conversation.observed.copy()
    observed[3, 1] = observed[5, 0] = False
    return conversation, observed


def test_the_router_is_that_of_the_weights(opened):
    _, data, checkpoint = opened("momke", "coordinator")
    conversation, observed = first(data)
    routing = route_conversation(checkpoint, conversation, observed)
    np.testing.assert_allclose(routing.weights.sum(-1), 1, atol=1e-5)
    weights = predict_conversation(checkpoint, conversation, observed).coordinator
    for s, there in enumerate(routing.observed):
        among = there if there.any() else ~there
        np.testing.assert_allclose(weights[s], routing.weights[s][among].mean(0), atol=1e-5)
    table = routing_table(routing)
    assert len(table) == routing.weights.size
    row = table[(table.utterance == 4) & (table.modality == "text") & (table.expert == "video")].iloc[0]
    assert row.weight == routing.weights[3, 1, 2]
    assert not row.observed


def test_means_of_the_router_leave_out_what_is_missing():
    observed = np.array([[True, False, False], [True, True, False]])
    weights = np.zeros((2, 3, 3), np.float32)
    weights[0], weights[1] = [[1, 0, 0], [0, 0, 1], [0, 0, 1]], [[0.5, 0.5, 0], [0, 1, 0], [1, 0, 0]]
    routing = Routing(("audio", "text", "video"), observed, weights)
    np.testing.assert_allclose(routing.mean[:2], [[0.75, 0.25, 0], [0, 1, 0]])
    assert np.isnan(routing.mean[2]).all()
    assert routing_title(routing) == "Mean weight of a modality's own expert: audio 0.75, text 1.00 (0.33 if equal)"
    here, mean = routing_chart(routing, 0, LIGHT).data
    assert list(here.y) == ["● audio", "■ text, missing", "▲ video, missing"]
    assert list(mean.y) == ["● audio (2 utterances)", "■ text (1 utterance)", "▲ video (0 utterances)"]
    assert list(mean.text[2]) == [""] * 3


def test_the_router_is_on_the_coordinator_page(opened):
    app, data, checkpoint = opened("momke", "coordinator", pattern="found")
    conversation = data.split("test")[0]
    routing = route_conversation(checkpoint, conversation, conversation.observed)
    here, mean = figures(app)["routing"]["data"]
    np.testing.assert_allclose(array(here["z"]), routing.weights[3], atol=1e-6)
    np.testing.assert_allclose(array(mean["z"]), routing.mean, atol=1e-6)


def test_other_methods_have_no_router_on_their_page(opened):
    app, *_ = opened("hcam", "coordinator")
    assert "routing" not in figures(app)


@pytest.mark.parametrize("name", ["gcnet", "sdr_gnn"])
def test_messages_against_loops(name, opened):
    _, data, checkpoint = opened(name, "propagation")
    conversation, observed = first(data)
    graphs = utterance_graphs(checkpoint, conversation, observed)
    assert [*graphs] == ["time", "speakers"]
    model, config = checkpoint.model, checkpoint.config
    batch = Batch.of([conversation], checkpoint.standardise)
    shown = observed & conversation.observed
    x = np.concatenate([f[0].numpy() * shown[:, [i]] for i, f in enumerate(batch.features.values())], axis=1)
    mirrored = torch.arange(len(x)).flip(0)[:, None]
    u = model.recurrence(torch.from_numpy(x)[:, None], mirrored)[:, 0].detach().numpy()
    for graph, branch in ((graphs["time"], model.temporal), (graphs["speakers"], model.speaker)):
        weight = branch.convolution.relational.weight.detach().numpy()
        for i in range(len(x)):
            heard = [j for j in range(i - config.future, i + config.past + 1) if 0 <= j < len(x)]
            kinds = {j: (0 if j < i else 1 if j == i else 2) if graph.name == "time" else 0 for j in heard}
            count = {kind: sum(k == kind for k in kinds.values()) for kind in kinds.values()}
            length = {j: np.linalg.norm(u[j] @ weight[kinds[j]]) / count[kinds[j]] for j in heard}
            listed = {j: (kind, share) for j, kind, share in graph.neighbours(i)}
            assert [*listed] == heard
            for j in heard:
                kind, share = listed[j]
                assert kind == graph.relations[kinds[j]]
                assert share == pytest.approx(length[j] / sum(length.values()), abs=1e-5)
    edges = graph_table(graphs["time"])
    assert len(edges) == (graphs["time"].relation >= 0).sum()
    np.testing.assert_allclose(edges.groupby("hears")["share"].sum(), 1, atol=1e-5)


def test_the_messages_are_what_the_convolution_adds():
    """Their sum with the utterance's own part is what the layer gives."""
    torch.manual_seed(0)
    method = find_method("gcnet")
    network = method.build(method.config(("a", "b"), (3, 4), max_length=9, hidden=5, graph=4)).eval()
    convolution = network.temporal.convolution.relational
    from comp_viz.methods.gcnet.window import Window, temporal_relations

    valid = torch.ones(1, 6, dtype=torch.bool)
    window, x = Window(valid, 2, 2), torch.randn(1, 6, 10)
    relations = temporal_relations(window)
    lengths = convolution.strengths(x, window, relations)
    for i in range(6):
        for k, offset in enumerate(range(-2, 3)):
            j = i + offset
            if not 0 <= j < 6:
                assert lengths[0, i, k] == 0
                continue
            without = x.clone()
            without[0, j] = 0
            change = (convolution(x, window, relations) - convolution(without, window, relations))[0, i]
            if j != i:  # its own features come by another matrix as well
                assert change.norm().item() == pytest.approx(lengths[0, i, k].item(), rel=1e-4)


def test_graphs_are_drawn_on_the_conversation(opened):
    app, data, checkpoint = opened("gcnet", "propagation", pattern="found")
    conversation = data.split("test")[0]
    graphs = utterance_graphs(checkpoint, conversation, conversation.observed)
    assert app.subheader[0].value == graph_heading(graphs)
    assert app.segmented_control(key="propagation").options == ["Graph"]
    assert [*figures(app)] == ["graph_time", "graph_time_distances", "graph_speakers", "graph_speakers_distances"]
    nodes = next(trace for trace in figures(app)["graph_time"]["data"] if trace["mode"] == "markers+text")
    assert array(nodes["customdata"]).tolist() == [j for j, *_ in graphs["time"].neighbours(3)]
    lanes = figures(app)["graph_time"]["layout"]["yaxis"]["ticktext"]
    speakers = [f"speaker {conversation.speakers[j]}" for j in array(nodes["customdata"]).tolist()]
    assert [lanes[int(y)] for y in array(nodes["y"])] == speakers
    heat = figures(app)["graph_time_distances"]["data"][0]
    assert np.nansum(array(heat["z"]), axis=0) == pytest.approx(np.full(len(conversation), 100), abs=1e-3)  # percent


def test_titles_of_graphs_fit_and_name_the_most_heard(opened):
    _, data, checkpoint = opened("sdr_gnn", "propagation")
    conversation, observed = first(data)
    graphs = utterance_graphs(checkpoint, conversation, observed)
    for graph in graphs.values():
        for s in range(len(conversation)):
            title = neighbours_title(graph, s)
            most = max((one for one in graph.neighbours(s) if one[0] != s), key=lambda one: one[2])
            assert f"hears {most[0] + 1} most" in title
            assert len(title) <= HEADING
            assert neighbours_chart(graph, conversation.words, conversation.speakers, s, LIGHT).data
        assert len(distances_title(graph)) <= HEADING
        assert distances_chart(graph, 0, LIGHT).layout.meta == distances_title(graph)
    assert len(graph_heading(graphs)) <= HEADING


@pytest.mark.parametrize("name", ["gcnet", "mmin"])
def test_a_network_without_says_so(name):
    method = find_method(name)
    network = method.build(method.config(("a", "b"), (3, 4), max_length=9, **SMALL[name])).eval()
    batch = {u: torch.randn(1, 4, k) for u, k in (("a", 3), ("b", 4))}
    rest = torch.ones(1, 4, 2, dtype=torch.bool), torch.ones(1, 4, dtype=torch.bool)
    with pytest.raises(CompVizError, match="routes nothing"):
        network.routing(batch, *rest)
    if name == "mmin":
        with pytest.raises(CompVizError, match="has no graph"):
            network.messages(batch, *rest)
