"""Sweeps: every run once, whatever befalls one of them, and a table from which each row can be repeated."""

import json
import os
import re
import signal
import sys
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from test_published_layout import FOUR, Made

from comp_viz.__main__ import main
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import evaluate
from comp_viz.methods.recipe import Recipe
from comp_viz.network.config import ComPConfig
from comp_viz.ray_start import worker_environment
from comp_viz.sweep import carry_out, engine
from comp_viz.sweep.carry_out import attempt, open_fold_once
from comp_viz.sweep.file import Sweep, read_sweep
from comp_viz.sweep.plan import plan_sweep
from comp_viz.sweep.table import RESULT_SCHEMA
from comp_viz.training import finish
from comp_viz.training.contenders import CONTENDERS
from comp_viz.training.resolve import ResolvedRecipe
from comp_viz.training.run import train
from comp_viz.versions import versions

LAB = "lab(conversations=8/3/3, lengths=4/9)"
SHIPPED = Path(__file__).parents[1] / "results"
SMALL = {
    "data": [LAB],
    "missing": [0.3],
    "methods": ["comp", "linear"],
    "seeds": [1, 2],
    "evaluation": {"patterns": [0, 0.5], "mask_seeds": 2},
    "recipe": {"first_epochs": 1, "second_epochs": 2, "bank": 4},
    "architecture": {"hidden": 8},
}


@pytest.fixture(autouse=True)
def few_measurements(monkeypatch):
    monkeypatch.setattr(finish, "MEASURED_SEEDS", 1)
    open_fold_once.cache_clear()


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """Run a sweep file with some changes; returns the exit status and the table."""
    monkeypatch.chdir(tmp_path)

    def run(*options, **changes):
        write(tmp_path / "sweep.yaml", **changes)
        status = main(["sweep", "sweep.yaml", *options])
        return status, pd.read_parquet(tmp_path / "sweep.parquet")

    return run


def write(path, **changes):
    """A sweep file; JSON is YAML."""
    path.write_text(json.dumps({**SMALL, **changes}))


@pytest.fixture
def trained(monkeypatch):
    """What was trained, in order."""
    done = []

    def noted(data, config, recipe, out, device):
        done.append((recipe.seed, recipe.missing))
        return train(data, config, recipe, out, device)

    monkeypatch.setattr(carry_out, "train", noted)
    return done


# The table


def test_the_grid_comes_out_whole(sweep):
    status, table = sweep(missing=[0.3, "rates(text=0.9)"], methods=["comp", "alone", "linear"])
    assert status == 0
    assert table.columns.tolist() == RESULT_SCHEMA.names
    assert table["failure"].isna().all()
    there = set(table[["method", "trained_under", "seed", "pattern", "predictor"]].itertuples(index=False, name=None))
    heads = ("audio", "text", "video")
    predictors = {"comp": ("fused", *heads), "linear": ("fused", *heads), "alone": heads}
    assert there == {
        (method, missing, seed, pattern, predictor)
        for method, predictor in [(method, one) for method, several in predictors.items() for one in several]
        for missing in ("uniform(0.3)", "rates(text=0.9)")
        for seed in (1, 2)
        for pattern in ("uniform(0)", "uniform(0.5)")
    }
    assert len(table) == len(there)
    assert table["missing_rate"][table["pattern"] == "uniform(0.5)"].between(0.4, 0.6).all()
    assert table["epoch"].isna().equals(table["method"] != "comp")
    assert set(table["select"]) == {"validation"}


def test_every_row_can_be_repeated_from_what_it_says(sweep, tmp_path):
    row = (
        sweep(methods=["comp"])[1]
        .query("method == 'comp' and seed == 2 and pattern == 'uniform(0.5)'")
        .set_index("predictor")
        .loc["fused"]
    )
    data = open_data(row["data"])
    assert data.digest == row["data_digest"]
    config = ComPConfig(
        **{name: tuple(v) if isinstance(v, list) else v for name, v in json.loads(row["config"]).items()}
    )
    recipe = Recipe(**{name: tuple(v) if isinstance(v, list) else v for name, v in json.loads(row["recipe"]).items()})
    assert (recipe.missing, recipe.seed) == (row["trained_under"], row["seed"])
    train(data, config, recipe, tmp_path / "again", torch.device("cpu"))
    again = load_checkpoint(tmp_path / "again")
    measured = evaluate(
        again.model, data.task, again.standardise, data.split(row["split"]), row["split"],
        [carry_out.Pattern.parse(row["pattern"])], int(row["mask_seeds"]),
    )[0]  # fmt: skip
    for metric in ("ACC", "F1", "MAE", "CORR"):
        assert row[metric] == measured.mean[metric]
        assert row[f"{metric}_std"] == measured.std[metric]
    assert row["missing_rate"] == measured.missing_rate
    assert json.loads(row["missing_by_modality"]) == measured.realised
    assert json.loads(row["versions"]) == versions()


