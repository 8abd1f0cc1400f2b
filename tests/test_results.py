"""Tables of results: the numbers in them, their intervals, their layout, and what stands beside them."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comp_viz.__main__ import main
from comp_viz.analysis.results import matched, named_by_flags, read_published_results, read_results, summarise
from comp_viz.analysis.stats.intervals import half_width_of_mean
from comp_viz.commands.results_text import LINE_WIDTH, metric_number, ordered, text_table
from comp_viz.errors import CompVizError
from comp_viz.methods.recipe import Recipe
from comp_viz.sweep.table import METRICS, RESULT_SCHEMA
from comp_viz.training.contenders import ABLATION

PUBLISHED = Path(__file__).parents[1] / "results" / "published.csv"
PATTERNS = ["uniform(0)", "uniform(0.3)", "uniform(0.5)"]


def row(method="comp", seed=1, pattern="uniform(0.3)", predictor="fused", fold=None, **values):
    """One row of a sweep's table."""
    base = dict.fromkeys(RESULT_SCHEMA.names) | {
        "data": "lab", "method": method, "trained_under": "uniform(0.3)", "seed": seed, "select": "validation",
        "split": "test", "pattern": pattern, "predictor": predictor, "fold": fold,
        "ACC": 0.8, "F1": 0.7, "MAE": 0.5, "CORR": 0.25, "recipe": json.dumps(asdict(Recipe())),
    }  # fmt: skip
    return base | values


def frame(rows):
    """As `read_results` gives it."""
    return pd.DataFrame(rows, columns=RESULT_SCHEMA.names).astype(dict.fromkeys(METRICS, float))


@pytest.fixture
def printed(tmp_path, capsys):
    """What the command prints of some rows."""

    def run(rows, *options):
        frame(rows).to_parquet(tmp_path / "made.parquet")
        assert main(["results", str(tmp_path / "made.parquet"), *options]) == 0
        return capsys.readouterr().out

    return run


# Numbers


def test_means_and_intervals_are_those_of_student():
    accuracy = [0.81, 0.84, 0.80, 0.86, 0.83]
    result = summarise(frame([row(seed=seed, ACC=value) for seed, value in enumerate(accuracy)])).set_index("metric")
    low, high = stats.t.interval(0.95, 4, loc=np.mean(accuracy), scale=stats.sem(accuracy))
    assert result.loc["ACC", "mean"] == pytest.approx(np.mean(accuracy))
    assert result.loc["ACC", "half"] == pytest.approx((high - low) / 2)
    assert result.loc["ACC", "seeds"] == 5
    assert result.loc["MAE", "half"] == pytest.approx(0, abs=1e-12)
    assert "UA" not in result.index  # not defined for scores


def test_one_seed_has_no_interval():
    assert np.isnan(half_width_of_mean(pd.Series([0.5])))
    assert metric_number("ACC", 0.8512, half_width_of_mean(pd.Series([0.5]))) == "85.1"


def test_folds_are_averaged_before_seeds_are_compared():
    rows = [row(seed=seed, fold=fold, ACC=0.5 + 0.1 * fold + 0.01 * seed) for seed in (1, 2) for fold in (1, 2, 3)]
    result = summarise(frame(rows)).set_index("metric").loc["ACC"]
    assert result["seeds"] == 2
    assert result["mean"] == pytest.approx(0.715)
    assert result["half"] == pytest.approx(half_width_of_mean(pd.Series([0.71, 0.72])))


def test_failed_runs_and_undefined_metrics_count_for_nothing():
    rows = [row(seed=1, ACC=0.8), row(seed=2, ACC=0.6, CORR=None), row(seed=3, ACC=None, failure="no room")]
    result = summarise(frame(rows)).set_index("metric")
    assert result.loc["ACC", ["mean", "seeds"]].tolist() == [0.7, 2]
    assert result.loc["CORR", "seeds"] == 1


def test_several_training_patterns_are_also_read_along_the_diagonal():
    rows = [
        row(trained_under=trained, pattern=pattern, ACC=0.9 if trained == pattern else 0.1)
        for trained in PATTERNS
        for pattern in PATTERNS
    ]
    result = matched(summarise(frame(rows)))
    assert set(result[result["metric"] == "ACC"]["mean"]) == {0.9}
    assert set(result["pattern"]) == set(PATTERNS)
    assert matched(summarise(frame([row(pattern=pattern) for pattern in PATTERNS]))).empty


# Published figures


def test_the_published_figures_are_those_of_the_paper():
    scores, classes = read_published_results(PUBLISHED, classes=False), read_published_results(PUBLISHED, classes=True)
    assert set(scores["dataset"]) == {"CMUMOSI", "CMUMOSEI"}
    assert set(classes["dataset"]) == {"IEMOCAPFour", "IEMOCAPSix"}
    one = scores[(scores["table"] == 2) & (scores["dataset"] == "CMUMOSI") & (scores["method"] == "ComP")]
    one = one[(one["metric"] == "ACC") & (one["pattern"] == "uniform(0.1)")]
    assert one["mean"].tolist() == [0.872]


@pytest.mark.parametrize("classes", [False, True])
def test_the_ablation_has_our_names_for_its_rows(classes):
    result = named_by_flags(read_published_results(PUBLISHED, classes), ABLATION)
    assert set(result["method"]) == set(ABLATION)
    kept = result[result["method"] == "KP+PG"].iloc[0]
    assert (kept["knowledge_propagation"], kept["prompt_generation"], kept["coordinator"]) == (1, 1, 0)


# On paper


