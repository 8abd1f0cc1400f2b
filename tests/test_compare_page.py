"""The Compare page: every number is the library's, its rows open in Live as they were judged, and it says what to do."""

import json
import shutil

import numpy as np
import pytest
from page_cases import array, dashboard, figures
from streamlit.testing.v1 import AppTest

from comp_viz.analysis.compare.paired import paired_metrics
from comp_viz.analysis.compare.predictions import drawings_of, predict_drawing
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.table.writer import write_table
from comp_viz.figures.compare.heading import comparison_heading
from comp_viz.page_parts import COMPARE_PARTS
from comp_viz.report import compare as sections
from comp_viz.ui.cache import data_sets, progressive, split_stream
from comp_viz.ui.compare import cached as answering
from comp_viz.ui.compare import charts as comparing


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """All is measured before the page is drawn for the first time, and nothing another test measured is found."""
    monkeypatch.setattr(progressive, "MOMENT", 1e9)
    for kept in (
        answering._measured,
        answering.accuracy_under,
        answering.comparison,
        answering._difficulty,
        split_stream.split_stream,
    ):
        kept.clear()
    data_sets._data_set.clear()


@pytest.fixture
def two(tmp_path, monkeypatch, whole, small_lab, small_checkpoint):
    """The page with a trained and an untrained checkpoint, the trained one open: `two(**address)`."""
    (tmp_path / "data").mkdir()
    write_table(tmp_path / "data" / "small.arrow", small_lab)
    shutil.copytree(whole[0], tmp_path / "checkpoints" / "trained")
    shutil.copytree(small_checkpoint, tmp_path / "checkpoints" / "untrained")

    def opened(**address):
        app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
        app.query_params.update({"checkpoint": "trained", "data": "small.arrow"} | address)
        app.run()
        app.switch_page("pages/compare.py").run()
        app.multiselect(key="compared").set_value(["trained", "untrained"]).run()
        assert not app.exception
        return app

    return opened


def answers(folder, data, pattern, seed):
    result = {}
    for name, path in folder.items():
        checkpoint = load_checkpoint(path)
        stream = Stream(data.split("test"), checkpoint.standardise, checkpoint.model.fusion.weight.device)
        passes = [predict_drawing(checkpoint, data.task, stream, one) for one in drawings_of(pattern, seed)]
        result[name] = np.stack([one.predictions["fused"] for one in passes])
    return result, stream.utterances


def test_every_number_is_the_librarys(two, small_lab, whole, small_checkpoint):
    app = two(pattern="uniform(0.5)", seed="3")
    predictions, known = answers({"trained": whole[0], "untrained": small_checkpoint}, small_lab, "uniform(0.5)", 3)
    table = paired_metrics(small_lab.task, predictions, known.labels, known.starts)
    assert app.subheader[0].value == comparison_heading(table)
    drawn = figures(app)
    first, other, apart = drawn["by pattern"]["data"]
    rows = table[table["metric"] == "ACC"].set_index("predictor")
    assert array(first["x"])[0] == pytest.approx(rows.loc["trained", "value"])
    assert array(other["x"])[0] == pytest.approx(rows.loc["untrained", "value"])
    assert array(apart["x"])[0] == pytest.approx(100 * rows.loc["untrained", "difference"])
    assert array(apart["error_x"]["array"])[0] == pytest.approx(
        100 * (rows.loc["untrained", "difference_high"] - rows.loc["untrained", "difference"])
    )
    axis = drawn["by pattern"]["layout"]["xaxis2"]
    assert "points of ACC" in axis["title"]["text"].replace("<br>", " ")
    assert "%" not in axis.get("tickformat", "") + axis.get("ticksuffix", "")
    assert len(array(first["x"])) == 10  # three missing rates, and seven sets of modalities of which one is everything
    for part, keys in COMPARE_PARTS.items():
        app.segmented_control(key="compare_part").set_value(part).run()
        assert not app.exception
        assert app.subheader[0].value == comparison_heading(table)
        assert set(figures(app)) == set(keys) - {"measures", "differences"}, part
    app.segmented_control(key="compare_part").set_value("Measures").run()
    shown = next(frame.value for frame in app.dataframe if "measure" in frame.value)
    assert set(shown["measure"]) == {"ACC", "F1", "MAE", "CORR"}
    moved = shown[shown["predictor"] == "untrained"].set_index("measure")["difference to the first"]
    assert {measure for measure, difference in moved.items() if difference.endswith(" points")} == {"ACC", "F1"}


