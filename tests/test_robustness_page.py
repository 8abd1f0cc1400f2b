"""The page Robustness: its numbers are the library's, come bit by bit, and stay where they were measured before."""

import hashlib
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
from page_cases import array, dashboard, figures, write_case

from comp_viz.analysis.data.linear_probe import LinearProbe
from comp_viz.analysis.lab.attainable import attainable_at
from comp_viz.analysis.robustness.drawings import (
    RATE_SEEDS,
    SHARE_SEEDS,
    Drawing,
    availability_patterns,
    evaluate_drawing,
    page_drawings,
    rate_patterns,
    share_patterns,
)
from comp_viz.analysis.robustness.shipped_scores import MeasuredWith, find_scores
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import open_data
from comp_viz.data.table.writer import write_table
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import evaluate
from comp_viz.ui.cache import data_sets, probe_fit, progressive, split_stream
from comp_viz.ui.cache.probe_fit import ProbeFit
from comp_viz.ui.frame.compare_mode import row_of_sides
from comp_viz.ui.robustness import charts as robustness_charts
from comp_viz.ui.robustness import measurement, references


class FitsAtOnce:
    """In place of the thread that fits linear probes."""

    def submit(self, fit):
        done = Future()
        try:
            done.set_result(fit())
        except CompVizError as error:
            done.set_exception(error)
        return done


@pytest.fixture
def at_once(monkeypatch):
    """All is measured and fitted before the page is drawn for the first time."""
    monkeypatch.setattr(progressive, "MOMENT", 1e9)
    monkeypatch.setattr(probe_fit, "FITS", FitsAtOnce())


def test_every_number_on_the_page_is_the_librarys(open_trained, at_once, small_lab, whole):
    app = open_trained("robustness", metric="MAE", share="two thirds")
    assert not app.exception
    checkpoint, spec = load_checkpoint(whole[0]), figures(app)
    for key, patterns in (
        ("rates", rate_patterns()), ("kept", [*availability_patterns(("audio", "text", "video")).values()]), ("shares", [*share_patterns(("audio", "text", "video"), 2).values()]),
    ):  # fmt: skip
        seeds = RATE_SEEDS if key == "rates" else SHARE_SEEDS
        result = evaluate(
            checkpoint.model, small_lab.task, checkpoint.standardise, small_lab.split("test"), "test",
            map(Pattern.parse, patterns), seeds,
        )  # fmt: skip
        expected = sorted(one.mean["MAE"] for one in result if one.predictor == "fused")
        if key == "shares":
            drawn = array(spec[key]["data"][1]["marker"]["color"])
        else:
            (trace,) = [trace for trace in spec[key]["data"] if trace.get("name") == "◆ fused"]
            drawn = array(trace["y" if key == "rates" else "x"])
        np.testing.assert_allclose(np.sort(drawn), expected, rtol=1e-5)
    assert not app.button or all(button.label != "Cancel" for button in app.button)


def test_measuring_goes_on_bit_by_bit_and_can_be_cancelled(open_trained, monkeypatch):
    monkeypatch.setattr(progressive, "MOMENT", 0.0)  # one pass at a time
    app = open_trained("robustness")
    labels = [button.label for button in app.button]
    assert "Cancel" in labels
    first = drawn_points(app)
    assert 1 <= first < 4
    app.run().run()  # a page draws what was measured before it
    assert drawn_points(app) > first
    next(button for button in app.button if button.label == "Cancel").click().run()
    kept = drawn_points(app)
    for _ in range(3):
        app.run()
        assert drawn_points(app) == kept
    app.switch_page("pages/data.py").run()
    app.switch_page("pages/robustness.py").run()
    assert drawn_points(app) == kept  # what is done stays done
    next(button for button in app.button if button.label == "Go on").click().run()
    app.run().run()
    assert drawn_points(app) > kept


def drawn_points(app) -> int:
    return len(array(next(t for t in figures(app)["rates"]["data"] if t.get("name") == "◆ fused")["y"]))