def test_methods_stand_above_their_heads_and_what_was_published_below(printed):
    rows = [
        row(seed=seed, pattern=pattern, predictor=predictor, ACC=0.8 + 0.01 * seed)
        for seed in (1, 2)
        for pattern in PATTERNS
        for predictor in ("fused", "audio", "text")
    ]
    text = printed([*rows, row("alone", predictor="audio"), row("linear")])
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("ACC"))
    assert lines[start].split() == ["ACC", "in", "%", "0", "%", "30", "%", "50", "%"]
    assert [line.split()[0] for line in lines[start + 1 : start + 7]] == [
        "comp", "audio", "text", "alone", "audio", "linear",
    ]  # fmt: skip
    assert (
        lines[start + 1].split()[1:] == [metric_number("ACC", 0.815, half_width_of_mean(pd.Series([0.81, 0.82])))] * 3
    )
    assert lines[start + 7].startswith("-- AS PUBLISHED, ON OTHER DATA")
    assert any(line.split()[:2] == ["ComP", "83.7"] for line in lines)
    assert "comp 2, alone 1, linear 1" in text
    assert "SELECTED ON THE TEST" not in text


def test_numbers_chosen_on_the_test_split_are_marked(printed):
    text = printed([row(), row(select="test", ACC=0.99)])
    assert text.count("EPOCHS SELECTED ON THE TEST SPLIT") == 1
    assert text.index("80.0") < text.index("EPOCHS SELECTED") < text.index("99.0")


def test_the_ablation_is_laid_out_as_table_3(printed):
    lines = printed([row(method, ACC=0.5 + 0.01 * i) for i, method in enumerate(ABLATION)]).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("KP  PG  Cr  GM  ACC"))
    marks = [tuple(mark == "✓" for mark in line.split()[:4]) for line in lines[start + 1 : start + 9]]
    assert marks == list(ABLATION.values())
    assert [line.split()[4] for line in lines[start + 1 : start + 9]] == [f"{50 + i}.0" for i in range(8)]
    assert lines[start + 9].endswith("CMUMOSI")
    assert lines[start + 10].split() == ["–", "–", "–", "–", "79.0"]
    assert not any(line.startswith(("comp", "KP+PG")) for line in lines)


def test_classes_stand_beside_classes(printed):
    text = printed([row(UA=0.6, MAE=None, CORR=None)])
    assert "UA in %" in text
    assert "IEMOCAPSix" in text
    assert "CMUMOSI" not in text
    assert "CORR" not in text


def test_no_line_is_wider_than_a_terminal(printed):
    patterns = [
        *(f"uniform({rate / 10:g})" for rate in range(8)),
        "outage(audio, 8, 12) + " * 7 + "found",
        "only(text)",
    ]
    rows = [
        row("a method of a long name", seed, pattern, predictor, CORR=-0.1 * seed)
        for seed in (1, 2)
        for pattern in patterns
        for predictor in ("fused", "video")
    ]
    text = printed([*rows, *(row(name, pattern=pattern) for name in ("KP", "linear") for pattern in patterns)])
    assert max(map(len, text.splitlines()[3:])) <= LINE_WIDTH
    assert text.count("70 %") >= 4


def test_failures_are_told_with_their_reason(printed):
    text = printed([row(), row("linear", seed=7, failure="two kinds\x1b[2J", ACC=None)])
    assert "FAILED: linear on lab under uniform(0.3), seed 7: two kinds\\x1b[2J" in text


def test_everything_failed_is_told_too(printed):
    assert "FAILED" in printed([row(failure="no room", ACC=None)])


def test_csv_has_the_same_numbers(printed):
    text = printed([row(seed=1, ACC=0.8), row(seed=2, ACC=0.9)], "--csv").splitlines()
    assert text[0].split(",")[:4] == ["data", "split", "select", "trained_under"]
    accuracy = dict(zip(text[0].split(","), text[1].split(","), strict=True))
    assert float(accuracy["mean"]) == pytest.approx(0.85)
    assert (accuracy["metric"], accuracy["seeds"], accuracy["file"]) == ("ACC", "2", "made.parquet")


def test_patterns_are_in_order_of_their_rate():
    assert ordered(["only(text)", "uniform(0.5)", "uniform(0)", "uniform(0.5)", "found"]) == [
        "uniform(0)", "uniform(0.5)", "only(text)", "found",
    ]  # fmt: skip


def test_columns_without_numbers_are_left_blank():
    text = text_table("head", ["a", "b"], [("", [("one", {"b": "1.0"}), ("two", {"a": "2.0"})])])
    assert text[0].split() == ["head", "a", "b"]
    assert text[1].index("1.0") > text[2].index("2.0")


def test_files_of_other_kinds_are_refused(tmp_path, capsys):
    (tmp_path / "words.parquet").write_text("words")
    with pytest.raises(CompVizError, match=r"words\.parquet cannot be read"):
        read_results(tmp_path / "words.parquet")
    frame([row()]).drop(columns="seed").to_parquet(tmp_path / "other.parquet")
    with pytest.raises(CompVizError, match="lacks the column 'seed'"):
        read_results(tmp_path / "other.parquet")
    assert main(["results", str(tmp_path / "none.parquet")]) == 2
    assert "none.parquet" in capsys.readouterr().err


def test_a_reader_that_has_enough_is_no_error(tmp_path):
    frame([row(seed=seed) for seed in range(3000)]).assign(failure="no room").to_parquet(tmp_path / "long.parquet")
    command = [sys.executable, "-m", "comp_viz", "results", str(tmp_path / "long.parquet")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as printing:
        printing.stdout.readline()
        printing.stdout.close()
        errors = printing.stderr.read()
    assert (printing.returncode, errors) == (0, b"")
