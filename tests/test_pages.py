import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.card import FORMAT, Card
from comp_viz.checkpoint.folder import load_checkpoint, save_checkpoint
from comp_viz.data import source
from comp_viz.data.batch import Standardiser
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.missing import only, to_hex, uniform
from comp_viz.network.model import ComP
from comp_viz.ui import cached
from comp_viz.versions import versions

APP = str(Path(__file__).parents[1] / "app.py")


@pytest.fixture
def app(small_checkpoint: Path, small_lab: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The dashboard on a machine without data, with one small checkpoint."""
    mend_navigation(monkeypatch)
    monkeypatch.setattr(cached, "CHECKPOINTS", small_checkpoint.parent)
    monkeypatch.setattr(source, "lab", lambda: small_lab)
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path / "nothing"))
    cached._data_set.clear()
    cached._checkpoint.clear()
    cached.prediction.clear()
    return AppTest.from_file(APP, default_timeout=60)


def mend_navigation(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest forgets `st.navigation` between runs when a folder `pages/` exists, and then runs a page without its frame."""
    original = PagesManager.__init__

    def remember(self: PagesManager, *args: object, **options: object) -> None:
        original(self, *args, **options)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", remember)


def figure(app: AppTest) -> dict:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def values(trace: dict) -> np.ndarray:
    packed = trace["y"]
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype=packed["dtype"])


def series(app: AppTest, name: str) -> np.ndarray:
    return values(next(trace for trace in figure(app)["data"] if name in (trace.get("name") or "")))


def test_first_visit_shows_a_conversation(app):
    app.run()
    assert not app.exception
    assert not app.error
    assert "complete conversation" in app.subheader[0].value
    assert app.get("plotly_chart")[0].proto.alt


def test_numbers_on_the_page_are_the_librarys(app, small_checkpoint, small_lab):
    app.run()
    conversation = small_lab.find(app.selectbox(key="conversation").value)
    app.selectbox(key="pattern").set_value("only text").run()
    observed = only(conversation.observed, small_lab.modalities, ["text"])
    expected = predict_conversation(load_checkpoint(small_checkpoint), conversation, observed)
    np.testing.assert_allclose(series(app, "fused prediction"), expected.fused[:, 0], atol=1e-5)
    coordinator = [values(trace)[1::5] for trace in figure(app)["data"] if trace.get("yaxis") == "y4"][:3]
    np.testing.assert_allclose(np.stack(coordinator, 1), expected.coordinator.cumsum(1), atol=1e-5)
    assert app.subheader[0].value.startswith("Without audio and video")


def test_heads_are_drawn_at_the_librarys_values(app, small_checkpoint, small_lab):
    app.run()
    conversation = small_lab.find(app.selectbox(key="conversation").value)
    expected = predict_conversation(load_checkpoint(small_checkpoint), conversation, conversation.observed)
    for name in small_lab.modalities:
        along = series(app, f" {name}").reshape(len(conversation), -1)[:, 0]
        np.testing.assert_allclose(along, expected.heads[name][:, 0], atol=1e-5)


def test_random_pattern_is_the_librarys(app, small_checkpoint, small_lab):
    app.run()
    app.selectbox(key="pattern").set_value("random").run()
    app.slider(key="rate").set_value(0.5).run()
    app.number_input(key="mask_seed").set_value(4).run()
    conversation = small_lab.find(app.selectbox(key="conversation").value)
    observed = uniform(conversation.observed, 0.5, np.random.default_rng(4))
    expected = predict_conversation(load_checkpoint(small_checkpoint), conversation, observed)
    np.testing.assert_allclose(series(app, "fused prediction"), expected.fused[:, 0], atol=1e-5)


def test_a_link_reopens_the_view(app, small_checkpoint, small_lab):
    conversation = small_lab.split("validation")[1]
    observed = conversation.observed.copy()
    observed[1:3, 0] = False
    app.query_params.update(
        {"conversation": conversation.id, "pattern": "edited by hand", "cells": to_hex(observed), "utterance": "3"}
    )
    app.run()
    expected = predict_conversation(load_checkpoint(small_checkpoint), conversation, observed)
    np.testing.assert_allclose(series(app, "fused prediction"), expected.fused[:, 0], atol=1e-5)
    assert app.number_input(key="utterance").value == 3