def test_selection_on_the_test_split_is_marked(sweep):
    table = sweep(recipe={**SMALL["recipe"], "select": "test"})[1]
    assert set(table["select"]) == {"test"}
    assert table["selection"].str.startswith("TEST SPLIT").all()


def test_folds_are_runs_of_their_own(sweep, tmp_path, monkeypatch):
    made = Made(tmp_path / "spoken", FOUR)
    made.store()
    status, table = sweep(data=[{"name": "spoken", "folds": [1, 4]}, {"name": LAB, "folds": [2]}], seeds=[1])
    assert status == 0
    assert table.groupby("data")["fold"].unique().map(list).to_dict() == {"spoken": [1, 4], LAB: [2]}
    assert table.groupby(["data", "fold"])["data_digest"].nunique().eq(1).all()
    assert table["data_digest"].nunique() == 3


# Once, and no more


def test_finished_runs_are_not_repeated(sweep, trained):
    _, first = sweep(methods=["comp"])
    assert trained == [(1, "uniform(0.3)"), (2, "uniform(0.3)")]
    _, again = sweep(methods=["comp"])
    assert len(trained) == 2
    pd.testing.assert_frame_equal(first, again)
    _, more = sweep(methods=["comp"], seeds=[1, 2, 3], missing=[0.3, 0.1])
    assert trained[2:] == [(3, "uniform(0.3)"), *((seed, "uniform(0.1)") for seed in (1, 2, 3))]
    assert len(more) == 3 * len(first)


def test_another_evaluation_trains_nothing_anew(sweep, trained):
    before = sweep()[1]
    table = sweep(evaluation={"patterns": [0.5, 0.7], "mask_seeds": 2})[1]
    assert len(trained) == 2
    assert set(table["pattern"]) == {"uniform(0.5)", "uniform(0.7)"}
    shared = [one[one["pattern"] == "uniform(0.5)"].drop(columns="seconds") for one in (before, table)]
    pd.testing.assert_frame_equal(*(one.reset_index(drop=True) for one in shared))


def test_methods_that_come_down_to_the_same_are_trained_once(sweep, trained):
    _, table = sweep(methods=["no-prompting", "KP+Cr+GM"], seeds=[1])
    assert len(trained) == 1
    one, other = (part.drop(columns="method").reset_index(drop=True) for _, part in table.groupby("method"))
    pd.testing.assert_frame_equal(one, other)
    assert set(table["method"]) == {"no-prompting", "KP+Cr+GM"}


@pytest.mark.parametrize("change", [f.name for f in fields(Recipe)])
def test_every_option_of_a_recipe_makes_another_run(change):
    value = getattr(ResolvedRecipe(), change)
    other = {
        "missing": "found", "selection": ("found",), "clip": None, "gradient_norm": None, "scope": "bank",
        "error": "reference", "select": "test", "precision": "bfloat16", "average": 0.5, "balance": "loss",
    }.get(change, (not value) if isinstance(value, bool) else 2 * (value or 1))  # fmt: skip
    run = plan_sweep(Sweep.model_validate(SMALL))[0].run
    assert replace(run, recipe=replace(run.recipe, **{change: other})).folder != run.folder


def test_data_with_other_contents_makes_other_runs(sweep, trained):
    sweep(methods=["comp"], seeds=[1])
    sweep(methods=["comp"], seeds=[1], data=["lab(conversations=8/3/3, lengths=4/9, hard=0.2)"])
    assert len(trained) == 2


def test_an_interrupted_sweep_leaves_a_table_and_goes_on(sweep, trained, monkeypatch, tmp_path):
    inner = carry_out.train

    def stopped(data, config, recipe, out, device):
        if recipe.seed == 2:
            raise KeyboardInterrupt
        return inner(data, config, recipe, out, device)

    with monkeypatch.context() as patch:
        patch.setattr(carry_out, "train", stopped)
        status, table = sweep(methods=["comp"], seeds=[1, 2, 3])
    assert status == 130
    assert set(table["seed"]) == {1}
    status, table = sweep(methods=["comp"], seeds=[1, 2, 3])
    assert status == 0
    assert set(table["seed"]) == {1, 2, 3}
    assert [seed for seed, _ in trained] == [1, 2, 3]


# One run's failure is never another's


