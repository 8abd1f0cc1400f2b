import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from page_cases import APP, components, mend_navigation
from streamlit.testing.v1 import AppTest

from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.card import CHECKPOINT_FORMAT, Card
from comp_viz.checkpoint.folder import load_checkpoint, save_checkpoint
from comp_viz.data import source
from comp_viz.data.batch import Standardiser
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.matrices import keep_only, sample_uniform, to_hex
from comp_viz.network.model import ComP
from comp_viz.training import background
from comp_viz.ui.cache import checkpoints, data_sets, predictions
from comp_viz.ui.frame import sidebar
from comp_viz.ui.frame.pattern_builder import PartContext
from comp_viz.ui.frame.pattern_state import PatternChoice
from comp_viz.versions import versions


@pytest.fixture
def app(small_checkpoint: Path, small_lab: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The dashboard on a machine without data, with one small checkpoint."""
    mend_navigation(monkeypatch)
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", (small_checkpoint.parent,))
    monkeypatch.setattr(source, "lab", lambda settings: small_lab if settings == LabSettings() else lab(settings))
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path / "nothing"))
    data_sets._data_set.clear()
    checkpoints._checkpoint.clear()
    predictions.cached_prediction.clear()
    return AppTest.from_file(APP, default_timeout=300).switch_page("pages/live.py")


def live(app: AppTest) -> dict:
    """What the Live page hands to the browser, which draws it."""
    return next(data for data in components(app).values() if "here" in data)


def fused(app: AppTest) -> np.ndarray:
    return np.array(live(app)["here"]["fused"])


def test_first_visit_shows_a_conversation(app):
    app.run()
    assert not app.exception
    assert not app.error
    assert "as recorded" in app.subheader[0].value
    assert "as recorded" in live(app)["alt"]


def test_numbers_on_the_page_are_the_librarys(app, small_checkpoint, small_lab):
    app.run()
    conversation = small_lab.find(app.selectbox(key="conversation").value)
    app.selectbox(key="part0_kind").set_value("only text").run()
    observed = keep_only(conversation.observed, small_lab.modalities, ["text"])
    expected = predict_conversation(load_checkpoint(small_checkpoint), conversation, observed)
    np.testing.assert_allclose(fused(app), expected.fused, atol=1e-5)
    complete = predict_conversation(load_checkpoint(small_checkpoint), conversation, conversation.observed)
    changes = (expected.fused - complete.fused)[:, 0]
    for s in (int(changes.argmin()), int(changes.argmax())):
        app.number_input(key="utterance").set_value(s + 1).run()
        metric = next(metric for metric in app.metric if metric.label == "Fused")
        assert metric.delta == f"{changes[s]:+.2f}".replace("-", "\u2212")
        arrows = metric.proto.MetricDirection
        assert metric.proto.direction == (arrows.DOWN if changes[s] < 0 else arrows.UP)
    assert changes.min() < -0.005
    np.testing.assert_allclose(live(app)["here"]["weights"], expected.coordinator, atol=1e-5)
    assert app.subheader[0].value.startswith("Without audio and video")


def test_heads_are_drawn_at_the_librarys_values(app, small_checkpoint, small_lab):
    app.run()
    conversation = small_lab.find(app.selectbox(key="conversation").value)
    expected = predict_conversation(load_checkpoint(small_checkpoint), conversation, conversation.observed)
    for name in small_lab.modalities:
        np.testing.assert_allclose(live(app)["here"]["heads"][name], expected.heads[name], atol=1e-5)


def test_random_pattern_is_the_librarys(app, small_checkpoint, small_lab):
    app.run()
    app.selectbox(key="part0_kind").set_value("uniform rate").run()
    app.slider(key="part0_rate").set_value(0.5).run()
    app.number_input(key="pattern_draw").set_value(4).run()
    conversation = small_lab.find(app.selectbox(key="conversation").value)
    observed = sample_uniform(conversation.observed, 0.5, np.random.default_rng(4))
    expected = predict_conversation(load_checkpoint(small_checkpoint), conversation, observed)
    np.testing.assert_allclose(fused(app), expected.fused, atol=1e-5)


def test_a_link_reopens_the_view(app, small_checkpoint, small_lab):
    conversation = small_lab.split("validation")[1]
    observed = conversation.observed.copy()
    observed[1:3, 0] = False
    app.query_params.update(
        {"conversation": conversation.id, "pattern": f"cells({to_hex(observed)})", "utterance": "3"}
    )
    app.run()
    expected = predict_conversation(load_checkpoint(small_checkpoint), conversation, observed)
    np.testing.assert_allclose(fused(app), expected.fused, atol=1e-5)
    assert app.number_input(key="utterance").value == 3


@pytest.mark.parametrize(
    "text", ["cells(ff)", "cells(zz)", "<script>", "f" * 20_000, "only(smell)", "uniform(0.9)", "("]
)
def test_a_link_whose_pattern_does_not_fit_says_so_and_shows_the_rest(app, text):
    app.query_params["pattern"] = text
    app.run()
    assert not app.exception
    assert any("does not fit" in warning.value for warning in app.warning)
    assert live(app)


def test_undo_goes_back_step_by_step(app):
    app.run()
    app.selectbox(key="part0_kind").set_value("only text").run()
    app.selectbox(key="part0_kind").set_value("only audio").run()
    undo = next(button for button in app.button if button.label == "Undo")
    undo.click().run()
    assert app.selectbox(key="part0_kind").value == "only text"
    next(button for button in app.button if button.label == "Undo").click().run()
    assert app.selectbox(key="part0_kind").value == "as recorded"
    assert next(button for button in app.button if button.label == "Undo").disabled


def test_most_changed_takes_the_utterance_in_hand(app):
    app.run()
    app.selectbox(key="part0_kind").set_value("only video").run()
    moved = fused(app)[:, 0]
    app.selectbox(key="part0_kind").set_value("as recorded").run()
    furthest = int(np.abs(moved - fused(app)[:, 0]).argmax()) + 1
    app.selectbox(key="part0_kind").set_value("only video").run()
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
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", (tmp_path / "empty",))
    app.run()
    assert not app.exception
    assert "comp-viz train" in app.info[0].value


def test_a_broken_checkpoint_is_named_and_the_page_stands(app, small_checkpoint):
    (small_checkpoint / "model.safetensors").write_bytes(b"nonsense")
    app.run()
    assert not app.exception
    assert "model.safetensors" in app.error[0].value


def test_a_checkpoint_without_fitting_data_says_what_to_set(app, monkeypatch, small_lab):
    monkeypatch.setattr(sidebar, "fitting_data", lambda name, device, labs: [])
    app.run()
    assert not app.exception
    assert "COMP_VIZ_DATA" in app.info[0].value


def test_real_conversations_are_in_the_picker(real_data, monkeypatch):
    monkeypatch.setenv("COMP_VIZ_DATA", str(real_data))
    app = AppTest.from_file(APP, default_timeout=300).switch_page("pages/live.py")
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
    card = Card(CHECKPOINT_FORMAT, "Classes", model.config, data.task, dict(data.sources), None, None, (), versions())
    save_checkpoint(tmp_path / "class" / "classes", model, card, Standardiser.fit(data.split("train")))
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", (tmp_path / "class",))
    monkeypatch.setattr(source, "lab", lambda settings: data)
    app.query_params["data"] = "lab(classes=3)"
    app.run()
    assert not app.exception
    app.selectbox(key="part0_kind").set_value("only text").run()
    conversation = data.find(app.selectbox(key="conversation").value)
    observed = keep_only(conversation.observed, data.modalities, ["text"])
    expected = predict_conversation(load_checkpoint(tmp_path / "class" / "classes"), conversation, observed)
    assert " in P(" in next(metric.delta for metric in app.metric if metric.label == "Fused")
    np.testing.assert_allclose(fused(app), expected.fused, atol=1e-5)
    assert live(app)["plan"]["task"]["classes"] == list(names)


# The missing pattern in the sidebar


def shown_pattern(app: AppTest) -> str:
    return app.sidebar.code[0].value


def test_parts_are_added_turned_and_taken_away(app):
    app.run()
    app.selectbox(key="part0_kind").set_value("uniform rate").run()
    app.selectbox(key="part1_kind").set_value("outage").run()
    app.selectbox(key="part1_modality").set_value("video").run()
    app.number_input(key="part1_start").set_value(2).run()
    app.number_input(key="part1_length").set_value(3).run()
    assert shown_pattern(app) == "uniform(0.3) + outage(video, 2, 3)"
    app.selectbox(key="part2_kind").set_value("whole speaker").run()
    app.selectbox(key="part2_speaker").set_value("B").run()
    app.get("button_group")[0].set_value(["text"]).run()
    assert shown_pattern(app).endswith(" + speaker(B, text)")
    app.selectbox(key="part0_kind").set_value("by label").run()
    app.selectbox(key="part0_condition").set_value("negative").run()
    app.slider(key="part0_share").set_value(1.0).run()
    assert shown_pattern(app) == "label(negative, text, 1) + outage(video, 2, 3) + speaker(B, text)"
    app.selectbox(key="part1_kind").set_value("none").run()
    app.selectbox(key="part1_kind").set_value("rate per modality").run()
    app.slider(key="part1_audio").set_value(0.9).run()
    assert shown_pattern(app) == "label(negative, text, 1) + rates(audio=0.9, text=0.3, video=0.3)"
    assert not app.exception


def test_a_pattern_is_typed_and_a_wrong_one_refused(app):
    app.run()
    app.text_input(key="pattern_text").set_value("only(text) + outage(text, 1, 2)").run()
    assert app.selectbox(key="part0_kind").value == "only text"
    assert app.selectbox(key="part1_kind").value == "outage"
    app.text_input(key="pattern_text").set_value("take(everything)").run()
    assert "take" in app.error[0].value
    assert shown_pattern(app) == "only(text) + outage(text, 1, 2)"


def test_the_sidebar_says_what_the_pattern_comes_to(app, small_lab):
    app.query_params["pattern"] = "rates(audio=1, text=0, video=0)"
    app.run()
    assert any("audio 100\u202f%, text 0\u202f%, video 0\u202f%" in caption.value for caption in app.caption)


def test_the_address_keeps_pattern_and_seed(app):
    app.run()
    app.selectbox(key="part0_kind").set_value("uniform rate").run()
    app.number_input(key="pattern_draw").set_value(9).run()
    assert app.query_params["pattern"] == "uniform(0.3)"
    assert app.query_params["seed"] == "9"
    app.selectbox(key="part0_kind").set_value("as recorded").run()
    assert "pattern" not in app.query_params


@pytest.mark.parametrize("seed", ["-1", "x", "99999999", "1.5"])
def test_a_seed_that_cannot_be_is_the_usual_one(app, seed):
    app.query_params.update({"pattern": "uniform(0.3)", "seed": seed})
    app.run()
    assert not app.exception
    assert app.number_input(key="pattern_draw").value == 1


# Data and Lab


def go(app: AppTest, page: str) -> AppTest:
    app.run()
    return app.switch_page(f"pages/{page}.py").run()


def test_data_shows_the_set_and_opens_a_conversation_in_live(app, small_lab):
    go(app, "data")
    assert not app.exception
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Conversations"] == "14"
    assert metrics["Utterances"] == str(len(small_lab.utterances))
    assert all(chart.proto.alt for chart in app.get("plotly_chart"))
    app.text_input(key="filter_id").set_value("test-002").run()
    assert list(app.dataframe[0].value["conversation"]) == ["lab-test-002"]
    next(button for button in app.button if button.label == "Open in Live").click().run()
    assert not app.exception
    assert app.selectbox(key="conversation").value == "lab-test-002"
    assert "as recorded" in app.subheader[0].value


def test_filters_that_let_nothing_pass_say_so(app):
    go(app, "data")
    app.text_input(key="filter_id").set_value("nowhere").run()
    assert not app.exception
    assert "filters" in app.info[-1].value


def test_what_is_wrong_with_a_file_is_on_the_page(app, small_lab, tmp_path, monkeypatch, rng):
    folder = tmp_path / "data"
    folder.mkdir()
    video = rng.standard_normal((2, 4, 3))
    video[1, 2] = np.nan
    np.savez(
        folder / "made.npz", text=rng.standard_normal((2, 4, 5)), video=video,
        labels=rng.standard_normal((2, 4)).astype(np.float32), lengths=np.array([4, 4]),
    )  # fmt: skip
    monkeypatch.setenv("COMP_VIZ_DATA", str(folder))
    go(app, "data")
    app.selectbox(key="browse").set_value("made.npz").run()
    assert not app.exception
    assert app.expander[0].label == "0 entries are missing in the recordings; **1 problem**"
    assert any("NaN or infinite" in str(frame.value) for frame in app.dataframe)
    assert any("No checkpoint here reads these features" in info.value for info in app.info)


def test_lab_shows_attainable_beside_reached(app, small_lab):
    go(app, "lab")
    assert not app.exception
    figures = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert [trace["name"] for trace in figures[0]["data"]] == [
        "best attainable, computed",
        "reached by the open checkpoint",
    ]
    best = figures[0]["data"][0]["x"]
    assert max(best) == best[-1]
    assert all(chart.proto.alt for chart in app.get("plotly_chart"))


def test_a_dial_makes_another_lab_and_the_address_keeps_it(app):
    go(app, "lab")
    before = json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]["x"]
    app.slider(key="lab strength text").set_value(0.0).run()
    assert not app.exception
    assert app.selectbox(key="lab preset").value == "your own"
    assert "strengths" in app.query_params["lab"]
    after = json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]["x"]
    assert after[1] < 0.51 < before[1]
    app.selectbox(key="lab preset").set_value("balanced").run()
    assert app.slider(key="lab strength text").value == app.slider(key="lab strength audio").value


def test_a_lab_of_classes_says_that_the_checkpoint_cannot_read_it(app):
    go(app, "lab")
    app.selectbox(key="lab classes").set_value(4).run()
    assert not app.exception
    assert any("cannot read this lab" in caption.value for caption in app.caption)


@pytest.mark.parametrize("text", ["lab(", "lab(conversations=1/1/100000000)", "lab(classes=9)", "<b>", "lab(hard=nan)"])
def test_an_address_with_an_impossible_lab_is_answered_in_words(app, text):
    app.query_params.update({"lab": text, "data": text})
    go(app, "lab")
    assert not app.exception
    assert any("lab" in warning.value for warning in app.warning)


# What a reviewer found


def test_a_refused_text_stays_in_its_box_until_something_else_is_chosen(app):
    app.run()
    app.text_input(key="pattern_text").set_value("uniform(0.5").run()
    assert app.text_input(key="pattern_text").value == "uniform(0.5"
    assert app.error
    app.selectbox(key="part0_kind").set_value("only text").run()
    assert app.text_input(key="pattern_text").value == "only(text)"
    assert not app.error


def test_a_speaker_who_is_not_there_is_said_to_have_no_effect(app):
    app.query_params["pattern"] = "speaker(Zoe) + only(text)"
    app.run()
    assert "no effect" in app.warning[0].value
    assert any("audio 100\u202f%, text 0\u202f%" in caption.value for caption in app.caption)


def test_a_conversation_that_is_too_long_says_how_to_mend_it(app):
    app.query_params["data"] = "lab(conversations=2/2/2, lengths=20/20)"
    app.run()
    assert not app.exception
    assert "--window 10" in app.error[0].value


def test_a_lab_that_is_too_long_for_the_open_checkpoint_says_so(app):
    app.query_params["lab"] = "lab(conversations=2/2/2, lengths=20/20)"
    go(app, "lab")
    assert any("cannot read this lab" in caption.value and "20 utterances" in caption.value for caption in app.caption)


def test_controls_show_what_is_in_force_however_far_the_address_goes(app):
    app.query_params["lab"] = "lab(seed=100000, strengths=10/1/1, conversations=4/4/4)"
    go(app, "lab")
    assert not app.exception
    assert app.slider(key="lab strength audio").value == 10
    assert app.number_input(key="lab seed").value == 100_000


def test_a_training_under_way_is_shown_to_whoever_looks(app, tmp_path, monkeypatch):
    monkeypatch.setattr(
        background, "training_command", lambda *given: [sys.executable, "-c", "import time; time.sleep(60)"]
    )
    job = background.start_training("lab(hard=0.3)", tmp_path / "elsewhere", ())
    try:
        go(app, "lab")
        assert not app.exception
        next(button for button in app.button if button.label == "Cancel").click().run()
        assert job.state == "cancelled"
    finally:
        job.cancel()


def test_many_modalities_are_not_offered_in_every_combination(small_lab):
    first = small_lab.conversations[0]
    features = {f"sensor {i}": np.ones((len(first), 2), np.float32) for i in range(18)}
    many = replace(first, features=features, observed=np.ones((len(first), 18), bool))
    kinds = PartContext(many, small_lab.task).kinds
    assert len(kinds) < 60
    assert "only sensor 3" in kinds


def test_a_name_that_looks_like_edited_cells_is_only_a_name():
    assert not PatternChoice('speaker("cells(ff)")').edited
    assert PatternChoice("cells(ff)").edited


def test_a_checkpoint_whose_card_names_a_lab_that_cannot_be_still_opens(app, small_checkpoint):
    config = json.loads((small_checkpoint / "config.json").read_text())
    config["data"] = {"name": "lab(nonsense", "digest": "0", "licence": ""}
    (small_checkpoint / "config.json").write_text(json.dumps(config))
    app.run()
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="conversation").options