@pytest.mark.parametrize("cells", ["ff", "zz", "<script>", "f" * 10_000])
def test_a_link_whose_pattern_does_not_fit_says_so_and_shows_the_rest(app, cells):
    app.query_params.update({"pattern": "edited by hand", "cells": cells})
    app.run()
    assert not app.exception
    assert "does not fit" in app.warning[0].value
    assert app.get("plotly_chart")


def test_undo_goes_back_step_by_step(app):
    app.run()
    app.selectbox(key="pattern").set_value("only text").run()
    app.selectbox(key="pattern").set_value("only audio").run()
    undo = next(button for button in app.button if button.label == "Undo")
    undo.click().run()
    assert app.selectbox(key="pattern").value == "only text"
    next(button for button in app.button if button.label == "Undo").click().run()
    assert app.selectbox(key="pattern").value == "complete"
    assert next(button for button in app.button if button.label == "Undo").disabled


def test_most_changed_takes_the_utterance_in_hand(app):
    app.run()
    app.selectbox(key="pattern").set_value("only video").run()
    moved = series(app, "fused prediction")
    app.selectbox(key="pattern").set_value("complete").run()
    furthest = int(np.abs(moved - series(app, "fused prediction")).argmax()) + 1
    app.selectbox(key="pattern").set_value("only video").run()
    next(button for button in app.button if button.label == "Most changed").click().run()
    assert app.number_input(key="utterance").value == furthest


def test_an_utterance_beyond_a_shorter_conversation_is_brought_back(app, small_lab):
    ordered = sorted(small_lab.conversations, key=len)
    app.query_params["conversation"] = ordered[-1].id
    app.query_params["utterance"] = str(len(ordered[-1]))
    app.run()
    app.selectbox(key="conversation").set_value(ordered[0].id).run()
    assert not app.exception
    assert app.number_input(key="utterance").value == len(ordered[0])


def test_without_any_checkpoint_the_page_says_what_to_do(app, monkeypatch, tmp_path):
    monkeypatch.setattr(cached, "CHECKPOINTS", tmp_path / "empty")
    app.run()
    assert not app.exception
    assert "python -m comp_viz train" in app.info[0].value


def test_a_broken_checkpoint_is_named_and_the_page_stands(app, small_checkpoint):
    (small_checkpoint / "model.safetensors").write_bytes(b"nonsense")
    app.run()
    assert not app.exception
    assert "model.safetensors" in app.error[0].value


def test_a_checkpoint_without_fitting_data_says_what_to_set(app, monkeypatch, small_lab):
    monkeypatch.setattr(cached, "fitting_data", lambda name, device: [])
    app.run()
    assert not app.exception
    assert "COMP_VIZ_DATA" in app.info[0].value


def test_real_conversations_are_in_the_picker(real_data, monkeypatch):
    monkeypatch.setenv("COMP_VIZ_DATA", str(real_data))
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params["checkpoint"] = "hazumi"
    app.run()
    assert not app.exception
    assert len(app.selectbox(key="conversation").options) == 125
    words = app.dataframe[0].value["words"]
    assert any("\u3040" <= character <= "\u30ff" for text in words for character in text)


def test_a_model_of_classes_shows_probabilities(app, small_lab, small_config, tmp_path, monkeypatch):
    names = ("calm", "glad", "cross")
    conversations = tuple(
        replace(c, labels=np.clip(np.round(c.labels), 0, 2).astype(np.float32)) for c in small_lab.conversations
    )
    data = replace(small_lab, task=Task("emotion", names), conversations=conversations)
    torch.manual_seed(1)
    model = ComP(replace(small_config, outputs=3)).eval()
    card = Card(FORMAT, "Classes", model.config, data.task, dict(data.sources), None, None, (), versions())
    save_checkpoint(tmp_path / "class" / "classes", model, card, Standardiser.fit(data.split("train")))
    monkeypatch.setattr(cached, "CHECKPOINTS", tmp_path / "class")
    monkeypatch.setattr(source, "lab", lambda: data)
    app.run()
    assert not app.exception
    app.selectbox(key="pattern").set_value("only text").run()
    conversation = data.find(app.selectbox(key="conversation").value)
    observed = only(conversation.observed, data.modalities, ["text"])
    expected = predict_conversation(load_checkpoint(tmp_path / "class" / "classes"), conversation, observed)
    assert " in P(" in next(metric.delta for metric in app.metric if metric.label == "Fused")
    heatmap = figure(app)["data"][0]
    packed = heatmap["z"]
    shown = np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]).reshape(3, -1)
    np.testing.assert_allclose(shown, expected.fused.T, atol=1e-3)
    assert heatmap["y"] == list(names)