def test_a_failed_run_is_a_row_with_the_reason_and_the_others_go_on(sweep, tmp_path, capsys):
    bad = {"name": "bad", "method": "comp", "recipe": {"learning_rate": 1e30, "gradient_norm": None}}
    status, table = sweep(methods=[bad, "comp"], seeds=[1])
    assert status == 1
    failed = table[table["method"] == "bad"]
    assert len(failed) == 1
    assert "diverged" in failed["failure"].iloc[0]
    assert failed["ACC"].isna().all()
    assert json.loads(failed["recipe"].iloc[0])["learning_rate"] == 1e30
    assert table[table["method"] == "comp"]["ACC"].notna().all()
    assert "Failed: bad on" in capsys.readouterr().out
    assert "Traceback" in (tmp_path / "runs" / failed["run"].iloc[0] / "failure.txt").read_text()


def test_an_error_nobody_foresaw_is_recorded_and_tried_again(sweep, trained, monkeypatch, tmp_path):
    def broken(*_):
        raise ZeroDivisionError("no such luck")

    with monkeypatch.context() as patch:
        patch.setattr(carry_out, "fit_linear", broken)
        status, table = sweep()
    assert status == 1
    assert set(table["failure"].dropna()) == {"ZeroDivisionError: no such luck"}
    status, table = sweep()
    assert status == 0
    assert table["failure"].isna().all()
    assert not list(tmp_path.glob("runs/*/failure.txt"))
    assert len(trained) == 2


def test_data_that_changed_since_the_plan_is_refused(tmp_path, small_lab, monkeypatch):
    run = plan_sweep(Sweep.model_validate(SMALL))[0].run
    assert "other contents" in attempt(replace(run, digest="of before"), tmp_path, "cpu", 1)


def test_a_disk_that_is_full_stops_no_other_run(tmp_path):
    run = plan_sweep(Sweep.model_validate(SMALL))[0].run
    (tmp_path / "file").touch()
    assert "NotADirectoryError" in attempt(run, tmp_path / "file", "cpu", 1)


# Several at once


def deadly(run, root, device, threads):
    """A run whose process is killed when its seed is 2."""
    assert torch.get_num_threads() == 1
    if run.recipe.seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return attempt(run, root, device, threads)


def test_workers_give_the_same_numbers_and_survive_each_other(sweep, tmp_path, monkeypatch):
    ray = pytest.importorskip("ray")
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    alone = sweep(seeds=[1, 2, 3], methods=["comp"])[1].drop(columns="seconds")
    with monkeypatch.context() as patch:
        patch.setattr(engine, "attempt", deadly)
        status, table = sweep("--workers", "2", "--runs", "other", seeds=[1, 2, 3], methods=["comp"])
    assert status == 1
    assert table[table["seed"] == 2]["failure"].str.startswith("its process ended early").tolist() == [True]
    rest = table[table["seed"] != 2].drop(columns="seconds").reset_index(drop=True)
    same = alone[alone["seed"] != 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, same, check_dtype=False)
    assert not ray.is_initialized()


def test_more_than_there_is_of_a_device_is_refused_not_waited_for(sweep, tmp_path):
    pytest.importorskip("ray")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    write(tmp_path / "sweep.yaml", gpus=0.5, workers=2)
    with pytest.raises(CompVizError, match=r"gpus.*asks for 0.5, and there are 0"):
        list(engine.make_runs([], read_sweep(tmp_path / "sweep.yaml"), tmp_path))


def test_without_ray_several_workers_are_refused_in_words(sweep, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    write(tmp_path / "sweep.yaml", workers=2)
    (tmp_path / "sweep.parquet").write_text("an earlier table")
    assert main(["sweep", "sweep.yaml"]) == 2
    assert "pip install" in capsys.readouterr().err
    assert (tmp_path / "sweep.parquet").read_text() == "an earlier table"
    assert sweep(seeds=[1])[0] == 0  # one worker needs none


def test_workers_that_cannot_import_the_package_are_refused(tmp_path, monkeypatch):
    pytest.importorskip("ray")
    write(tmp_path / "sweep.yaml", workers=2)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "comp_viz.py").write_text("raise ImportError")
    with pytest.raises(CompVizError, match=r"cannot import comp_viz here\. Install the package"):
        list(engine.make_runs([], read_sweep(tmp_path / "sweep.yaml"), tmp_path))


def test_shares_of_devices_reach_ray():
    asked = Sweep.model_validate({**SMALL, "workers": 3, "cpus": 0.5, "gpus": 0.25})
    assert (engine.run_threads(asked), engine.run_device(asked)) == (1, "cuda")
    assert worker_environment(engine.run_threads(asked))["OMP_NUM_THREADS"] == "1"
    assert engine.run_threads(asked.model_copy(update={"cpus": 4.0})) == 4
    assert engine.run_device(asked.model_copy(update={"gpus": 0})) == "cpu"