def test_a_row_opens_in_live_as_it_was_judged(two):
    app = two(pattern="uniform(0.5)", compare_part="Largest differences")
    rows = next(frame.value for frame in app.dataframe if "other name" in frame.value)
    top = rows.iloc[0]
    next(button for button in app.button if button.label == "Open the first in Live").click().run()
    assert not app.exception
    assert app.session_state["conversation"] == top["conversation"]
    assert app.query_params["pattern"].startswith("cells(")
    fused = next(metric.value for metric in app.metric if metric.label == "Fused")
    assert fused == top["trained"].rstrip(" ✓✗")
    assert app.number_input(key="utterance").value == top["utterance"]


def test_a_head_is_compared_as_well(open_trained):
    app = open_trained("compare")
    assert not app.exception
    assert app.multiselect(key="compared").value == ["trained", "trained: audio head", "trained: text head"]
    assert app.subheader[0].value.startswith("trained ")
    assert " in ACC" in app.subheader[0].value
    assert any(text.value.startswith("Primary test (first against second of the list") for text in app.caption)
    app.multiselect(key="compared").set_value(["trained"]).run()
    assert "at least two" in app.info[0].value


def test_what_no_longer_fits_is_left_out_quietly(open_trained):
    app = open_trained("compare", compared="gone", split="no such split")
    assert not app.exception
    assert app.multiselect(key="compared").value[0] == "trained"
    assert app.selectbox(key="split").value == "test"


def test_painted_cells_mean_nothing_for_a_split(open_trained, small_lab):
    app = open_trained("compare", conversation=small_lab.split("test")[0].id, pattern="cells(00)")
    assert not app.exception
    assert any("painted for one conversation" in warning.value for warning in app.warning) or any(
        "does not fit" in warning.value for warning in app.warning
    )


def test_measuring_goes_on_bit_by_bit_and_can_be_cancelled(open_trained, monkeypatch):
    monkeypatch.setattr(progressive, "MOMENT", 0.0)
    app = open_trained("compare")
    assert not app.exception
    before = len(array(figures(app)["by pattern"]["data"][0]["x"]))
    assert app.subheader[0].value.startswith("So far, ")  # nothing is a finding while it is being measured
    assert any(text.value.startswith("**So far") for text in app.markdown)
    app.run().run()
    after = len(array(figures(app)["by pattern"]["data"][0]["x"]))
    assert after > before
    next(button for button in app.button if button.label == "Cancel").click().run()
    kept = len(array(figures(app)["by pattern"]["data"][0]["x"]))
    app.run()
    assert len(array(figures(app)["by pattern"]["data"][0]["x"])) == kept
    assert any(button.label == "Go on" for button in app.button)


def test_a_tick_draws_only_the_chart_that_grows(two, monkeypatch):
    app, drawn, fragment = two(), [], comparing.st.fragment
    monkeypatch.setattr(comparing, "measure_and_draw", lambda *arguments: arguments[-1]())
    monkeypatch.setattr(comparing, "chart_panel", lambda figure, key, *more: drawn.append(key))
    monkeypatch.setattr(comparing, "add_late_section", lambda key, make: drawn.append(key))

    def ticking(function, **when):
        return (lambda *given: [function(*given) for _ in range(3)]) if when else fragment(function)

    monkeypatch.setattr(comparing.st, "fragment", ticking)
    app.run()
    assert not app.exception
    assert drawn.count("by pattern") == 3
    assert {key: drawn.count(key) for key in ("measures", "agreement", "confusion", "calibration")} == dict.fromkeys(
        ("measures", "agreement", "confusion", "calibration"), 1
    )


def test_charts_of_parts_that_are_closed_are_made_for_the_report_alone(two, monkeypatch):
    made = []
    chart = sections.confusion_chart
    monkeypatch.setattr(sections, "confusion_chart", lambda *given: made.append(1) or chart(*given))
    app = two()
    app.run()
    assert not app.exception
    assert not made
    report = app.session_state["shown"].report("", dark=False, words=False)
    assert made == [1]
    assert {"by pattern", "measures", "agreement", "confusion", "calibration", "differences"} <= {
        section.key for section in report.sections
    }


def test_an_address_with_several_predictors_is_kept_when_the_page_changes():
    app = AppTest.from_string(
        "import streamlit as st\nfrom comp_viz.ui.frame.navigation import address_parameters\nst.json(address_parameters())"
    )
    app.query_params["compared"] = ["one", "other"]
    app.run()
    assert json.loads(app.json[0].value) == {"compared": ["one", "other"]}