def test_the_metric_and_the_split_are_chosen(open_trained, at_once):
    app = open_trained("robustness")
    assert app.selectbox(key="metric").options == ["ACC", "F1", "MAE", "CORR"]
    app.selectbox(key="metric").set_value("CORR").run()
    app.selectbox(key="split").set_value("validation").run()
    assert not app.exception
    assert any("optimistic" in caption.value for caption in app.caption)
    assert figures(app)["rates"]["layout"]["yaxis"]["title"]["text"] == "CORR"


def test_a_metric_of_another_task_is_brought_back_quietly(open_case, at_once):
    app, _ = open_case("robustness", "six classes", metric="MAE", references="no such thing")
    assert not app.exception
    assert app.selectbox(key="metric").value == "ACC"


def test_published_figures_are_shown_when_asked_for(open_trained, at_once):
    app = open_trained("robustness")
    assert not [t for t in figures(app)["rates"]["data"] if "published" in t.get("name", "")]
    app.multiselect(key="references").set_value(["published, other data: CMU-MOSI, ComP"]).run()
    (trace,) = [t for t in figures(app)["rates"]["data"] if "published" in t.get("name", "")]
    assert trace["line"]["dash"] == "dot"


def test_two_checkpoints_are_compared_on_shared_axes(
    tmp_path, monkeypatch, at_once, whole, small_lab, small_checkpoint
):
    import shutil

    (tmp_path / "data").mkdir()
    write_table(tmp_path / "data" / "small.arrow", small_lab)
    shutil.copytree(whole[0], tmp_path / "checkpoints" / "trained")
    shutil.copytree(small_checkpoint, tmp_path / "checkpoints" / "untrained")
    app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
    app.query_params.update({"checkpoint": "trained", "data": "small.arrow"})
    app.run()
    app.switch_page("pages/robustness.py").run()
    app.selectbox(key="compare").set_value("checkpoint untrained").run()
    assert not app.exception
    spec = figures(app)
    for chart in ("rates", "kept", "shares"):
        left, right = spec[f"{chart}left"], spec[f"{chart}right"]
        axis = "xaxis" if chart == "kept" else "yaxis"
        assert left["layout"][axis]["range"] == right["layout"][axis]["range"]
    marks = [spec[f"shares{side}"]["data"][1]["marker"] for side in ("left", "right")]
    assert marks[0]["cmin"] == marks[1]["cmin"]
    assert marks[0]["cmax"] == marks[1]["cmax"]
    values = [array(marks[i]["color"]) for i in (0, 1)]
    assert not np.allclose(*values)


@pytest.mark.parametrize("blank", ["labels", "splits"])
def test_data_without_labels_or_splits_say_what_to_do(tmp_path, monkeypatch, blank):
    data = write_case("usual", tmp_path)
    changes = {
        "labels": lambda c: replace(c, labels=np.full_like(c.labels, np.nan)),
        "splits": lambda c: replace(c, split=""),
    }
    conversations = tuple(map(changes[blank], data.conversations))
    write_table(tmp_path / "data" / "case.arrow", replace(data, conversations=conversations, digest=""))
    app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
    app.query_params.update({"checkpoint": "case", "data": "case.arrow"})
    app.run()
    app.switch_page("pages/robustness.py").run()
    assert not app.exception
    assert app.subheader[0].value == "Nothing can be measured here"
    assert "data import" in app.info[0].value


def test_a_table_that_cannot_be_read_is_left_out_and_named(open_trained, at_once, tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "broken.parquet").write_bytes(b"no table")
    monkeypatch.setattr(references, "RESULTS", tmp_path / "results")
    app = open_trained("robustness")
    assert not app.exception
    assert "broken.parquet" in app.warning[0].value
    known = app.multiselect(key="references").options
    assert len(known) == 2  # what comes with the data set
    assert all(name.startswith("linear probe: ") for name in known)


