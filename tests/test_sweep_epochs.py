"""The second table of a sweep: accuracy and coordinator by epoch, as the telemetry of the same runs has them."""

import json
from pathlib import Path

import pandas as pd
import pytest

from comp_viz.__main__ import main
from comp_viz.sweep.carry_out import open_fold_once
from comp_viz.sweep.epochs import EPOCH_SCHEMA
from comp_viz.training import finish
from comp_viz.training.telemetry import read_telemetry

SHIPPED = Path(__file__).parents[1] / "results"
SMALL = {
    "data": ["lab(conversations=8/3/3, lengths=4/9)"],
    "missing": [0.3],
    "methods": ["comp", "alone", "linear"],
    "seeds": [1, 2],
    "evaluation": {"patterns": [0], "mask_seeds": 1},
    "recipe": {"first_epochs": 1, "second_epochs": 2, "bank": 4},
    "architecture": {"hidden": 8},
}


@pytest.fixture
def swept(tmp_path, monkeypatch):
    """Run a sweep file with some changes; returns the exit status and both tables, results and epochs."""
    monkeypatch.setattr(finish, "MEASURED_SEEDS", 1)
    monkeypatch.chdir(tmp_path)
    open_fold_once.cache_clear()

    def run(**changes):
        (tmp_path / "grid.yaml").write_text(json.dumps({**SMALL, **changes}))  # JSON is YAML
        status = main(["sweep", "grid.yaml"])
        return status, pd.read_parquet("grid.parquet"), pd.read_parquet("grid_epochs.parquet")

    return run


def test_it_says_what_the_telemetry_of_every_run_says(swept, tmp_path):
    status, results, epochs = swept()
    assert status == 0
    assert epochs.columns.tolist() == EPOCH_SCHEMA.names
    runs = dict(tuple(epochs.groupby("run", observed=True)))
    assert runs.keys() == set(results[results["method"] != "linear"]["run"])
    for name, rows in runs.items():
        recorded = read_telemetry(tmp_path / "runs" / name / "telemetry", "epochs").to_pandas()
        recorded = recorded[recorded["quantity"].isin(["ACC", "coordinator"])].astype(
            {"split": str, "quantity": str, "of": str}
        )
        rows = rows[recorded.columns].astype({"split": str, "quantity": str, "of": str})
        pd.testing.assert_frame_equal(rows.reset_index(drop=True), recorded.reset_index(drop=True))


def test_both_stages_and_every_head_are_in_it(swept):
    epochs = swept(seeds=[2])[2].astype({"method": str, "quantity": str, "split": str, "of": str})
    stages = epochs.groupby(["method", "epoch"])["stage"].unique().map(list).to_dict()
    assert stages == {
        ("comp", 0): [1], ("comp", 1): [2], ("comp", 2): [2],
        ("alone", 0): [1], ("alone", 1): [1], ("alone", 2): [1],
    }  # fmt: skip
    heads = {"audio", "text", "video"}
    last = epochs[(epochs["epoch"] == 2) & (epochs["split"] == "selection")]
    assert set(last[(last["method"] == "comp") & (last["quantity"] == "ACC")]["of"]) == {"fused", *heads}
    assert set(last[last["method"] == "alone"]["of"]) == heads
    assert last[last["quantity"] == "coordinator"]["value"].sum() == pytest.approx(1)


def test_its_rows_name_the_cell_they_are_of(swept):
    _, results, epochs = swept(
        data=[{"name": SMALL["data"][0], "folds": [2, 5]}], missing=[0, 0.5], seeds=[2], methods=["comp", "linear"]
    )
    cell = ["data", "fold", "method", "trained_under", "seed", "run"]
    trained = results[~results["linear"]]
    assert set(epochs[cell].itertuples(index=False)) == set(trained[cell].itertuples(index=False))


def test_a_run_that_failed_has_no_epochs(swept):
    bad = {"name": "bad", "method": "comp", "recipe": {"learning_rate": 1e30, "gradient_norm": None}}
    status, results, epochs = swept(methods=[bad, "alone"], seeds=[1])
    assert status == 1
    assert set(results["method"]) == {"bad", "alone"}
    assert set(epochs["method"]) == {"alone"}


def test_results_prints_no_table_of_epochs(swept, tmp_path, monkeypatch, capsys):
    swept(methods=["comp"], seeds=[1])
    monkeypatch.setattr("comp_viz.commands.results.SHIPPED", tmp_path)
    capsys.readouterr()
    assert main(["results", "--published", str(SHIPPED / "published.csv")]) == 0
    printed = capsys.readouterr().out
    assert "grid.parquet" in printed
    assert "epochs" not in printed


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*_epochs.parquet")), ids=lambda path: path.stem)
def test_the_shipped_epochs_are_of_runs_in_the_table_beside_them(path):
    epochs = pd.read_parquet(path)
    assert epochs.columns.tolist() == EPOCH_SCHEMA.names
    results = pd.read_parquet(path.with_stem(path.stem.removesuffix("_epochs")))
    cell = ["data", "method", "trained_under", "seed", "run"]
    assert set(epochs[cell].itertuples(index=False)) <= set(results[cell].itertuples(index=False))
    assert epochs["value"].between(0, 1).all()
