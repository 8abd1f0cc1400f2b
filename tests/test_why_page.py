"""The Why page: every part bears every kind of data, shows the library's numbers, and words of clips are left out one by one."""

import time
from dataclasses import replace

import numpy as np
import pytest
from clip_cases import EXTRACT, make_clip, simple_extractors, write_reader
from page_cases import CASES, array, dashboard, figures, on_wire

from comp_viz.analysis.clips.prediction import predict_clip
from comp_viz.analysis.why.attribution import GRADIENT, INTEGRATED, OCCLUSION, SAMPLING, attribute
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.analysis.why.contribution import contribution
from comp_viz.analysis.why.split_contribution import split_table
from comp_viz.analysis.why.words import word_effect_table, word_effects
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.clips import background
from comp_viz.clips.extractors import registry
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import data_root
from comp_viz.figures.why.words import words_title
from comp_viz.ui.cache import checkpoints, data_sets
from comp_viz.ui.clips import upload as intake

CONTRIBUTIONS, FEATURES, CONTEXT, COUNTERFACTUALS = "Contributions", "Features", "Context", "Counterfactuals"
UNIFORM = "uniform(0.3)"
HEADINGS = {
    FEATURES: (" matters most", "Nothing observed moves the prediction"),
    CONTEXT: ("Predictions depend ", "There is no other utterance", "No utterance moves any prediction"),
    COUNTERFACTUALS: (" hang on one ", " hangs on one "),
}


@pytest.fixture
def open_part(open_case):
    """Open a part of the page; gives the dashboard, the conversation, its matrix under the pattern, and the checkpoint."""

    def opened(part, case="usual", **address):
        app, data = open_case("why", case, pattern=UNIFORM, why=part, **address)
        conversation = data.find(app.selectbox(key="conversation").value)
        observed = Pattern.parse(UNIFORM)(Utterances.of([conversation]), data.task, np.random.default_rng(1))
        return app, conversation, observed, checkpoints.open_checkpoint("case", "cpu")

    return opened


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("part", [FEATURES, CONTEXT, COUNTERFACTUALS])
def test_every_part_bears_every_case(part, case, open_part, monkeypatch):
    monkeypatch.setattr(
        "comp_viz.analysis.why.leave_one_out.UTTERANCES", 15_000
    )  # fewer passes over the longest; benchmarks measure
    app, *_ = open_part(part, case)
    assert not app.exception
    assert not app.error
    heading = app.subheader[0].value
    assert any(words in heading for words in HEADINGS[part]), heading
    assert bool(figures(app)) != (part == CONTEXT and case == "one utterance")  # it has no context
    assert max(on_wire(app).values(), default=0) < 2_000_000


@pytest.mark.parametrize("part", [CONTRIBUTIONS, FEATURES, CONTEXT, COUNTERFACTUALS])
def test_every_part_stands_beside_the_complete_conversation(part, open_part):
    app, *_ = open_part(part, compare="nothing missing")
    assert not app.exception
    keys = figures(app)
    assert {key.removesuffix("left") for key in keys if key.endswith("left")} == {
        key.removesuffix("right") for key in keys if key.endswith("right")
    } | ({"restore_set"} if "restore_setleft" in keys else set())


@pytest.mark.parametrize(
    ("part", "axes"),
    [
        (CONTRIBUTIONS, {"contribution_steps": "xaxis", "contribution_pairs": "xaxis", "contribution_curves": "yaxis"}),
        (FEATURES, {"attribution_cells_curves": "yaxis", "attribution_features_curves": "yaxis"}),
        (CONTEXT, {"context_curves": "yaxis"}),
    ],
)
def test_sides_share_axes_that_hold_both(part, axes, open_part):
    app, *_ = open_part(part, compare="nothing missing")
    drawn = figures(app)
    for chart, axis in axes.items():
        sides = [drawn[f"{chart}{side}"] for side in ("left", "right")]
        low, high = sides[0]["layout"][axis]["range"]
        assert sides[1]["layout"][axis]["range"] == [low, high]
        if axis == "yaxis":
            values = np.concatenate([array(trace["y"]) for side in sides for trace in side["data"]])
            assert low <= values.min()
            assert values.max() <= high


@pytest.mark.parametrize("predictor", ["fused", "text"])
def test_contributions_are_the_librarys(predictor, open_part):
    app, conversation, observed, checkpoint = open_part(CONTRIBUTIONS, why_of=predictor)
    result = contribution(predict_coalitions(checkpoint, conversation, observed), predictor)
    bars = [trace for trace in figures(app)["contributions"]["data"] if trace["type"] == "bar"]
    for u, (values, missing) in enumerate(zip(result.values, ~(observed & conversation.observed).T, strict=True)):
        of = [bar for bar in bars if bar["name"].endswith(checkpoint.config.modalities[u])]
        drawn = {
            int(s): (y, "pattern" in bar["marker"])
            for bar in of
            for s, y in zip(array(bar["x"]), array(bar["y"]), strict=True)
        }
        np.testing.assert_allclose([drawn[s + 1][0] for s in range(len(values))], values, atol=1e-5)
        assert [drawn[s + 1][1] for s in range(len(values))] == missing.tolist()
    assert ("contribution_weights" in figures(app)) == (predictor == "fused")


@pytest.mark.parametrize("method", [INTEGRATED, GRADIENT, OCCLUSION, SAMPLING])
def test_attributions_are_the_librarys(method, open_part):
    app, conversation, observed, checkpoint = open_part(FEATURES, why_method=method, utterance="4")
    result = attribute(checkpoint, conversation, observed, 3, method)
    drawn = figures(app)
    shown = array(drawn["attribution_cells"]["data"][0]["z"])
    np.testing.assert_allclose(shown[result.observed.T], result.cells.T[result.observed.T], atol=1e-5)
    assert np.isnan(shown[~result.observed.T]).all()
    assert ("attribution_features" in drawn) == (result.features is not None)
    captions = " ".join(caption.value for caption in app.caption)
    assert ("complete" in captions) == (method in (INTEGRATED, SAMPLING))


