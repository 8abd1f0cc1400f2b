"""The dashboard on checkpoints of other methods than ComP: what pages show of them, and what they say is absent."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from page_cases import array, dashboard, figures, write_case
from test_imbalance import METHODS, results

from comp_viz.analysis.imbalance.gap import COMP, OTHER_METHOD
from comp_viz.analysis.live.change import change
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import load_checkpoint, save_checkpoint
from comp_viz.data.batch import Standardiser
from comp_viz.data.source import open_data
from comp_viz.figures.imbalance.curves import about_accuracy_curves, run_caption
from comp_viz.figures.live.heading import weight_sentence
from comp_viz.figures.live.timeline import about_timeline, timeline, timeline_title
from comp_viz.figures.style import LIGHT
from comp_viz.methods.gcnet.network import GCNetConfig
from comp_viz.methods.momke.network import MoMKEConfig
from comp_viz.methods.registry import method_names, method_of
from comp_viz.page_parts import WHO_IS_RIGHT
from comp_viz.report.html import render
from comp_viz.report.make import make_report
from comp_viz.report.origin import Origin
from comp_viz.training.background import small_options
from comp_viz.ui.cache import training as cached_training
from comp_viz.view import View

PATTERN = "uniform(0.3)"


def write_untrained(data, folder, config, like):
    """A checkpoint of an untrained network beside one of ComP, whose card it takes after."""
    method = method_of(config)
    card = replace(like, name=method.title, architecture=config, method=method.name)
    torch.manual_seed(2)
    save_checkpoint(folder, method.build(config).eval(), card, Standardiser.fit(data.split("train")))


@pytest.fixture
def machine(tmp_path):
    """A machine with checkpoints of ComP, MoMKE and GCNet on the same data; the data and where MoMKE is."""
    data = write_case("usual", tmp_path)
    like, folder = load_checkpoint(tmp_path / "checkpoints" / "case").card, tmp_path / "checkpoints"
    experts = MoMKEConfig(data.modalities, data.dims, max_length=12, hidden=8, depth=1)
    write_untrained(data, folder / "experts", experts, like)
    graphs = GCNetConfig(data.modalities, data.dims, max_length=12, hidden=8, graph=4)
    write_untrained(data, folder / "graphs", graphs, like)
    return data, folder / "experts"


@pytest.fixture
def opened(machine, tmp_path, monkeypatch):
    """Open a page on the checkpoint of MoMKE: `opened(page, **address)`."""

    def opening(page, **address):
        app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
        app.query_params.update({"checkpoint": "experts", "data": "case.arrow", "pattern": PATTERN} | address)
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
        assert not app.error
        return app

    return opening


def test_live_shows_its_heads_and_its_router(opened, machine):
    app, (data, folder) = opened("live"), machine
    view = View.of(load_checkpoint(folder), data, data.split("test")[0].id, PATTERN)
    assert app.subheader[0].value == timeline_title(view.change)
    sentence = weight_sentence(view.change)
    assert "router weight" in sentence
    assert sentence in [one.value for one in app.main.caption]
    layout = figures(app)["timeline"]["layout"]
    assert layout["yaxis4"]["title"]["text"].startswith("router")
    assert any("Method: **MoMKE**" in one.value for one in app.sidebar.caption)
    assert view.finding().endswith(sentence)
    assert {f"{u} weight" for u in data.modalities} <= set(view.predictions())


@pytest.mark.parametrize(
    ("page", "absent"),
    [
        ("overview", "MoMKE has no trace of prompts and attention."),
        ("prototypes", "MoMKE has no prototypes and prompts."),
        ("propagation", "MoMKE has no trace of prompts and attention."),
        ("modulation", "MoMKE has no gradient modulator."),
    ],
)
def test_what_it_has_not_is_absent_with_a_line(opened, page, absent):
    app = opened(page)
    assert [one.value.split(" What needs it")[0] for one in app.main.info] == [absent]
    assert figures(app) == {}


def test_its_router_is_in_the_weights_views(opened, machine):
    app, (data, folder) = opened("coordinator", pattern="found"), machine
    assert app.subheader[0].value.startswith("Router weights")
    assert any("weight of a modality is that of its expert" in one.value for one in app.main.caption)
    weights = figures(app)["weights"]["data"]
    conversation = data.split("test")[0]
    prediction = predict_conversation(load_checkpoint(folder), conversation, conversation.observed)
    drawn = {trace["name"]: trace["y"] for trace in weights if trace.get("mode") == "lines+markers"}
    for u, name in enumerate(data.modalities):
        np.testing.assert_allclose(array(drawn[name]), prediction.coordinator[:, u], atol=1e-3)
    assert not any("Other weights" in options.options for options in app.get("button_group"))


@pytest.mark.parametrize("part", ["Contributions", "Context"])
def test_why_explains_it(opened, part):
    app = opened("why", why=part)
    charts = figures(app)
    assert charts.keys() >= ({"contributions", "contribution_weights"} if part == "Contributions" else {"context_row"})


def test_robustness_measures_it(opened):
    app = opened("robustness")
    assert {"rates", "kept"} <= figures(app).keys()
    assert any("the fused prediction reaches ACC" in one.value for one in app.main.markdown)


def test_it_is_compared_with_comp(opened):
    app = opened("compare", compared=["experts", "case"], compare_part=WHO_IS_RIGHT)
    assert app.subheader[0].value.removeprefix("So far, ").startswith(("experts and case", "experts ", "case "))
    assert "agreement" in figures(app)


def test_a_report_is_made_of_both(machine):
    data, folder = machine
    both = {name: load_checkpoint(folder.parent / name) for name in ("experts", "case")}
    conversation = data.split("test")[0]
    origin = Origin("experts", both["experts"], "case.arrow", data, conversation, PATTERN, 1)
    made = make_report(both, origin, "test", words=True)
    methods = [value for name, value in made.facts if name == "Method"]
    assert methods[0].startswith("MoMKE, which mixes an expert")
    assert methods[1] == "ComP, which prompts every modality by the others (Cross-modal Prompting, AAAI 2026)"
    assert "MoMKE" in render(made)


def test_without_heads_and_weights_live_has_two_rows(machine):
    data, folder = machine
    conversation = data.split("test")[0]
    whole = predict_conversation(load_checkpoint(folder), conversation, conversation.observed)
    bare = replace(whole, heads={}, coordinator=np.zeros((len(conversation), 0), np.float32))
    changed = change(bare, bare, conversation.labels)
    assert weight_sentence(changed) == ""
    layout = timeline(bare, bare, changed, conversation.labels, conversation.words, 0, LIGHT).layout
    assert {name for name in layout if name.startswith("yaxis")} == {"yaxis", "yaxis3"}
    assert layout.yaxis.domain[0] < 0.5
    assert layout.yaxis3.domain[0] == 0
    assert "head" not in about_timeline(bare).shows
    assert "weights" not in about_timeline(bare).shows


def test_live_of_a_method_without_heads_and_weights_says_so(opened):
    app = opened("live", checkpoint="graphs")
    assert set(figures(app)["timeline"]["layout"]) & {"yaxis2", "yaxis4"} == set()
    absent = "GCNet has no heads, predictions from each modality by itself. GCNet has no weights of the modalities."
    assert absent in [one.value for one in app.main.caption]


def test_pages_of_heads_and_weights_say_that_there_are_none(opened):
    app = opened("coordinator", checkpoint="graphs")
    assert app.main.info[0].value.startswith("GCNet has no weights of the modalities.")
    app.switch_page("pages/imbalance.py").run()
    assert app.main.info[0].value.startswith("GCNet has no heads")
    assert figures(app) == {}


def test_why_explains_its_fused_prediction_alone(opened):
    app = opened("why", checkpoint="graphs")
    assert app.selectbox(key="why_of").options == ["fused"]
    assert "contribution_weights" not in figures(app)
    assert "GCNet has no weights of the modalities." in [one.value for one in app.main.info]


OF_COMP_ALONE = re.compile(
    r"[Cc]oordinator's|\b[Pp]rompt|eq\\. \d|12,13|attention rollout|[Rr]ollout follows|with ComP"
)


@pytest.mark.parametrize("checkpoint", ["experts", "graphs"])
@pytest.mark.parametrize(
    ("page", "part"),
    [("live", {}), ("why", {}), ("why", {"why": "Context"}), ("coordinator", {}), ("robustness", {})],
)
def test_nothing_of_comp_is_told_of_another_method(opened, page, part, checkpoint):
    app = opened(page, checkpoint=checkpoint, **part)
    words = [one.value for kind in ("caption", "markdown", "latex", "subheader") for one in getattr(app.main, kind)]
    assert [text for text in words if OF_COMP_ALONE.search(text)] == []
    assert words


def test_imbalance_says_that_the_table_is_not_of_the_open_checkpoint(opened, tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    results(methods=METHODS, digest=open_data(str(tmp_path / "data" / "case.arrow")).digest).to_parquet(
        tmp_path / "results" / "small.parquet"
    )
    monkeypatch.setattr(cached_training, "RESULTS", tmp_path / "results")
    told_apart = "The table's runs are of ComP; the open checkpoint is of MoMKE."
    assert any(told_apart in one.value for one in opened("imbalance").main.caption)
    assert not any("runs are of ComP" in one.value for one in opened("imbalance", checkpoint="case").main.caption)


def test_curves_of_another_method_are_told_as_its_own_training():
    other = pd.DataFrame({"method": [OTHER_METHOD], "stage": [2], "epoch": [0], "of": ["audio"], "value": [0.5]})
    assert "open checkpoint" in about_accuracy_curves(other).shows
    assert "ComP" not in about_accuracy_curves(other).shows
    assert "with ComP" in about_accuracy_curves(other.assign(method=COMP)).shows
    assert "Stage 1" not in run_caption("mine", False, None, other)
    assert "Stage 1" in run_caption("mine", False, None, other.assign(stage=1))


def test_the_lab_page_trains_any_method(opened, monkeypatch):
    app, started = opened("lab"), []
    monkeypatch.setattr("comp_viz.ui.lab.training.start_training", lambda *given: started.append(given))
    assert set(app.selectbox(key="train_method").options) == set(method_names())
    app.selectbox(key="train_method").set_value("momke").run()
    next(button for button in app.button if button.label == "Train a small model on this lab").click().run()
    assert not app.exception
    ((_, folder, options),) = started
    assert folder.name.startswith("lab-momke-")
    assert options == small_options("momke")
