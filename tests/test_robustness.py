"""Robustness: what is measured, how sure it is, and what is drawn of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comp_viz.analysis.data.linear_probe import LinearProbe
from comp_viz.analysis.lab.reached import accuracy_with_error
from comp_viz.analysis.results import read_published_results, read_results
from comp_viz.analysis.robustness.drawings import (
    GRID,
    RATE_SEEDS,
    RATES,
    SHARE_SEEDS,
    Drawing,
    Scores,
    availability_patterns,
    evaluate_drawing,
    metrics_by_group,
    page_drawings,
    rate_patterns,
    share_patterns,
)
from comp_viz.analysis.robustness.references import above_measured, from_paper, from_probe, from_tables, with_references
from comp_viz.analysis.robustness.scores import (
    constant_baseline,
    counted_labels,
    metric_names,
    score_table,
    trained_rates,
)
from comp_viz.analysis.robustness.shipped_scores import MeasuredWith, find_scores, write_scores
from comp_viz.analysis.stats.intervals import half_width_by_jackknife
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Task
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.patterns.realised import realised_rates
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import evaluate, predict
from comp_viz.evaluation.metrics import metrics
from comp_viz.figures.robustness.axes import metric_span
from comp_viz.figures.robustness.heading import better_references, robustness_title
from comp_viz.figures.robustness.rates import rates_chart, rates_title
from comp_viz.figures.robustness.shares import across, losses_chart, shares_title, triangle_chart
from comp_viz.figures.robustness.subsets import subsets_chart, subsets_title
from comp_viz.figures.style import DARK, LIGHT
from comp_viz.sweep.epochs import is_epochs
from comp_viz.wording import percent

SCORE, CLASSES = Task("sentiment"), Task("emotion", ("calm", "glad", "cross"))
THREE = ("audio", "text", "video")
RESULTS = Path(__file__).parents[1] / "results"


@pytest.fixture
def small(small_checkpoint, small_lab):
    checkpoint = load_checkpoint(small_checkpoint)
    return (
        checkpoint,
        small_lab,
        Stream(small_lab.split("test"), checkpoint.standardise, checkpoint.model.fusion.weight.device),
    )


@pytest.fixture
def measured(small):
    checkpoint, data, stream = small
    return {one: evaluate_drawing(checkpoint, data.task, stream, one) for one in page_drawings(THREE, 1)}


# Drawings
@pytest.mark.parametrize("text", ["uniform(0.5)", "only(text)", "rates(audio=0.4, text=0.6)", "found"])
def test_scores_of_drawings_are_those_of_an_evaluation(small, text):
    checkpoint, data, stream = small
    (*expected,) = evaluate(
        checkpoint.model, data.task, checkpoint.standardise, data.split("test"), "test", [Pattern.parse(text)], 3
    )
    seeds = expected[0].seeds
    done = {
        Drawing(text, seed): evaluate_drawing(checkpoint, data.task, stream, Drawing(text, seed))
        for seed in range(seeds)
    }
    for metric in metric_names(data.task):
        table = score_table(done, [text], metric).set_index("predictor")
        for one in expected:
            row = table.loc[one.predictor]
            assert row["value"] == pytest.approx(one.mean[metric], nan_ok=True)
            assert row["spread"] == pytest.approx(one.std[metric], nan_ok=True)
            assert row["missing_rate"] == pytest.approx(one.missing_rate)
            assert row["missing text"] == pytest.approx(one.realised["text"])
            assert row["seeds"] == seeds


def test_every_forward_pass_is_a_turn_of_its_own(small, monkeypatch):
    checkpoint, _, stream = small
    monkeypatch.setattr("comp_viz.data.batch.EVALUATED_TOGETHER", 1)

    class Turn:
        held = entered = 0

        def __enter__(self):
            self.held += 1
            self.entered += 1

        def __exit__(self, *_):
            self.held -= 1

    turn, seen = Turn(), []
    checkpoint.model.register_forward_pre_hook(lambda *_: seen.append(turn.held))
    result = predict(checkpoint.model, stream, stream.utterances.observed, turn=turn)
    assert seen == [1] * len(stream)
    assert (turn.entered, turn.held) == (len(stream), 0)
    np.testing.assert_array_equal(
        result["fused"], predict(checkpoint.model, stream, stream.utterances.observed)["fused"]
    )


@pytest.mark.parametrize("task", [SCORE, CLASSES])
def test_each_group_is_left_out_once(task, rng):
    predictions = rng.standard_normal((60, task.outputs))
    labels = rng.integers(len(task.classes) or 7, size=60).astype(np.float32) - (0 if task.classes else 3)
    groups = rng.integers(4, size=60)
    result = metrics_by_group(task, predictions, labels, groups)
    for metric in metric_names(task):
        assert len(result[metric]) == 5
        assert result[metric][0] == metrics(task, predictions, labels)[metric]
        for g in range(4):
            rows = [i for i in range(60) if groups[i] != g]
            assert result[metric][1 + g] == pytest.approx(metrics(task, predictions[rows], labels[rows])[metric])


def test_every_set_of_modalities_is_a_pattern():
    for M in (2, 3, 4):
        names = tuple("abcd"[:M])
        result = availability_patterns(names)
        assert len(result) == 2**M - 1
        observed = np.ones((5, M), bool)
        for subset, text in result.items():
            left = Pattern.parse(text)(utterances_of(observed, names), SCORE, np.random.default_rng(0))
            assert left[0].tolist() == [u in subset for u in names]
            assert (left == left[0]).all()
    assert len(availability_patterns(tuple("abcdef"))) == 1 + 6 + 6


def utterances_of(observed, names):
    from comp_viz.data.conversation import Conversation
    from comp_viz.data.dataset import Utterances

    n = len(observed)
    blank = ("",) * n
    nan = np.full(n, np.nan, np.float32)
    return Utterances.of(
        [Conversation("c", {u: np.ones((n, 2), np.float32) for u in names}, observed, nan, blank, blank, blank, nan)]
    )


@pytest.mark.parametrize("thirds", [1, 2])
def test_the_triangle_shares_the_same_amount_at_every_place(thirds):
    points = share_patterns(THREE, thirds)
    assert len(points) == (GRID + 1) * (GRID + 2) // 2
    observed = np.ones((300, 3), bool)
    for point, text in points.items():
        left = Pattern.parse(text)(utterances_of(observed, THREE), SCORE, np.random.default_rng(0))
        missing = realised_rates(observed, left, THREE)
        assert missing.rate == pytest.approx(thirds / 3, abs=0.005)
        assert list(missing.by_modality.values()) == pytest.approx(point, abs=0.005)


def test_the_plan_is_coarse_first_and_names_no_pass_twice():
    result = page_drawings(THREE, 1)
    assert result[:2] == [Drawing("uniform(0)"), Drawing("uniform(0.7)")]
    assert len(set(result)) == len(result)
    assert [one.seed for one in result] == sorted(one.seed for one in result)
    drawn = {text: {one.seed for one in result if one.pattern == text} for text in {one.pattern for one in result}}
    for text, seeds in drawn.items():
        most = RATE_SEEDS if text.startswith("uniform") else SHARE_SEEDS
        assert seeds == set(range(most if Pattern.parse(text).random else 1))
    assert len([text for text in drawn if text.startswith("uniform")]) == len(RATES)


# Intervals, constants, tables
def test_the_interval_of_accuracy_agrees_with_its_error_by_conversation(rng):
    """Twenty conversations, each left out once: the jackknife and the error of a ratio say nearly the same."""
    lengths = rng.integers(20, 60, size=20)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    right = rng.random(starts[-1]) < np.repeat(rng.uniform(0.5, 0.9, 20), lengths)
    groups = np.repeat(np.arange(20), lengths)
    left_out = np.array([right[groups != g].mean() for g in range(20)])
    error = accuracy_with_error(right, np.ones_like(right), starts).error
    assert half_width_by_jackknife(left_out) == pytest.approx(2.093 * error, rel=0.05)


def test_the_interval_holds_the_true_value_as_often_as_it_says(rng):
    covered = 0
    for _ in range(400):
        values = rng.normal(3, 1, size=20)
        left_out = np.array([np.delete(values, g).mean() for g in range(20)])
        covered += abs(values.mean() - 3) < half_width_by_jackknife(left_out)
    assert 0.92 < covered / 400 < 0.98


def test_no_interval_from_one_group():
    assert np.isnan(half_width_by_jackknife(np.array([0.5])))


@pytest.mark.parametrize("task", [SCORE, CLASSES, Task("score", low=1, high=7, neutral=5)])
def test_no_constant_answer_does_better(task, rng):
    labels = rng.choice([0, 1, 1, 2, np.nan] if task.classes else [2, 5, 6, 6.5, 1, np.nan, 3], size=80).astype(
        np.float32
    )
    result = constant_baseline(task, labels)
    if task.classes:
        others = [np.tile(np.eye(3)[c], (80, 1)) for c in range(3)]
    else:
        others = [np.full((80, 1), value - task.neutral) for value in np.linspace(task.low, 7, 61)]
    assert result["ACC"] == max(metrics(task, one, labels)["ACC"] for one in others)
    if not task.classes:
        assert result["MAE"] <= min(metrics(task, one, labels)["MAE"] for one in others) + 1e-6
        assert np.isnan(result["CORR"])
    assert counted_labels(task, labels) == (~np.isnan(labels) & (bool(task.classes) | (labels != task.neutral))).sum()


def test_scores_are_means_over_the_drawings(measured):
    table = score_table(measured, rate_patterns(), "ACC")
    for row in table.to_dict("records"):
        draws = [scores for one, scores in measured.items() if one.pattern == row["pattern"]]
        values = [scores.values[row["predictor"]]["ACC"][0] for scores in draws]
        assert row["value"] == pytest.approx(np.mean(values))
        assert row["seeds"] == len(draws) == (1 if row["pattern"] == "uniform(0)" else RATE_SEEDS)
        left_out = np.mean([scores.values[row["predictor"]]["ACC"][1:] for scores in draws], axis=0)
        assert row["half"] == pytest.approx(half_width_by_jackknife(left_out))
    assert list(dict.fromkeys(table["predictor"])) == ["fused", *THREE]
    assert score_table({}, rate_patterns(), "ACC").empty


def test_trained_rates_are_those_of_the_protocol():
    assert trained_rates("uniform(0.3)") == [0.3]
    assert trained_rates("only(text)") == trained_rates(None) == []


# Words
def tabled(values: dict[str, float], rates: dict[str, float] | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"pattern": p, "predictor": u, "missing_rate": (rates or {}).get(p, 0.0), "value": v + 0.01 * (u == "text"),
             "half": 0.02, "spread": 0.0, "seeds": 1, "metric": "ACC"}
            for p, v in values.items() for u in ("fused", *THREE)
        ]
    )  # fmt: skip


def test_the_findings_say_what_the_numbers_say():
    rates = tabled({"uniform(0)": 0.9, "uniform(0.7)": 0.8}, {"uniform(0.7)": 0.654})
    assert (
        robustness_title(rates, "ACC")
        == "ACC falls from 90.0\u202f% to 80.0\u202f% with 65\u202f% of all entries missing"
    )
    assert rates_title(rates, "ACC") == (
        "With 65\u202f% missing the fused prediction reaches ACC 80.0\u202f%, its heads 80.0 to 81.0\u202f%"
    )
    level = tabled({"uniform(0)": 0.9, "uniform(0.7)": 0.895}, {"uniform(0.7)": 0.7})
    assert "hardly changes" in robustness_title(level, "ACC")
    assert "rises" in robustness_title(tabled({"uniform(0)": 0.3, "uniform(0.7)": 0.8}, {"uniform(0.7)": 0.7}), "MAE")
    kept = availability_patterns(THREE)
    values = dict(zip(kept.values(), [0.9, 0.88, 0.85, 0.7, 0.6, 0.8, 0.5], strict=True))
    title = subsets_title(tabled(values), kept, "ACC")
    assert title == "Text alone reaches ACC 80.0\u202f%; the worst single loss is audio, to ACC 70.0\u202f%"
    assert subsets_title(tabled({"uniform(0)": 0.9}), kept, "ACC") == "ACC by what is available"
    alone = tabled(dict(zip(list(kept.values())[4:], [0.6, 0.8, 0.5], strict=True)))
    assert subsets_title(alone, kept, "ACC") == "Text alone reaches ACC 80.0\u202f%"
    missing, left = share_patterns(THREE, 1), share_patterns(THREE, 2)
    corners = {missing[1, 0, 0]: 0.7, missing[0, 1, 0]: 0.6, missing[0, 0, 1]: 0.8}
    assert shares_title(tabled(corners), missing, THREE, "ACC") == (
        "ACC is 60.0\u202f% with all text missing, 80.0\u202f% with all video missing"
    )
    ends = {left[0, 1, 1]: 0.7, left[1, 0, 1]: 0.6, left[1, 1, 0]: 0.8}
    assert shares_title(tabled(ends), left, THREE, "ACC") == (
        "ACC is 60.0\u202f% with only text left, 80.0\u202f% with only video left"
    )


# References
def test_our_tables_give_the_curves_of_the_same_data_only():
    tables = {path.stem: read_results(path) for path in sorted(RESULTS.glob("*.parquet")) if not is_epochs(path)}
    rows = tables["hazumi"]
    result = {one.name: one for one in from_tables(tables, rows["data_digest"].iloc[0], "test")}
    one = result["our table hazumi: comp, 5 seeds"]
    assert one.usual
    assert not one.published
    mine = rows[(rows["method"] == "comp") & (rows["predictor"] == "fused")]
    for pattern, part in mine.groupby("pattern"):
        point = one.of("ACC")[np.isclose(one.of("ACC")["missing_rate"], part["missing_rate"].mean())]
        assert point["value"].item() == pytest.approx(part["ACC"].mean()), pattern
    assert not any("mosi" in name for name in result)
    assert not from_tables(tables, "no such data", "test")
    on_validation = {name for name, table in tables.items() if (table["split"] == "validation").all()}
    assert "recipe_validation" in on_validation
    assert on_validation == {
        name.split(":")[0].removeprefix("our table ")
        for name in (o.name for o in from_tables(tables, rows["data_digest"].iloc[0], "validation"))
    }


def test_selection_on_the_test_split_is_marked():
    rows = read_results(RESULTS / "hazumi.parquet").assign(select="test")
    result = from_tables({"odd": rows}, rows["data_digest"].iloc[0], "test")
    assert all("TEST SPLIT" in one.name and "TEST SPLIT" in one.about for one in result)


def test_published_figures_are_named_so_and_not_usual():
    published = read_published_results(RESULTS / "published.csv", classes=False)
    result = {one.name: one for one in from_paper(published)}
    one = result["published, other data: CMU-MOSI, ComP"]
    rows = published[
        (published["dataset"] == "CMUMOSI") & (published["method"] == "ComP") & (published["metric"] == "ACC")
    ]
    rows = rows[rows["table"] == 2]
    assert one.of("ACC")["value"].tolist() == pytest.approx((rows["value_percent"] / 100).tolist())
    assert one.of("MAE").empty
    assert all(one.published and not one.usual and "TEST SPLIT" in one.about for one in result.values())


def test_everything_drawn_is_in_the_table_to_take_away(measured):
    table = score_table(measured, rate_patterns(), "ACC")
    known = from_paper(read_published_results(RESULTS / "published.csv", classes=False))[:2]
    result = with_references(table, known, "ACC")
    assert len(result) == len(table) + sum(len(one.of("ACC")) for one in known)
    assert set(result["source"]) == {"measured here", *(one.name for one in known)}


# Figures
def test_the_curve_draws_the_table_and_tells_references_apart(measured):
    table = score_table(measured, rate_patterns(), "ACC").sort_values("missing_rate")
    tables = {"hazumi": read_results(RESULTS / "hazumi.parquet")}
    ours = from_tables(tables, tables["hazumi"]["data_digest"].iloc[0], "test")[:1]
    paper = from_paper(read_published_results(RESULTS / "published.csv", classes=False))[:1]
    for palette in (LIGHT, DARK):
        figure = rates_chart(table, "ACC", 0.6, {0.0: 0.9, 0.7: 0.8}, [*ours, *paper], [0.3], (0, 1), palette)
        by_name = {trace.name: trace for trace in figure.data}
        fused = table[table["predictor"] == "fused"]
        np.testing.assert_allclose(by_name["◆ fused"].y, fused["value"], rtol=1e-6)
        np.testing.assert_allclose(by_name["◆ fused"].x, fused["missing_rate"], rtol=1e-6)
        text = table[table["predictor"] == "text"]
        np.testing.assert_allclose(by_name["■ text head"].y, text["value"], rtol=1e-6)
        assert by_name[ours[0].name].line.dash == "dash"
        assert by_name[paper[0].name].line.dash == "dot"
        assert by_name["constant baseline"].y == (0.6, 0.6)
        assert by_name["best attainable, computed"].y == (0.9, 0.8)
        band = by_name["95\u202f% interval of fused, over conversations"]
        n = len(fused)
        np.testing.assert_allclose(band.y[n:][::-1] - band.y[:n], 2 * fused["half"], rtol=1e-4)
        assert figure.layout.shapes[0].x0 == 0.3


def test_the_availability_chart_places_every_predictor(measured):
    kept = availability_patterns(THREE)
    table = score_table(measured, [*kept.values()], "ACC")
    figure = subsets_chart(table, kept, "ACC", 0.6, metric_span([table], [0.6]), LIGHT)
    fused = next(trace for trace in figure.data if trace.name == "◆ fused")
    assert list(fused.y) == list(range(7))
    np.testing.assert_allclose(fused.error_x.array, table.loc[table["predictor"] == "fused", "half"], rtol=1e-5)
    text = next(trace for trace in figure.data if trace.name == "■ text head")
    assert [symbol.endswith("open") for symbol in text.marker.symbol] == ["text" not in subset for subset in kept]
    assert figure.layout.yaxis.ticktext[0] == "everything"
    low, high = figure.layout.xaxis.range
    assert low < 0.6 < high


@pytest.mark.parametrize("thirds", [1, 2])
def test_the_triangle_puts_every_place_where_its_rates_are(small, thirds):
    checkpoint, data, stream = small
    points = share_patterns(THREE, thirds)
    done = {Drawing(text): evaluate_drawing(checkpoint, data.task, stream, Drawing(text)) for text in points.values()}
    table = score_table(done, [*points.values()], "ACC")
    figure = triangle_chart(table, points, THREE, thirds, "ACC", metric_span([table]), DARK)
    trace = figure.data[1]
    corners = np.stack(across(np.eye(3)), 1)
    for place, (x, y) in enumerate(zip(trace.x, trace.y, strict=True)):
        rates = np.array([*points][place])
        share = rates if thirds == 1 else 1 - rates
        np.testing.assert_allclose([x, y], share @ corners, atol=1e-6)
        assert trace.text[place] == f"{100 * done[Drawing(points[tuple(rates)])].values['fused']['ACC'][0]:.1f}"
        assert f"text {percent(rates[1])} missing" in trace.customdata[place]
    assert figure.layout.annotations[1].text == ("all of ■ text missing" if thirds == 1 else "only ■ text left")


def test_bars_stand_where_there_is_no_triangle():
    names = ("audio", "a<b>")
    points = share_patterns(names, 1)
    table = tabled(dict(zip(points.values(), (0.8, 0.7, 0.6, 0.5), strict=True)))
    figure = losses_chart(table, points, names, "ACC", (0.4, 0.9), LIGHT)
    assert [list(np.round(trace.y, 4)) for trace in figure.data] == [[0.8, 0.6], [0.7, 0.5]]
    assert "<b>" not in "".join(figure.data[0].x)


def test_references_that_reach_more_on_the_same_data_are_named():
    probe = LinearProbe({"audio": 0.47, "text": 0.781, "all modalities": 0.741}, 0.6, 1155, 721, "test split")
    everything, alone = from_probe(probe)
    assert (everything.name, alone.name) == ("linear probe: all modalities", "linear probe: text alone")
    assert everything.usual
    assert alone.of("ACC")["value"].tolist() == [0.781]
    assert alone.of("F1").empty
    measured = pd.DataFrame({"predictor": ["fused", "fused"], "missing_rate": [0.0, 0.5], "value": [0.76, 0.9]})
    better = above_measured(measured, [everything, alone], "ACC")
    assert better == [("linear probe: text alone", 0.781)]
    assert better_references(better, "ACC").replace("\u202f", " ") == (
        "With nothing missing, more is reached on these data by linear probe: text alone (78.1 %)."
    )
    assert above_measured(measured.assign(value=0.8), [everything, alone], "ACC") == []
    assert above_measured(measured, [replace(alone, published=True)], "ACC") == []  # of other data
    assert above_measured(measured[1:], [alone], "ACC") == []  # not measured yet


def test_shipped_scores_come_back_as_they_were_measured_and_only_for_what_they_are_of(tmp_path):
    first = Scores(
        0.3, {"audio": 0.2, "text": 0.4}, {"fused": {"ACC": np.array([0.8, 0.75]), "MAE": np.array([0.5, 0.6])}}
    )
    second = Scores(0.0, {"audio": 0.0, "text": 0.0}, {"fused": {"ACC": np.array([0.9, 0.85])}})
    measured = {Drawing("uniform(0.3)", 2): first, Drawing("uniform(0)"): second}
    of = MeasuredWith("checkpoint", "data", "test")
    write_scores(tmp_path / "one.parquet", measured, of)
    found = find_scores(tmp_path, of)
    assert list(found) == list(measured)
    for drawing, scores in measured.items():
        assert found[drawing].missing_by_modality == scores.missing_by_modality
        for metric, values in scores.values["fused"].items():
            np.testing.assert_allclose(found[drawing].values["fused"][metric], values, atol=1e-6)
    assert find_scores(tmp_path, replace(of, checkpoint_digest="another")) == {}
    assert find_scores(tmp_path, replace(of, data_digest="another")) == {}
    assert find_scores(tmp_path, replace(of, split="train")) == {}
    (tmp_path / "zero.parquet").write_bytes(b"none")
    with pytest.raises(CompVizError, match=r"zero\.parquet cannot be read as a table of scores"):
        find_scores(tmp_path, replace(of, split="train"))