@pytest.mark.parametrize("part", [CONTRIBUTIONS, FEATURES])
def test_further_tests_are_shown_when_switched_on(part, open_part):
    app, *_ = open_part(part, why_method=GRADIENT)
    assert not any("random weights" in text.value for text in app.markdown)
    app.toggle(key="further_tests").set_value(True).run()
    assert not app.exception
    assert any("random weights" in text.value for text in app.markdown)


def test_a_whole_split_is_computed_bit_by_bit_and_can_be_stopped(open_part, monkeypatch):
    monkeypatch.setattr("comp_viz.ui.cache.progressive.MOMENT", 0.0)  # one conversation at each look
    app, *_ = open_part(CONTRIBUTIONS)
    assert not app.get("progress")
    app.toggle(key="whole_split").set_value(True).run()
    assert not app.exception
    assert "1 of 2 conversations" in app.get("progress")[0].proto.text
    app.button(key="whole split Cancel").click().run()
    assert "Cancelled after" in app.get("progress")[0].proto.text
    app.button(key="whole split Go on").click().run()
    for _ in range(3):
        app.run()
    assert not app.get("progress")
    data, checkpoint = (
        data_sets.open_data_set("case.arrow", str(data_root())),
        checkpoints.open_checkpoint("case", "cpu"),
    )
    test = list(data.split("test"))
    expected = split_table([predict_coalitions(checkpoint, c, c.observed) for c in test], [c.labels for c in test])
    shown = next(frame.value for frame in app.dataframe if "dominates" in frame.value)
    np.testing.assert_allclose(shown["mean"], expected["mean"], atol=1e-6)


def test_two_sides_of_one_checkpoint_share_the_whole_split(open_part, monkeypatch):
    monkeypatch.setattr("comp_viz.ui.cache.progressive.MOMENT", 0.0)
    app, *_ = open_part(CONTRIBUTIONS, compare="nothing missing", whole_split="true")
    assert not app.exception
    assert ["1 of 2 conversations" in bar.proto.text for bar in app.get("progress")] == [True]
    for _ in range(3):
        app.run()
    assert not app.get("progress")
    tables = [frame.value for frame in app.dataframe if "dominates" in frame.value]
    assert len(tables) == 2
    np.testing.assert_array_equal(tables[0]["mean"], tables[1]["mean"])  # of the recordings, whatever the pattern
    assert {"contribution_splitleft", "contribution_splitright"} <= figures(app).keys()


def test_a_fragile_utterance_is_selected_by_its_row(open_part):
    app, *_ = open_part(COUNTERFACTUALS)
    table = next(frame.value for frame in app.dataframe if "worst loss" in frame.value)
    app.session_state["fragility table"] = {"selection": {"rows": [2], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    assert len(table) == 8  # of nine, one of which nothing is recorded


# Words of clips


@pytest.fixture
def clip(tmp_path, monkeypatch):
    simple_extractors(monkeypatch)
    monkeypatch.setattr(registry, "extractors_missing", lambda names: "")
    return make_clip(tmp_path)


@pytest.fixture
def reader(tmp_path):
    write_reader(tmp_path / "checkpoints" / "reader")
    return load_checkpoint(tmp_path / "checkpoints" / "reader")


def test_the_effect_of_a_word_is_what_the_prediction_loses_without_it(clip, reader):
    result = word_effects(reader, clip, 1)
    assert result.words == ("word<b>", "number1.")
    before = predict_clip(reader, clip.conversation).fused[1]
    for i, effect in enumerate(result.effects):
        text = result.words[1 - i]
        changed = clip.features["text"].copy()
        changed[1] = EXTRACT["reader"](text)
        conversation = replace(clip.conversation, features={**clip.features, "text": changed})
        after = predict_clip(reader, conversation).fused[1]
        assert effect == pytest.approx(float((before - after)[before.argmax()]), abs=1e-6)
        assert result.flips[i] == (after.argmax() != before.argmax())
    assert word_effect_table(result)["word"].tolist() == list(result.words)
    assert words_title(word_effects(reader, clip, 3)) == "Utterance 4 has no words to leave out"
    top = int(np.abs(result.effects).argmax())
    assert words_title(result).startswith(f"“{result.words[top]}” has the largest effect, ")


def test_words_and_other_sentences_are_on_the_page_of_a_clip(clip, reader, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(intake, "analyse", lambda *_: clip)
    app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
    app.query_params.update({"why": FEATURES, "utterance": "2"})
    app.run()
    app.switch_page("pages/clips.py").run()
    app.get("file_uploader")[0].set_value(("talk.mp4", b"not really a video", "video/mp4")).run()
    end = time.monotonic() + 240
    while background.LINE.tickets:
        assert time.monotonic() < end
        time.sleep(0.01)
    app.run()
    app.switch_page("pages/why.py").run()
    app.segmented_control(key="why").set_value(FEATURES).run()
    assert not app.exception
    app.number_input(key="utterance").set_value(2).run()
    np.testing.assert_allclose(
        array(figures(app)["word_effects"]["data"][0]["y"]), word_effects(reader, clip, 1).effects, atol=1e-6
    )
    app.number_input(key="utterance").set_value(4).run()
    assert "No words were recognised" in " ".join(box.value for box in app.info)
    app.segmented_control(key="why").set_value(COUNTERFACTUALS).run()
    app.text_input[0].set_value("quite another sentence").run()
    assert not app.exception
    assert any("With this sentence" in text.value for text in app.markdown)
