"""The library behind the Compare page: sums, bootstrap, exact test, groups, calibration, differences."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from comp_viz.analysis.compare.calibration import calibration
from comp_viz.analysis.compare.comparison import compare_predictors
from comp_viz.analysis.compare.comparison import mcnemar_table as table_of_tests
from comp_viz.analysis.compare.confusion import confusion
from comp_viz.analysis.compare.difficulty import LEVELS, difficulty
from comp_viz.analysis.compare.disagreements import (
    MOST_DIFFERENCES,
    in_reading_units,
    largest_differences,
    prediction_distance,
)
from comp_viz.analysis.compare.paired import accuracy_by_group, accuracy_by_truth, paired_metrics
from comp_viz.analysis.compare.paired import mcnemar_tests as exact_tests
from comp_viz.analysis.compare.predictions import (
    DRAWINGS,
    FURTHER_DRAWINGS,
    drawings_in_order,
    drawings_of,
    observed_under,
    pattern_names,
    predict_drawing,
)
from comp_viz.analysis.prediction import decide_output, predict_conversation, true_decisions
from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.analysis.robustness.scores import metric_names
from comp_viz.analysis.stats.bootstrap import RESAMPLES, percentile_interval, resampled
from comp_viz.analysis.stats.mcnemar import holm, mcnemar
from comp_viz.analysis.stats.sums import conversation_sums, metrics_of
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import Utterances
from comp_viz.errors import CompVizError
from comp_viz.evaluation.metrics import metrics
from comp_viz.figures.compare.agreement import agreement_note, agreement_title
from comp_viz.figures.compare.heading import comparison_facts, comparison_heading
from comp_viz.figures.compare.measures import measures_note, measures_title
from comp_viz.figures.compare.paired import by_group_title, by_pattern_title

SCORE, SEVEN, CLASSES = (
    Task("sentiment"),
    Task("score", low=1, high=7, neutral=4),
    Task("emotion", ("calm", "glad", "cross")),
)
TASKS = pytest.mark.parametrize("task", [SCORE, SEVEN, CLASSES], ids=["score", "one to seven", "classes"])
STARTS = np.cumsum([0, 6, 1, 9, 4, 10])


def labels_of(task, rng, N=30):
    result = rng.integers(len(task.classes), size=N) if task.classes else rng.integers(task.low, task.high + 1, size=N)
    result = result.astype(np.float32)
    result[3::7] = np.nan
    return result


def answers_of(task, rng, names=("first", "second"), D=2, N=30):
    return {name: rng.standard_normal((D, N, task.outputs)).astype(np.float32) for name in names}


def test_a_measure_that_one_conversation_counts_for_has_no_interval():
    """Neutral labels count for the error, not for accuracy: there every resample would say the same."""
    labels = np.array([1, -1, 2, 0, 0], np.float32)
    answers = {"only": np.array([1, 1, 1, 0.5, -1], np.float32).reshape(1, 5, 1)}
    result = paired_metrics(SCORE, answers, labels, np.array([0, 3, 5])).set_index("metric")
    assert result["conversations"].to_dict() == {"ACC": 1, "F1": 1, "MAE": 2, "CORR": 2}
    assert np.isnan(result.loc["ACC", "low"])
    assert result.loc["MAE", "low"] < result.loc["MAE", "high"]


@TASKS
def test_sums_over_conversations_give_the_metrics(task, rng):
    labels, predictions = labels_of(task, rng), rng.standard_normal((30, task.outputs)).astype(np.float32)
    result = conversation_sums(task, predictions, labels, STARTS)
    expected = metrics(task, predictions, labels)
    whole = metrics_of(task, result.sum(0))
    assert set(whole) == set(expected) == set(metric_names(task))
    for name, value in expected.items():
        assert whole[name] == pytest.approx(value, rel=1e-5)
    drawn = [2, 2, 4, 0, 4]  # conversations, some of them twice
    rows = np.concatenate([np.arange(STARTS[v], STARTS[v + 1]) for v in drawn])
    again = metrics_of(task, result[drawn].sum(0))
    for name, value in metrics(task, predictions[rows], labels[rows]).items():
        assert again[name] == pytest.approx(value, rel=1e-5)


@TASKS
def test_what_is_not_defined_is_nan(task):
    nothing = metrics_of(
        task,
        conversation_sums(
            task, np.zeros((2, task.outputs), np.float32), np.full(2, np.nan, np.float32), np.array([0, 2])
        ).sum(0),
    )
    assert all(np.isnan(value) for value in nothing.values())
    flat = conversation_sums(
        SCORE, np.full((5, 1), 0.3, np.float32), np.arange(5, dtype=np.float32), np.array([0, 5])
    ).sum(0)
    assert np.isnan(metrics_of(SCORE, flat)["CORR"])


def test_the_bootstrap_is_the_same_for_the_same_seed_and_centred(rng):
    result = rng.random((3, 40, 2))
    first, again, other = resampled(result), resampled(result), resampled(result, seed=1)
    assert first.shape == (RESAMPLES, 3, 2)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    np.testing.assert_allclose(first.mean(0), result.sum(1), rtol=0.02)
    spread = np.sqrt(40) * result.std(1)  # of a sum of 40 that are drawn anew
    np.testing.assert_allclose(first.std(0), spread, rtol=0.1)


def test_the_bootstrap_is_the_same_however_much_is_held(rng, monkeypatch):
    result = rng.random((2, 7, 3))
    whole = resampled(result)
    monkeypatch.setattr("comp_viz.analysis.stats.bootstrap.HELD", 7 * 333)
    np.testing.assert_allclose(resampled(result), whole)


def test_the_interval_holds_the_true_difference_about_as_often_as_it_says(rng):
    covered, V = 0, 40
    for _ in range(150):
        level = rng.normal(0, 1, V)  # conversations differ, and both predictors with them
        result = np.stack([[level + rng.normal(0.5, 1, V)], [level + rng.normal(0, 1, V)]], -1)[0]
        draws = resampled(result[None])[:, 0] / V
        low, high = percentile_interval(draws[:, 0] - draws[:, 1], V)
        covered += low < 0.5 < high
    assert 0.88 < covered / 150 <= 0.99
    assert np.isnan(percentile_interval(np.ones(5), 1)).all()
    assert np.isnan(percentile_interval(np.full(5, np.nan), 9)).all()


@TASKS
def test_rows_are_means_over_drawings_and_differences_their_differences(task, rng):
    labels, answers = labels_of(task, rng), answers_of(task, rng, ("a", "b", "c"))
    table = paired_metrics(task, answers, labels, STARTS)
    assert len(table) == 3 * len(metric_names(task))
    for row in table.to_dict("records"):
        expected = np.mean([metrics(task, one, labels)[row["metric"]] for one in answers[row["predictor"]]])
        assert row["value"] == pytest.approx(expected, rel=1e-5)
        assert row["low"] <= row["value"] <= row["high"]
        first = table[(table["predictor"] == "a") & (table["metric"] == row["metric"])]["value"].item()
        if row["predictor"] == "a":
            assert np.isnan(row["difference"])
        else:
            assert row["difference"] == pytest.approx(first - row["value"])
            assert row["difference_low"] <= row["difference"] <= row["difference_high"]


def test_the_same_predictor_twice_has_no_difference_at_all(rng):
    labels, one = labels_of(CLASSES, rng), answers_of(CLASSES, rng)["first"]
    row = paired_metrics(CLASSES, {"a": one, "b": one}, labels, STARTS).iloc[1]
    assert (row["difference"], row["difference_low"], row["difference_high"]) == (0, 0, 0)
    table = paired_metrics(CLASSES, {"a": one, "b": one}, labels, STARTS)
    assert comparison_heading(table) == "a and b do not differ clearly in ACC: 0.0 points (0.0 to 0.0)"


def test_what_rounds_to_nothing_has_no_minus(rng):
    labels, one = labels_of(CLASSES, rng), answers_of(CLASSES, rng)["first"]
    table = paired_metrics(CLASSES, {"a": one, "b": one}, labels, STARTS).replace({"difference_low": {0: -0.0004}})
    assert "; 95\u202f% interval of the difference (0.0 to 0.0)." in comparison_facts(table)


def test_one_conversation_gives_no_interval(rng):
    table = paired_metrics(SCORE, answers_of(SCORE, rng), labels_of(SCORE, rng), np.array([0, 30]))
    assert table[["low", "high", "difference_low", "difference_high"]].isna().all().all()
    assert table["value"].notna().all()
    assert "95\u202f%" not in comparison_facts(table)
    assert "One conversation gives no interval" in comparison_facts(table)
    assert "(" not in comparison_heading(table)


def test_the_heading_is_the_primary_test_of_the_first_two_whatever_came_out():
    rows = {
        "predictor": ["A", "B", "C"],
        "metric": ["ACC"] * 3,
        "value": [0.85, 0.80, 0.83],
        "difference": [np.nan, 0.05, 0.02],
    }
    ends = {"difference_low": [np.nan, 0.03, 0.005], "difference_high": [np.nan, 0.07, 0.035]}
    table = pd.DataFrame(rows | ends)
    assert comparison_heading(table) == "A is 5.0 points ahead of B in ACC (+3.0 to +7.0)"
    assert comparison_heading(table.iloc[[0, 2, 1]]) == "A is 2.0 points ahead of C in ACC (+0.5 to +3.5)"
    assert comparison_heading(table, complete=False) == "So far, A is 5.0 points ahead of B in ACC"
    facts = comparison_facts(table).replace("\u202f", " ")
    assert facts.startswith("Primary test (first against second of the list")
    assert facts.endswith(
        ": A 85.0 % against B 80.0 %; 95 % interval of the difference (+3.0 to +7.0). All else is secondary."
    )
    worse = table.assign(
        difference=-table["difference"],
        difference_low=-table["difference_high"],
        difference_high=-table["difference_low"],
    )
    assert comparison_heading(worse) == "A is 5.0 points behind B in ACC (−7.0 to −3.0)"
    named = table.replace({"predictor": {"A": "a" * 50, "B": "b" * 50}})
    assert comparison_heading(named) == "The first is 5.0 points ahead of the second in ACC"


def measured_twice(low, mae_low):
    """A and B in two measures, the intervals of their differences from `low` and `mae_low` on."""
    rows = {"predictor": ["A", "A", "B", "B"], "metric": ["ACC", "MAE"] * 2, "value": [0.85, 0.5, 0.84, 0.6]}
    ends = {"difference": [np.nan, np.nan, 0.01, 0.1], "difference_low": [np.nan, np.nan, low, mae_low]}
    return pd.DataFrame(rows | ends | {"difference_high": [np.nan, np.nan, 0.03, 0.2]})


def test_secondary_tests_say_why_they_differ_from_the_primary_one():
    overall = measured_twice(low=-0.01, mae_low=0.05)
    table = pd.DataFrame(
        {"other": ["B"], "seed": [0], "only first right": [64], "only other right": [40], "p": [0.021], "p by Holm": [0.021]}
    )  # fmt: skip
    note = agreement_note(table, overall)
    assert note.startswith(
        "McNemar's test (p = 0.021) and the primary test do not say the same of B. McNemar takes utterances as independent"
    )
    assert agreement_note(table.assign(p=0.4), overall) == ""
    assert agreement_note(table, measured_twice(low=0.001, mae_low=0.05)) == ""
    assert measures_note(overall).startswith("MAE and the primary test (ACC) do not say the same of B.")
    assert measures_note(measured_twice(low=0.001, mae_low=0.05)) == ""
    assert measures_title(overall) == "Secondary: of 2 measures, the interval of the difference excludes zero for MAE"
    assert measures_title(measured_twice(low=-0.01, mae_low=-0.05)).startswith("Secondary: for none of 2 measures")


def test_golden_mcnemar():
    """Nine against two: twice (1 + 11 + 55) of 2048 ways to fall; and the extremes."""
    first = np.array([True] * 9 + [False] * 2 + [True] * 5 + [False] * 4)
    second = np.array([False] * 9 + [True] * 2 + [True] * 5 + [False] * 4)
    counted = np.ones(20, bool)
    result = mcnemar(first, second, counted)
    assert (result.both, result.first, result.second, result.neither, result.judged) == (5, 9, 2, 4, 20)
    assert result.p == pytest.approx(134 / 2048)
    assert mcnemar(first, first, counted).p == 1
    assert mcnemar(first[:9], second[:9], counted[:9]).p == pytest.approx(2 / 2**9)
    counted[:9] = False
    assert mcnemar(first, second, counted).first == 0


@given(st.integers(0, 60), st.integers(0, 60))
@settings(deadline=None, max_examples=40)
def test_mcnemar_is_the_binomial_test_of_those_only_one_gets_right(b, c):
    first = np.array([True] * b + [False] * c, dtype=bool)
    p = mcnemar(first, ~first, np.ones(b + c, bool)).p
    assert p == pytest.approx(binomtest(b, b + c).pvalue if b + c else 1)
    assert p == pytest.approx(mcnemar(~first, first, np.ones(b + c, bool)).p)


def test_holm_raises_p_values_and_keeps_their_order():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1, 1]
    assert holm([0.2]) == [0.2]


@TASKS
def test_groups_are_the_same_numbers_of_their_utterances(task, rng):
    labels, answers = labels_of(task, rng), answers_of(task, rng)
    groups = np.array(["left", "right", "none"])[np.arange(30) % 3]
    table = accuracy_by_group(task, answers, labels, STARTS, groups, ("right", "left", "absent"))
    assert [*dict.fromkeys(table["group"])] == ["right", "left"]
    for row in table.to_dict("records"):
        rows = groups == row["group"]
        expected = np.mean([metrics(task, one[rows], labels[rows])["ACC"] for one in answers[row["predictor"]]])
        assert row["value"] == pytest.approx(expected)
        assert row["utterances"] == (true_decisions(task, labels)[rows] >= 0).sum()
    truths = accuracy_by_truth(task, answers, labels, STARTS)
    weights = truths.groupby("predictor", sort=False)[["value", "utterances"]].apply(
        lambda part: np.average(part["value"], weights=part["utterances"])
    )
    whole = paired_metrics(task, answers, labels, STARTS)
    np.testing.assert_allclose(weights, whole[whole["metric"] == "ACC"]["value"])


@TASKS
def test_the_confusion_matrix_holds_every_utterance_that_counts(task, rng):
    labels, predictions = labels_of(task, rng), answers_of(task, rng)["first"]
    table, truth = confusion(task, predictions, labels), true_decisions(task, labels)
    assert table["count"].sum() == pytest.approx((truth >= 0).sum())
    accuracy = table[table["truth"] == table["decision"]]["count"].sum() / (truth >= 0).sum()
    assert accuracy == pytest.approx(np.mean([metrics(task, one, labels)["ACC"] for one in predictions]))
    np.testing.assert_allclose(table.groupby("truth")["share"].sum(), 1)


def test_a_truth_that_never_occurs_has_no_shares():
    table = confusion(CLASSES, np.zeros((1, 2, 3), np.float32), np.array([0, 1], np.float32))
    assert table[table["truth"] == "cross"]["share"].isna().all()


def test_scores_that_mean_what_they_say_are_calibrated(rng):
    truth = rng.uniform(-3, 3, 4000).astype(np.float32)
    unsure = np.stack([truth + rng.normal(0, 0.01, 4000)])[..., None].astype(np.float32)
    result = calibration(SCORE, unsure, truth)
    assert result.error < 0.01
    assert len(result.rows) == 10
    assert result.rows["utterances"].sum() == 4000
    raised = calibration(SCORE, unsure + 0.5, truth)
    assert raised.error == pytest.approx(0.5, abs=0.01)
    shifted = calibration(Task("s", low=1, high=7, neutral=4), unsure, truth + 4)
    assert shifted.error == pytest.approx(result.error, abs=1e-4)
    assert shifted.rows["predicted"].min() > 1
    halved = calibration(SCORE, np.concatenate([unsure, unsure]), truth)
    assert halved.rows["utterances"].sum() == 4000


def test_probabilities_are_judged_as_elsewhere(rng):
    from comp_viz.evaluation.calibration import reliability

    labels, predictions = labels_of(CLASSES, rng), answers_of(CLASSES, rng, D=1)["first"]
    result, expected = calibration(CLASSES, predictions, labels), reliability(predictions[0], labels)
    assert result.error == pytest.approx(expected.error)
    assert result.rows["utterances"].tolist() == [n for n in expected.count if n]


def test_difficulty_parts_utterances_in_thirds_of_what_a_linear_reading_finds_hard(small_lab):
    levels = difficulty(small_lab, "test")
    known = Utterances.of(small_lab.split("test"))
    counted = true_decisions(small_lab.task, known.labels) >= 0
    assert (levels[~counted] == "").all()
    counts = [(levels == level).sum() for level in LEVELS]
    assert sum(counts) == counted.sum()
    assert max(counts) - min(counts) <= 1
    np.testing.assert_array_equal(levels, difficulty(small_lab, "test"))


def test_difficulty_says_what_it_needs(small_lab):
    from dataclasses import replace

    from runs import sub

    with pytest.raises(CompVizError, match="no train split"):
        difficulty(sub(small_lab, ("test", 2, "test")), "test")
    same = tuple(replace(c, labels=np.ones(len(c), np.float32)) for c in small_lab.conversations)
    with pytest.raises(CompVizError, match="two kinds"):
        difficulty(replace(small_lab, conversations=same, digest=""), "test")


@TASKS
def test_the_furthest_apart_come_first(task, rng):
    labels, answers = labels_of(task, rng), answers_of(task, rng, ("a", "b", "c"))
    ids = tuple(f"c{v}" for v in range(5))
    known = Utterances(
        ("audio",), ids, ("test",) * 5, STARTS, np.ones((30, 1), bool), labels, np.full(30, "", object), labels
    )
    rows = largest_differences(task, answers, known)
    assert len(rows) == min(MOST_DIFFERENCES, 30)
    assert (np.diff(rows["difference"]) <= 0).all()
    for row in rows.to_dict("records"):
        n = STARTS[ids.index(row["conversation"])] + row["utterance"]
        in_units = {name: in_reading_units(task, one[0])[[n]] for name, one in answers.items()}
        far = {name: prediction_distance(task, in_units["a"], in_units[name])[0] for name in ("b", "c")}
        assert row["difference"] == pytest.approx(max(far.values()))
        assert far[row["other"]] == max(far.values())
        truth = true_decisions(task, labels)[n]
        expected = bool(decide_output(task, answers["a"][0][[n]])[0] == truth) if truth >= 0 else None
        assert row["right"] is expected
    if task.classes:
        assert rows["difference"].max() <= 1


def test_a_comparison_names_the_drawing_of_every_test(rng):
    labels, answers = labels_of(SCORE, rng), answers_of(SCORE, rng, ("a", "b", "c"))
    known = Utterances(
        ("audio",),
        tuple("vwxyz"),
        ("test",) * 5,
        STARTS,
        np.ones((30, 1), bool),
        labels,
        np.full(30, "", object),
        labels,
    )
    result = compare_predictors(SCORE, answers, known, None)
    assert result.by_difficulty.empty
    table = table_of_tests(result.tests, [4, 5])
    assert table["seed"].tolist() == [4, 4, 5, 5]
    each = exact_tests(SCORE, answers, labels)["b"][1]
    row = table[(table["seed"] == 5) & (table["other"] == "b")].iloc[0]
    assert (row["p"], row["only first right"]) == (each.p, each.first)
    assert (table["p by Holm"] >= table["p"]).all()


def test_the_chosen_pattern_comes_first_and_no_pass_twice():
    three = ("audio", "text", "video")
    rows = pattern_names(three, "uniform(0.3)")
    assert next(iter(rows.values())) == "30\u202f% missing (chosen)"
    assert next(iter(pattern_names(three, "found").values())) == "as recorded (chosen)"
    assert next(iter(pattern_names(three, "outage(audio, 2, 3)").values())) == "pattern (chosen)"
    for chosen in ("uniform(0.3)", "found"):
        names = [*pattern_names(three, chosen).values()]
        assert len({name.removesuffix(" (chosen)") for name in names}) == len(names)
    passes = drawings_in_order(three, "uniform(0.3)", 7)
    assert passes[:DRAWINGS] == [Drawing("uniform(0.3)", 7 + i) for i in range(DRAWINGS)]
    assert len(set(passes)) == len(passes)
    assert {one.pattern for one in passes} == set(rows)
    assert len([one for one in passes if one.pattern == "uniform(0.5)"]) == FURTHER_DRAWINGS
    assert drawings_of("only(text)", 7) == [Drawing("only(text)")]


def test_an_answer_over_the_split_is_that_of_the_conversation_alone(small_checkpoint, small_lab):
    """What the page lists as different is what the Live page shows under the same cells."""
    checkpoint = load_checkpoint(small_checkpoint)
    stream = Stream(small_lab.split("test"), checkpoint.standardise, checkpoint.model.fusion.weight.device)
    one = Drawing("uniform(0.5)", 3)
    answered = predict_drawing(checkpoint, small_lab.task, stream, one)
    shown = observed_under(stream.utterances, small_lab.task, one)
    first, last = stream.utterances.starts[1:3]
    alone = predict_conversation(checkpoint, small_lab.split("test")[1], shown[first:last])
    here = in_reading_units(small_lab.task, answered.predictions["fused"][first:last])
    np.testing.assert_allclose(here, alone.fused, atol=1e-5)
    assert 0.4 < answered.missing_rate < 0.6


def test_a_table_without_a_clear_difference_says_so_first():
    rows = {"group": ["30 % missing", "30 % missing", "only text", "only text"], "predictor": ["A", "B"] * 2}
    moved = {"difference": [np.nan, 0.004, np.nan, -0.007], "difference_low": [np.nan, -0.01, np.nan, -0.02]}
    table = pd.DataFrame(rows | moved | {"difference_high": [np.nan, 0.02, np.nan, 0.001]})
    assert by_pattern_title(table) == (
        "None of 2 differences excludes zero (0.1 by chance); the largest is with only text"
    )
    assert by_group_title(table) == ("None of 2 differences excludes zero; the largest is in only text utterances")
    assert by_pattern_title(table[2:]) == "A is 0.7 points behind B with only text (−2.0 to +0.1)"
    table["difference_high"] = [np.nan, 0.02, np.nan, -0.001]
    assert by_pattern_title(table) == (
        "1 of 2 differences excludes zero (0.1 by chance); the largest is with only text"
    )
    named = table.replace({"A": "a" * 40, "B": "b" * 40})
    assert by_pattern_title(named) == "1 of 2 differences excludes zero (0.1 by chance); the largest is with only text"


def test_the_title_of_the_exact_test_names_the_smallest_p_of_the_first_drawing():
    table = pd.DataFrame(
        {"other": ["B", "C", "B", "C"], "seed": [0, 0, 1, 1], "both right": 5, "only first right": [12, 9, 1, 1],
         "only other right": [5, 1, 20, 20], "neither": 3, "p": [0.143, 0.02, 1e-4, 1e-4], "p by Holm": [0.143, 0.04, 2e-4, 2e-4]}
    )  # fmt: skip
    assert agreement_title(table, "A") == (
        "Secondary: only A is right in 9 utterances, only C in 1; McNemar p = 0.040 by Holm"
    )
    assert agreement_title(table[table["other"] == "B"], "A").endswith("only B in 5; McNemar p = 0.143")
