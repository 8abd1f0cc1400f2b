"""Gaps, under-optimisation, curves, the modulator's effect and discrepancy ratios, against naive computations."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from page_cases import write_case
from scipy.stats import ttest_1samp

from comp_viz.analysis.imbalance.discrepancy import ConversationSums, discrepancy
from comp_viz.analysis.imbalance.gap import (
    curves_of_runs,
    curves_of_table,
    gaps,
    joint_minus_alone,
    read_accuracy,
    read_ratios,
)
from comp_viz.analysis.modulation.ablation import modulator_effect, published_modulator_effect
from comp_viz.analysis.modulation.telemetry import joint_training_epoch
from comp_viz.analysis.prediction import predict_conversation, true_decisions
from comp_viz.analysis.shipped_results import find_table, paired_difference
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.figures.imbalance.curves import accuracy_curves_chart, accuracy_span, table_caption
from comp_viz.figures.imbalance.discrepancy import measure_spans, ratio_chart, ratio_title, utilisation_chart
from comp_viz.figures.imbalance.gap import gap_chart, joint_chart, joint_title
from comp_viz.figures.imbalance.heading import imbalance_facts, imbalance_title
from comp_viz.figures.modulation.ablation import modulator_effect_chart, modulator_effect_title
from comp_viz.figures.style import LIGHT
from comp_viz.sweep.table import RESULT_SCHEMA
from comp_viz.training.telemetry import read_telemetry
from comp_viz.ui.imbalance.charts import curves_caption

MODALITIES = ("audio", "text", "video")
ROOT = Path(__file__).parents[1]
HEADS = (*MODALITIES, "fused")
METHODS = ("comp", "no-prompting", "alone")


def results(
    methods=METHODS,
    seeds=(1, 2, 3),
    digest="d",
    select="validation",
    patterns=("uniform(0)", "uniform(0.5)"),
    level=0.7,
):
    """A table of results with random accuracies around a level."""
    rng, rows = np.random.default_rng(len(methods)), []
    for method in methods:
        for seed in seeds:
            for rate, pattern in zip((0.0, 0.5), patterns, strict=False):
                for head in HEADS[: 3 if method == "alone" else 4]:
                    rows.append(
                        dict.fromkeys(RESULT_SCHEMA.names)
                        | {"data": "some.npz", "data_digest": digest, "method": method, "trained_under": "uniform(0.3)"}
                        | {"seed": seed, "select": select, "split": "test", "pattern": pattern, "missing_rate": rate}
                        | {"predictor": head, "ACC": level + 0.1 * rng.random(), "run": f"{method}{seed}"}
                    )
    return pd.DataFrame(rows)


@pytest.fixture
def table(tmp_path):
    """A folder with one table that fits, one on other data, and one of other methods; and the epochs of the first."""
    fitting = results()
    fitting.to_parquet(tmp_path / "fitting.parquet")
    results(seeds=(1, 2, 3, 4, 5), digest="other").to_parquet(tmp_path / "elsewhere.parquet")
    results(methods=("comp", "linear"), seeds=range(9)).to_parquet(tmp_path / "methods.parquet")
    epochs = [
        {"method": method, "seed": seed, "run": f"{method}{seed}", "epoch": epoch, "stage": 1 + (epoch > 1 and method != "alone")}
        | {"split": split, "quantity": quantity, "of": head, "value": np.float32(epoch / 10 + seed / 100)}
        for method in METHODS for seed in (1, 2) for epoch in range(4) for split in ("training", "selection")
        for quantity in ("ACC", "coordinator") for head in MODALITIES
    ]  # fmt: skip
    pd.DataFrame(epochs).to_parquet(tmp_path / "fitting_epochs.parquet")
    result = find_table(tmp_path, METHODS, "d")
    assert result is not None
    return result, fitting


def accuracy(rows, method, pattern, seed, head):
    at = (
        (rows["method"] == method) & (rows["pattern"] == pattern) & (rows["seed"] == seed) & (rows["predictor"] == head)
    )
    return rows[at]["ACC"].item()


def test_the_table_that_fits_is_found(table, tmp_path):
    result, _ = table
    assert result.name == "fitting.parquet"
    assert (result.seeds, result.digest, result.patterns) == (3, "d", ["uniform(0)", "uniform(0.5)"])
    assert find_table(tmp_path, METHODS).name == "elsewhere.parquet"  # on any data: most seeds
    assert find_table(tmp_path, ("comp", "nothing"), "d") is None
    assert find_table(tmp_path, METHODS, "unknown") is None


def test_of_as_many_seeds_the_table_with_more_patterns_is_found(tmp_path):
    rows = results()
    rows[rows["pattern"] == "uniform(0)"].to_parquet(tmp_path / "a.parquet")
    rows.to_parquet(tmp_path / "b.parquet")
    assert find_table(tmp_path, METHODS, "d").name == "b.parquet"


def test_a_failed_run_does_not_count(tmp_path):
    rows = results()
    rows.loc[rows["method"] == "alone", "failure"] = "out of memory"
    rows.to_parquet(tmp_path / "failed.parquet")
    assert find_table(tmp_path, METHODS, "d") is None


def test_selection_on_the_test_split_is_marked(tmp_path):
    results(select="test").to_parquet(tmp_path / "optimistic.parquet")
    assert find_table(tmp_path, METHODS).on_test


def test_gaps_are_best_minus_worst_seed_by_seed(table):
    result, rows = table
    for row in gaps(result, "uniform(0.5)").itertuples():
        naive = []
        for seed in (1, 2, 3):
            heads = [accuracy(rows, row.method, "uniform(0.5)", seed, u) for u in MODALITIES]
            naive.append(max(heads) - min(heads))
        assert row.mean == pytest.approx(np.mean(naive))
        interval = ttest_1samp(naive, 0).confidence_interval(0.95)
        assert row.half == pytest.approx((interval.high - interval.low) / 2)
        assert row.seeds == 3


def test_joint_minus_alone_is_paired_by_seed(table):
    result, rows = table
    joint = joint_minus_alone(result, "uniform(0)")
    assert len(joint) == 6
    for row in joint.itertuples():
        naive = [
            accuracy(rows, row.method, "uniform(0)", s, row.modality)
            - accuracy(rows, "alone", "uniform(0)", s, row.modality)
            for s in (1, 2, 3)
        ]
        assert row.mean == pytest.approx(np.mean(naive))
        assert row.mean == pytest.approx(row.joint - row.alone)
        interval = ttest_1samp(naive, 0).confidence_interval(0.95)
        assert row.half == pytest.approx((interval.high - interval.low) / 2)


def test_pairs_are_of_seeds_that_both_have():
    mean, half, seeds = paired_difference(pd.Series([0.5, 0.7], [1, 2]), pd.Series([0.4, 0.9], [2, 3]))
    assert (mean, seeds) == (pytest.approx(0.3), 1)
    assert np.isnan(half)


def test_only_what_is_clear_is_called_under_optimised(table):
    joint = joint_minus_alone(table[0], "uniform(0)").assign(mean=0.0, half=0.01)
    assert "No modality" in joint_title(joint)
    joint.loc[1, "mean"] = -0.02
    assert joint_title(joint) == "1 of 6 heads is under-optimised: text without prompting, by 2.0 ± 1.0 points"
    joint.loc[5, "mean"] = -0.03
    assert joint_title(joint) == "2 of 6 heads are under-optimised: most video with ComP, by 3.0 ± 1.0 points"
    assert joint_title(joint.assign(half=np.nan)) == "With one seed, under-optimisation cannot be told from chance"


def gaps_of(before, after, half=0.005):
    """The gaps without prompting and with ComP."""
    rows = [("no-prompting", before, half), ("comp", after, half)]
    return pd.DataFrame(rows, columns=["method", "mean", "half"])


def test_the_heading_is_the_news_of_the_gap_with_its_caveat_beside_it():
    nothing = pd.DataFrame(columns=["method", "of", "epoch", "stage", "value", "seeds"])
    title = imbalance_title(gaps_of(0.063, 0.003), nothing)
    assert title == "Performance gap between modalities falls from 6.3 to 0.3 points with ComP"
    assert " rises from 0.3 to 6.3 points" in imbalance_title(gaps_of(0.003, 0.063), nothing)
    assert " does not change clearly " in imbalance_title(gaps_of(0.063, 0.058), nothing)
    assert imbalance_title(gaps_of(0.063, 0.003, np.nan), nothing).endswith("in one seed")
    joint = pd.DataFrame({"method": ["comp"], "modality": ["text"], "mean": [0.01], "half": [0.02]})
    facts = imbalance_facts(gaps_of(0.063, 0.003), joint)
    assert facts.startswith("Under prompting a head also hears of the other modalities")
    assert "Gap: without prompting 6.3 ± 0.5 points, ComP 0.3 ± 0.5 points." in facts


def curves_with_fall(second):
    """Two heads over four epochs, joint training from epoch 2 on, where audio is at `second`."""
    rows = [
        ("comp", of, epoch, 1 + (epoch > 1), value, 2)
        for of, values in (("audio", (0.7, 0.8, second, 0.8)), ("text", (0.6, 0.7, 0.7, 0.7)))
        for epoch, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["method", "of", "epoch", "stage", "value", "seeds"])


def test_the_fall_where_joint_training_begins_and_two_numbers_of_seeds_are_explained():
    fallen = table_caption("t", "d", "uniform(0.3)", curves_with_fall(0.66), 5)
    assert "Epochs were recorded in 2 of the 5 seeds of the charts above." in fallen
    assert "Where stage 2 begins, accuracy falls by up to 14.0 points: propagation and prompts join" in fallen
    steady = table_caption("t", "d", "uniform(0.3)", curves_with_fall(0.79), 2)
    assert "stage 2" not in steady
    assert "Epochs were recorded" not in steady


def test_curves_of_a_table_are_means_over_seeds(table):
    curves = curves_of_table(table[0], "selection")
    assert len(curves) == 3 * 4 * 3
    row = curves[(curves["method"] == "comp") & (curves["of"] == "text") & (curves["epoch"] == 3)].iloc[0]
    assert row["value"] == pytest.approx(0.315)
    assert row["seeds"] == 2
    assert (row["low"], row["high"]) == pytest.approx((0.31, 0.32))
    assert joint_training_epoch(curves) == 2
    assert joint_training_epoch(curves[curves["method"] == "alone"]) is None


def test_curves_of_a_run_are_its_telemetry(whole):
    folder = whole[0] / "telemetry"
    curves = curves_of_runs({"comp": read_accuracy(folder)}, "selection")
    naive = {
        (row["of"], row["epoch"]): row["value"]
        for row in read_telemetry(folder, "epochs").to_pylist()
        if row["quantity"] == "ACC" and row["split"] == "selection"
    }
    assert {(row.of, row.epoch): row.value for row in curves.itertuples()} == pytest.approx(naive, nan_ok=True)
    figure = accuracy_curves_chart(curves, MODALITIES, accuracy_span([curves]), LIGHT)
    drawn = [trace for trace in figure.data if trace.hovertemplate]
    assert len(drawn) == 4
    np.testing.assert_allclose(drawn[3].y, [naive["fused", e] for e in (3, 4, 5)], atol=1e-5)
    last = [naive[u, 5] for u in MODALITIES]
    assert figure.layout.meta == f"Final gap between heads: {100 * (max(last) - min(last)):.1f} points with ComP"


def test_charts_of_numbers_show_the_numbers(table):
    apart, joint = gaps(table[0], "uniform(0)"), joint_minus_alone(table[0], "uniform(0)")
    dots = [(trace.x[0], trace.error_x.array[0]) for trace in gap_chart(apart, LIGHT).data]
    np.testing.assert_allclose(dots, 100 * apart[["mean", "half"]].to_numpy())
    dots = [(trace.x[0], trace.error_x.array[0]) for trace in joint_chart(joint, MODALITIES, LIGHT).data]
    np.testing.assert_allclose(dots, 100 * joint[["mean", "half"]].to_numpy())


@pytest.mark.parametrize("classes", [False, True])
def test_ratios_over_training_are_sums_of_recorded_answers(whole, classes):
    folder = whole[0] / "telemetry"
    result = read_ratios(folder, classes)
    rows = [row for row in read_telemetry(folder, "utterances").to_pylist() if row["correct"] is not None]
    for row in result.itertuples():
        sums = {
            u: sum(
                1 - r["error"] if classes else r["correct"]
                for r in rows
                if (r["epoch"], r["modality"]) == (row.epoch, u)
            )
            for u in MODALITIES
        }
        others = np.mean([sums[v] for v in MODALITIES if v != row.modality])
        assert row.ratio == pytest.approx(sums[row.modality] / others, rel=1e-3)


@pytest.mark.parametrize("case", ["usual", "six classes", "two modalities", "without prompting"])
def test_discrepancy_is_of_the_models_own_answers(case, tmp_path):
    data = write_case(case, tmp_path)
    checkpoint = load_checkpoint(tmp_path / "checkpoints" / "case", "cpu")
    result = discrepancy(checkpoint, data, Pattern.parse("uniform(0)"))
    right, sure = 0, dict.fromkeys(data.modalities, 0.0)
    left, count = dict.fromkeys(data.modalities, 0), 0
    for one in data.split("test"):
        truth = true_decisions(data.task, one.labels)
        here = predict_conversation(checkpoint, one, one.observed)
        right += int((here.decisions() == truth)[truth >= 0].sum())
        count += int((truth >= 0).sum())
        for i, u in enumerate(data.modalities):
            without = one.observed & (np.arange(len(data.modalities)) != i)
            left[u] += int((predict_conversation(checkpoint, one, without).decisions() == truth)[truth >= 0].sum())
            for s in np.flatnonzero(truth >= 0):
                y = here.heads[u][s]
                sign = 1 if truth[s] else -1
                sure[u] += y[truth[s]] if data.task.classes else 1 / (1 + np.exp(-2 * float(y[0]) * sign))
    assert (result.utterances, result.conversations) == (count, 2)
    assert result.accuracy == pytest.approx(right / count)
    for u in data.modalities:
        others = np.mean([sure[v] for v in data.modalities if v != u])
        low, value, high = result.ratio[u]
        assert low <= value <= high
        assert value == pytest.approx(sure[u] / others, rel=1e-4)
        assert result.utilisation[u][1] == pytest.approx(
            (right - left[u]) / right if right else np.nan, abs=1e-6, nan_ok=True
        )
    spans = measure_spans([result])
    assert ratio_chart(result, spans[0], LIGHT).data[0].x[0] == pytest.approx(result.ratio[data.modalities[0]][1])
    assert utilisation_chart(result, spans[1], LIGHT).data[1].x[0] == pytest.approx(
        100 * result.utilisation[data.modalities[1]][1], nan_ok=True
    )
    assert len(result.table()) == len(data.modalities)


def test_an_interval_is_wider_where_conversations_differ():
    starts, counted = np.arange(0, 41, 2), np.ones(40, bool)
    sums = ConversationSums(starts, counted)
    alike = sums.interval(sums(np.full(40, 0.5)), sums(np.ones(40)))
    assert alike == pytest.approx((0.5, 0.5, 0.5))
    low, value, high = sums.interval(sums(np.repeat(np.arange(20) % 2, 2).astype(float)), sums(np.ones(40)))
    assert value == 0.5
    assert low == pytest.approx(0.5 - 1.96 * 0.5 / np.sqrt(20), abs=0.05)
    assert high == pytest.approx(0.5 + 1.96 * 0.5 / np.sqrt(20), abs=0.05)


def test_one_conversation_gives_no_interval():
    sums = ConversationSums(np.array([0, 3, 5]), np.array([True, True, False, False, False]))
    low, value, high = sums.interval(sums(np.array([0.2, 0.4, 1, 1, 1])), sums(np.ones(5)))
    assert value == pytest.approx(0.3)
    assert np.isnan([low, high]).all()


def test_only_what_leaves_balance_out_is_called_ahead(tmp_path):
    data = write_case("usual", tmp_path)
    result = discrepancy(load_checkpoint(tmp_path / "checkpoints" / "case", "cpu"), data, Pattern.parse("uniform(0)"))
    result.ratio.update(audio=(1.01, 1.02, 1.03), text=(0.99, 1.0, 1.01), video=(0.9, 0.95, 0.99))
    assert ratio_title(result) == "Audio is ahead (ρ 1.020), video behind (0.950)"
    result.ratio.update(dict.fromkeys(MODALITIES, (0.9, 1.0, 1.1)))
    assert "No modality" in ratio_title(result)


def test_without_labels_there_is_nothing_to_measure(tmp_path):
    data = write_case("usual", tmp_path)
    for one in data.split("test"):
        one.labels[:] = np.nan
    with pytest.raises(CompVizError, match="nothing to measure"):
        discrepancy(load_checkpoint(tmp_path / "checkpoints" / "case", "cpu"), data, Pattern.parse("uniform(0)"))


def test_the_modulators_effect_is_paired_by_seed(tmp_path):
    rows = results(methods=("comp", "KP+PG+Cr"))
    rows.to_parquet(tmp_path / "ablation.parquet")
    result = modulator_effect(find_table(tmp_path, ("comp", "KP+PG+Cr")))
    assert result["pattern"].tolist() == ["uniform(0)", "uniform(0.5)"]
    naive = [
        accuracy(rows, "comp", "uniform(0.5)", s, "fused") - accuracy(rows, "KP+PG+Cr", "uniform(0.5)", s, "fused")
        for s in (1, 2, 3)
    ]
    assert result["mean"][1] == pytest.approx(np.mean(naive))
    assert result["with"][1] - result["without"][1] == pytest.approx(result["mean"][1])
    assert modulator_effect_title(result.assign(mean=0.001, half=0.002)) == (
        "The modulator has no measurable effect on accuracy: at most +0.10 ± 0.20 points"
    )
    assert modulator_effect_title(result.assign(mean=-0.003, half=0.002)) == (
        "The modulator changes accuracy at 2 of 2 missing rates, at most by −0.30 ± 0.20 points"
    )
    assert "cannot be told from chance" in modulator_effect_title(result.assign(half=np.nan))


@pytest.mark.parametrize(("classes", "name"), [(False, "CMU-MOSI"), (True, "IEMOCAP, 4 classes")])
def test_the_published_curve_names_its_data_set_as_it_is_called(classes, name, tmp_path):
    results(methods=("comp", "KP+PG+Cr")).to_parquet(tmp_path / "small.parquet")
    ours = modulator_effect(find_table(tmp_path, ("comp", "KP+PG+Cr")))
    published = published_modulator_effect(ROOT / "results" / "published.csv", classes)
    curve = modulator_effect_chart(ours, published, "small.parquet", LIGHT).data[1]
    assert curve.name == f"as published, {name}: other data, chosen on the test split"


@pytest.mark.parametrize("classes", [False, True])
def test_the_published_effect_is_that_of_table_3(classes):
    result = published_modulator_effect(ROOT / "results" / "published.csv", classes)
    csv = pd.read_csv(ROOT / "results" / "published.csv").query("table == 3 and metric == 'ACC'")
    assert len(result) == 7
    for row in result.itertuples():
        same = csv[(csv["missing_rate"] == row.rate) & (csv["dataset"] == row.dataset)]
        kept = same[["knowledge_propagation", "prompt_generation", "coordinator"]].eq(1).all(axis=1)
        both = same[kept].set_index("gradient_modulation")["value_percent"]
        assert 100 * row.mean == pytest.approx(both[1.0] - both[0.0])


def test_the_caption_of_the_curves_names_the_data_set_as_it_is_called():
    """It is made safe for Markdown where it is drawn, once."""
    table = SimpleNamespace(name="a_b", data="my_data.npz", trained_under="uniform(0.3)", seeds=5)
    assert "a_b: my_data.npz," in curves_caption(None, curves_with_fall(0.66), table)
