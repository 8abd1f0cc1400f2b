"""The Modulation and Imbalance pages: every number drawn is the library's, and choices do what they say."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from page_cases import array, dashboard, figures, on_wire
from test_imbalance import METHODS, results

from comp_viz.analysis.imbalance.discrepancy import discrepancy
from comp_viz.analysis.imbalance.gap import gaps, joint_minus_alone
from comp_viz.analysis.modulation.coefficients import conversation_coefficients
from comp_viz.analysis.modulation.hard_utterances import read_hardness
from comp_viz.analysis.modulation.telemetry import read_modulation_record
from comp_viz.analysis.shipped_results import find_table
from comp_viz.checkpoint.card import read_card, write_card
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.table.writer import write_table
from comp_viz.ui.cache import training as cached_training


@pytest.fixture
def shipped(tmp_path, monkeypatch, small_lab):
    """A results folder with one table on the small lab; returns the folder."""
    folder = tmp_path / "results"
    folder.mkdir()
    results(methods=(*METHODS, "KP+PG+Cr"), digest=small_lab.digest).to_parquet(folder / "small.parquet")
    shutil.copy(cached_training.RESULTS / "published.csv", folder)
    monkeypatch.setattr(cached_training, "RESULTS", folder)
    return folder


def drawn(app, key):
    """Values of the traces of a chart that can be hovered or clicked, in order."""
    return [array(t["y"]) for t in figures(app)[key]["data"] if t.get("customdata") or t.get("hovertemplate")]


def test_coefficients_on_the_page_are_the_telemetrys(open_trained, whole, shipped):
    app = open_trained("modulation")
    assert not app.exception
    result = read_modulation_record(whole[0] / "telemetry", ("audio", "text", "video"))
    for key, table, at in (("by_epoch", result.by_epoch, "epoch"), ("by_position", result.by_position, "position")):
        for values, u in zip(drawn(app, key), result.modalities, strict=True):
            expected = table[table["modality"] == u].sort_values(at)["middle"]
            np.testing.assert_allclose(values, expected, atol=1e-5)
    for values, u in zip(drawn(app, "guard"), result.modalities, strict=True):
        np.testing.assert_allclose(values, result.clipping[result.clipping["modality"] == u]["clipped"], atol=1e-5)
    assert f"{result.inner_half[0]:.3f}" in app.subheader[0].value
    assert max(on_wire(app).values()) < 2_000_000


@pytest.mark.parametrize(("pattern", "seen"), [("found", [1, 1, 1]), ("only(audio)", [1, 0, 0])])
def test_coefficients_now_are_those_of_the_pattern_in_force(pattern, seen, open_trained, whole, small_lab, shipped):
    checkpoint = load_checkpoint(whole[0], "cpu")
    conversation = small_lab.split("test")[0]
    app = open_trained("modulation", pattern=pattern, conversation=conversation.id, modulation_part="This conversation")
    expected = conversation_coefficients(checkpoint, conversation, conversation.observed & np.array(seen, bool))
    for u, values in enumerate(drawn(app, "now")):
        np.testing.assert_allclose(values, expected.clipped[expected.counted, u], atol=1e-3)
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Mean before clipping"] == metrics["1 − 1/N"] == f"{expected.expected_mean:.4f}"


def test_the_sidebar_offers_a_conversation_only_where_a_part_shows_one(open_trained, whole, shipped):
    def offered(app):
        assert not app.exception
        return any(box.key == "conversation" for box in app.sidebar.selectbox)

    def compared_with(app):
        return app.selectbox(key="compare").options

    app = open_trained("modulation")
    assert not offered(app)
    assert "another missing pattern" not in compared_with(app)
    app.segmented_control(key="modulation_part").set_value("This conversation").run()
    assert offered(app)
    assert "another missing pattern" in compared_with(app)
    app.segmented_control(key="modulation_part").set_value("Effect").run()
    assert not offered(app)
    assert offered(open_trained("modulation", modulation_part="This conversation"))


def test_a_hard_utterance_opens_in_live(open_trained, whole, shipped):
    app = open_trained("modulation", modulation_part="Hard utterances")
    hardest = read_hardness(whole[0] / "telemetry").ends(easiest=False)
    shown = next(frame.value for frame in app.dataframe if "conversation" in frame.value)
    assert shown["conversation"].tolist() == hardest["conversation"].tolist()
    assert shown["utterance"].tolist() == (hardest["utterance"] + 1).tolist()
    next(button for button in app.button if "in Live" in button.label).click().run()
    assert not app.exception
    assert app.session_state["conversation"] == hardest["conversation"][0]
    assert app.session_state["utterance"] == hardest["utterance"][0] + 1
    assert any(button.label == "Most changed" for button in app.button)


def test_the_easiest_are_the_other_end(open_trained, whole, shipped):
    app = open_trained("modulation", list="easiest", modulation_part="Hard utterances")
    result = read_hardness(whole[0] / "telemetry")
    shown = next(frame.value for frame in app.dataframe if "conversation" in frame.value)
    assert shown["conversation"].tolist() == result.ends(easiest=True)["conversation"].tolist()


def test_without_telemetry_the_page_says_how_it_comes_about(open_case, shipped):
    app, _ = open_case("modulation")
    assert any("telemetry" in info.value for info in app.info)
    assert app.subheader[0].value == "The training of case was not recorded"


def test_without_prompting_the_page_says_that_nothing_is_modulated(open_case, shipped):
    app, _ = open_case("modulation", "without prompting")
    assert any("nothing to act on" in info.value for info in app.info)
    assert "now" not in figures(app)


def test_numbers_on_the_imbalance_page_are_the_tables(open_trained, shipped):
    app = open_trained("imbalance", judged_under="uniform(0.5)")
    assert not app.exception
    table = find_table(shipped, METHODS)
    for key, expected in (("gap", gaps(table, "uniform(0.5)")), ("joint", joint_minus_alone(table, "uniform(0.5)"))):
        dots = [(array(t["x"])[0], array(t["error_x"]["array"])[0]) for t in figures(app)[key]["data"]]
        np.testing.assert_allclose(dots, 100 * expected[["mean", "half"]].to_numpy(), rtol=1e-6)
    app.selectbox(key="judged_under").set_value("uniform(0)").run()
    dots = [array(t["x"])[0] for t in figures(app)["gap"]["data"]]
    np.testing.assert_allclose(dots, 100 * gaps(table, "uniform(0)")["mean"])


def test_a_pattern_the_table_does_not_have_is_brought_back(open_trained, shipped):
    app = open_trained("imbalance", judged_under="uniform(0.9)", judged_on="nowhere", runs="elsewhere")
    assert not app.exception
    assert app.selectbox(key="judged_under").value == "uniform(0)"


def test_test_selection_is_marked(open_trained, shipped, small_lab):
    results(methods=(*METHODS, "KP+PG+Cr"), digest=small_lab.digest, select="test").to_parquet(
        shipped / "small.parquet"
    )
    app = open_trained("imbalance")
    for page in ("imbalance", "modulation"):
        app.switch_page(f"pages/{page}.py").run()
        if page == "modulation":
            app.segmented_control(key="modulation_part").set_value("Effect").run()
        assert any("TEST SPLIT" in warning.value for warning in app.warning)


def test_measures_of_the_finished_model_are_made_when_asked_for(open_trained, whole, small_lab, shipped):
    app = open_trained("imbalance")
    assert "ratio" not in figures(app)
    app.toggle(key="measure").set_value(True).run()
    assert not app.exception
    expected = discrepancy(load_checkpoint(whole[0], "cpu"), small_lab, Pattern.parse("uniform(0)"))
    ratios = [array(t["x"])[0] for t in figures(app)["ratio"]["data"]]
    np.testing.assert_allclose(ratios, [value for _, value, _ in expected.ratio.values()], rtol=1e-5)
    rates = [array(t["x"])[0] for t in figures(app)["utilisation"]["data"]]
    np.testing.assert_allclose(rates, [100 * value for _, value, _ in expected.utilisation.values()], atol=1e-4)


def test_two_checkpoints_are_drawn_on_one_axis(tmp_path, monkeypatch, whole, small_lab, shipped):
    (tmp_path / "data").mkdir()
    write_table(tmp_path / "data" / "small.arrow", small_lab)
    for name in ("trained", "zzz"):
        shutil.copytree(whole[0], tmp_path / "checkpoints" / name)
    app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
    app.query_params.update({"checkpoint": "trained", "data": "small.arrow"})
    app.run()
    for page, keys in (("modulation", ("by_epoch", "guard", "gradients")), ("imbalance", ("curves", "ratios"))):
        app.switch_page(f"pages/{page}.py").run()
        app.selectbox(key="compare").set_value("checkpoint zzz").run()
        assert not app.exception
        for key in keys:
            left, right = (figures(app)[key + side] for side in ("left", "right"))
            assert left["layout"]["yaxis"]["range"] == right["layout"]["yaxis"]["range"]
    app.switch_page("pages/modulation.py").run()
    app.segmented_control(key="modulation_part").set_value("This conversation").run()
    left, right = (figures(app)[f"now{side}"] for side in ("left", "right"))
    assert left["layout"]["yaxis"]["range"] == right["layout"]["yaxis"]["range"]


def test_the_baseline_is_found_by_its_data_and_architecture(tmp_path, monkeypatch, whole):
    for name in ("a", "b"):
        shutil.copytree(whole[0], tmp_path / name)
    monkeypatch.setattr("comp_viz.ui.cache.checkpoints.CHECKPOINTS", (tmp_path,))
    digest = whole[1].data.digest
    assert cached_training.baseline(digest) is None
    card = read_card(tmp_path / "b" / "config.json")
    write_card(replace(card, architecture=replace(card.architecture, prompting=False)), tmp_path / "b")
    assert cached_training.baseline(digest) == "b"
    assert cached_training.baseline("other") is None