# The file


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"sedes": [1]}, "sedes"),
        ({"seeds": []}, "seeds"),
        ({"seeds": [-1]}, r"seeds\.0"),
        ({"seeds": ["many"]}, r"seeds\.0.*many"),
        ({"missing": ["unifrom(0.3)"]}, r"missing\.0.*unifrom"),
        ({"missing": [0.9]}, r"missing\.0"),
        ({"missing": [True]}, r"missing\.0"),
        ({"methods": ["best"]}, r"methods\.0.*no method 'best'.*only comp"),
        ({"methods": ["comp", "comp"]}, r"methods.*'comp' is used twice"),
        ({"methods": [{"method": "comp"}]}, r"methods\.0\.name"),
        ({"methods": [{"name": "mine", "method": "comp", "recipe": {"epochs": 3}}]}, r"methods\.mine\.recipe\.epochs"),
        ({"methods": [{"name": "mine", "method": "comp", "recipe": {"seed": 3}}]}, r"methods\.mine\.recipe\.seed"),
        ({"recipe": {"batch": "big"}}, r"recipe.*batch.*big"),
        ({"recipe": {"batch": 0}}, r"recipe.*batch: expected at least 1"),
        ({"architecture": {"heads": 3}}, r"architecture.*heads: expected a divisor"),
        ({"architecture": {"dims": [3]}}, r"architecture\.dims"),
        ({"evaluation": {"patterns": []}}, r"evaluation\.patterns"),
        ({"evaluation": {"mask_seeds": 0}}, r"evaluation\.mask_seeds"),
        ({"evaluation": {"split": "tset"}}, r"evaluation\.split.*train, validation, test.*tset"),
        ({"data": [{"name": LAB, "folds": [6]}]}, r"data\.0\.folds\.0"),
        ({"data": ["nowhere.npz"]}, "no data file nowhere.npz"),
        ({"workers": 0}, "workers"),
        ({"gpus": -1}, "gpus"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_by_field(tmp_path, capsys, change, expected):
    write(tmp_path / "sweep.yaml", **change)
    assert main(["sweep", str(tmp_path / "sweep.yaml"), "--runs", str(tmp_path / "runs")]) == 2
    message = capsys.readouterr().err
    assert "sweep.yaml" in message
    assert re.search(expected, message), message
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("text", ["data: [", "", "- a\n- b", "data: lab", "data: \x00"])
def test_what_is_no_sweep_is_refused(tmp_path, capsys, text):
    (tmp_path / "sweep.yaml").write_text(text)
    assert main(["sweep", str(tmp_path / "sweep.yaml")]) == 2
    assert "sweep.yaml" in capsys.readouterr().err


def test_what_a_method_says_of_itself_wins_over_what_all_share():
    sweep = Sweep.model_validate({
        **SMALL,
        "recipe": {"first_epochs": 3, "second_epochs": 4, "batch": 5, "clip": None, "learning_rate": "1e-3"},
        "methods": ["comp", "alone", {"name": "mine", "method": "alone", "recipe": {"first_epochs": 9, "batch": 6}}],
        "seeds": [1],
    })  # fmt: skip
    comp, alone, mine = (cell.run.recipe for cell in plan_sweep(sweep))
    assert (comp.first_epochs, comp.second_epochs, comp.batch, comp.clip, comp.learning_rate) == (3, 4, 5, None, 1e-3)
    assert (alone.first_epochs, alone.second_epochs, alone.batch) == (7, 0, 5)
    assert (mine.first_epochs, mine.second_epochs, mine.batch) == (9, 0, 6)


def test_a_number_is_a_rate():
    sweep = Sweep.model_validate({**SMALL, "missing": [0, 0.25, "only(text)"]})
    assert sweep.missing == ("uniform(0)", "uniform(0.25)", "only(text)")


def test_without_an_evaluation_it_is_the_protocol_of_the_field():
    sweep = Sweep.model_validate({name: value for name, value in SMALL.items() if name != "evaluation"})
    assert sweep.evaluation.patterns == ("uniform(0)", "uniform(0.3)", "uniform(0.5)", "uniform(0.7)")
    assert (sweep.evaluation.mask_seeds, sweep.evaluation.split) == (5, "test")


def test_the_documentation_shows_a_sound_file_and_names_every_method():
    text = (SHIPPED.parent / "docs" / "sweeps.md").read_text()
    shown = Sweep.model_validate(yaml.safe_load(text.split("```yaml")[1].split("```")[0]))
    assert shown.data[1].folds == (1, 2, 3, 4, 5)
    assert shown.methods[2].recipe == {"batch": 16}
    table = text.split("## Methods")[1].split("## What is kept")[0]
    assert all(f"`{name}`" in table for name in CONTENDERS)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_sweeps_are_sound(path, real_data):
    cells = plan_sweep(read_sweep(path))
    assert {cell.run.recipe.select for cell in cells} == {"validation"}
    assert len(cells) == len({cell.run.folder for cell in cells})
