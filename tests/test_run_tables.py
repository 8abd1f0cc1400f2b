"""`recipes.run_tables`: how sharply runs assign, the leeway of balance, and what weights follow, of a sweep's finished runs."""

import numpy as np
import pandas as pd
import pytest

from comp_viz.__main__ import main as command_line
from comp_viz.data.patterns.pattern import PROTOCOL
from recipes.run_tables import main

LAB = "lab(conversations=6/3/3, lengths=3/5)"
SWEEP = f"""
data: ["{LAB}"]
missing: [0.3]
methods:
  - comp
  - {{name: sharp, method: comp, architecture: {{sharpness: 100}}}}
seeds: [1]
evaluation: {{patterns: [0], mask_seeds: 1}}
recipe: {{first_epochs: 2, second_epochs: 2, bank: 4}}
architecture: {{hidden: 8}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two sweeps of two runs each, one of them the same, and a file that names a run that is not there."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "small.yaml").write_text(SWEEP)
    (folder / "more.yaml").write_text(SWEEP.replace("seeds: [1]", "seeds: [1, 2]"))
    taught = "{name: taught, method: comp, recipe: {coordinator_weight: 10}}"
    (folder / "taught.yaml").write_text(
        SWEEP.replace("{name: sharp, method: comp, architecture: {sharpness: 100}}", taught)
    )
    for name in ("small", "taught"):
        assert command_line(["sweep", str(folder / f"{name}.yaml"), "--runs", str(folder / "runs")]) == 0
    return folder


def told(folder, kind, sweep="small"):
    """Exit status and table."""
    status = main([kind, str(folder / f"{sweep}.yaml"), "--runs", str(folder / "runs")])
    return status, pd.read_parquet(folder / "inside" / f"{sweep}_{kind}.parquet")


def test_a_larger_factor_assigns_more_sharply(folder):
    status, table = told(folder, "assignments")
    assert status == 0
    assert len(table) == 2 * 2 * 3  # runs, blocks, modalities
    assert table["entropy"].between(0, 1).all()
    assert (table["largest"] >= 1).all()
    means = table.groupby("method")[["entropy", "largest"]].mean()
    assert means.loc["sharp", "entropy"] < means.loc["comp", "entropy"] - 0.1
    assert means.loc["sharp", "largest"] > 2 * means.loc["comp", "largest"]


def test_leeway_is_told_at_three_moments_of_each_run(folder):
    status, table = told(folder, "leeway")
    assert status == 0
    assert list(table["moment"]) == ["first", "stage 1", "last"] * 2
    assert list(table["epoch"]) == [0, 1, 3] * 2
    assert np.isfinite(table["spread"]).all()
    assert (table["spread"] > 0).all()


def test_weights_are_told_by_missing_rate_and_a_taught_coordinator_follows_more(folder):
    status, table = told(folder, "weights", "taught")
    assert status == 0
    assert list(table["pattern"]) == [str(pattern) for pattern in PROTOCOL] * 2
    assert table["best head"].between(-1, 1).all()
    assert table["exchanged"].between(-1, 1).all()
    assert (table["observed"].isna() == (table["pattern"] == "uniform(0)")).all()
    means = table.groupby("method")["best head"].mean()
    assert means["taught"] > means["comp"]


def test_runs_that_are_not_finished_are_counted(folder, capsys):
    status, table = told(folder, "leeway", "more")
    assert status == 1
    assert "2 of 4 runs" in capsys.readouterr().out
    assert set(table["seed"]) == {1}