def test_charts_do_not_wait_for_the_linear_probe_which_joins_them(open_trained, at_once, monkeypatch):
    fit = ProbeFit(lambda: LinearProbe({"audio": 0.47, "all modalities": 0.741}, 0.6, 1155, 721, "test split"))
    monkeypatch.setattr(references, "linear_probe_fit", lambda *_: fit)
    begun = SimpleNamespace(submit=lambda fit: Future())  # which never ends
    monkeypatch.setattr(probe_fit, "FITS", begun)
    app = open_trained("robustness")  # the page is there all the same
    assert not app.exception
    assert app.get("plotly_chart")
    assert not [name for name in app.multiselect(key="references").options if "probe" in name]
    assert fit.future is not None
    assert any(caption.value.startswith("Fitting the linear probe") for caption in app.caption)
    fit.future.set_result(fit.fit())
    app.run()
    assert not any(caption.value.startswith("Fitting the linear probe") for caption in app.caption)
    chosen = app.multiselect(key="references").value
    assert chosen[:2] == ["linear probe: all modalities", "linear probe: audio alone"]
    app.multiselect(key="references").set_value([]).run()
    assert app.multiselect(key="references").value == []  # it joins once


def test_what_is_measured_already_is_drawn_once(open_trained, at_once, monkeypatch):
    open_trained("robustness")
    drawn = []
    monkeypatch.setattr(robustness_charts, "row_of_sides", lambda sides: drawn.append(1) or row_of_sides(sides))
    app = open_trained("robustness")  # by another visitor
    assert not app.exception
    assert len(drawn) == 3  # rows of charts


def test_the_lab_has_its_attainable_accuracy_beside_it(small_checkpoint, tmp_path, monkeypatch):
    lab = "lab(conversations=4/2/3, lengths=4/9)"
    monkeypatch.setattr(progressive, "MOMENT", 1e9)
    app = dashboard(monkeypatch, small_checkpoint.parent, tmp_path)
    app.query_params.update({"checkpoint": "small", "data": lab})
    app.run()
    app.switch_page("pages/robustness.py").run()
    assert not app.exception
    (trace,) = [t for t in figures(app)["rates"]["data"] if t.get("name") == "best attainable, computed"]
    expected = attainable_at(LabSettings.parse(lab))
    assert array(trace["y"]).tolist() == [one.together.accuracy for one in expected.values()]


@pytest.fixture(autouse=True)
def fresh():
    """No test finds measured what another one had measured."""
    measurement._measured.clear()
    split_stream.split_stream.clear()
    data_sets._data_set.clear()


def test_the_lab_checkpoints_shipped_scores_are_all_of_the_page_and_what_it_measures():
    checkpoint, data = load_checkpoint("checkpoints/lab", "cpu"), open_data("lab")
    found = find_scores(Path("results/robustness"), MeasuredWith(checkpoint.digest, data.digest, "test"))
    for thirds in (1, 2):
        assert set(page_drawings(data.modalities, thirds)) <= set(found)
    drawing = Drawing("uniform(0.5)", 1)
    stream = Stream(data.split("test"), checkpoint.standardise, checkpoint.model.device)
    again = evaluate_drawing(checkpoint, data.task, stream, drawing)
    assert again.missing_rate == pytest.approx(found[drawing].missing_rate)
    np.testing.assert_allclose(again.values["fused"]["ACC"], found[drawing].values["fused"]["ACC"], atol=2e-3)


def test_every_shipped_table_of_scores_is_of_the_checkpoint_as_it_ships():
    tables = sorted(Path("results/robustness").glob("*.parquet"))
    assert tables
    for table in tables:
        folder = Path("checkpoints") / table.stem
        weights = (folder / "config.json").read_bytes() + (folder / "model.safetensors").read_bytes()
        digest = pq.read_schema(table).metadata[b"comp-viz checkpoint_digest"].decode()
        assert digest == hashlib.sha256(weights).hexdigest(), f"make {table} again"
