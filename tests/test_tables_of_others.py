"""Tables of results and telemetry from elsewhere: columns of other types and empty cells end in a sentence that names them."""

import os
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from comp_viz.__main__ import main
from comp_viz.analysis.modulation.telemetry import read_modulation_record
from comp_viz.analysis.results import read_results
from comp_viz.analysis.shipped_results import find_table
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.checkpoint.tensors import read_tensors
from comp_viz.data import memory_budget
from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.npz import load_arrays
from comp_viz.data.table import mapped_file
from comp_viz.data.table.reader import open_table
from comp_viz.data.table.writer import write_table
from comp_viz.errors import CompVizError
from comp_viz.resources import shipped
from comp_viz.ui.cache import checkpoints

RESULTS = pq.read_table(shipped("results/ablation.parquet"))
OTHER = {
    "text": ["x"],
    "numbers": [5],
    "lists": [[1]],
    "structures": [{"a": 1}],
    "bytes": [b"\xff"],
    "huge numbers": [float(2**63)],
    "times": [date(2026, 1, 1)],
}
NEEDED = ["ACC", "data", "pattern", "seed", "method", "predictor", "fold", "failure", "missing_rate", "split"]


@pytest.mark.parametrize("kind", OTHER)
def test_a_column_of_results_of_another_type_is_read_or_named(kind, tmp_path, capsys):
    path = tmp_path / "t.parquet"
    for name in NEEDED:
        column = pa.array(OTHER[kind] * len(RESULTS))
        pq.write_table(RESULTS.set_column(RESULTS.column_names.index(name), name, column), path)
        status = main(["results", str(path)])
        assert status == 0 or f"the column {name!r} holds" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["data", "pattern", "seed", "method"])
def test_empty_cells_of_results_are_named(name, tmp_path):
    column = pa.nulls(len(RESULTS), RESULTS[name].type)
    pq.write_table(RESULTS.set_column(RESULTS.column_names.index(name), name, column), tmp_path / "t.parquet")
    with pytest.raises(CompVizError, match=f"the column '{name}' has {len(RESULTS):,} empty cells"):
        read_results(tmp_path / "t.parquet")


def test_epochs_beside_results_are_checked_too(tmp_path):
    shutil.copy(shipped("results/ablation.parquet"), tmp_path / "t.parquet")
    pq.write_table(pa.table({"epoch": ["x"]}), tmp_path / "t_epochs.parquet")
    with pytest.raises(CompVizError, match=r"t_epochs\.parquet holds no epochs"):
        find_table(tmp_path, ["comp"])


@pytest.mark.parametrize(
    ("table", "column"),
    [("epochs", "epoch"), ("epochs", "of"), ("steps", "epoch"), ("steps", "modality"), ("steps", "coefficients"), ("gradients", "norm")],
    ids=lambda part: part,
)  # fmt: skip
def test_empty_cells_of_telemetry_are_named(table, column, tmp_path):
    folder = tmp_path / "telemetry"
    shutil.copytree(shipped("checkpoints/lab/telemetry"), folder)
    whole = pq.read_table(folder / f"{table}.parquet")
    pair = pa.array([[None, None]] * len(whole), pa.list_(pa.float32()))
    empty = pair if column == "coefficients" else pa.nulls(len(whole), whole[column].type)
    pq.write_table(whole.set_column(whole.column_names.index(column), column, empty), folder / f"{table}.parquet")
    with pytest.raises(CompVizError, match=rf"{table}\.parquet .*the column '{column}' has [\d,]+ empty cells"):
        read_modulation_record(folder, ("audio", "text", "video"))


def test_weights_replaced_beside_the_same_card_are_noticed(tmp_path, monkeypatch):
    shutil.copytree(shipped("checkpoints/lab"), tmp_path / "lab", ignore=shutil.ignore_patterns("telemetry"))
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", (tmp_path,))
    before = checkpoints.open_checkpoint("lab", "cpu")
    assert checkpoints.open_checkpoint("lab", "cpu") is before
    shutil.copy(shipped("checkpoints/lab-dominant/model.safetensors"), tmp_path / "lab" / "model.safetensors")
    after = checkpoints.open_checkpoint("lab", "cpu")
    assert after.digest != before.digest
    assert after.digest == load_checkpoint(tmp_path / "lab").digest


@pytest.fixture
def table_file(small_lab, tmp_path):
    write_table(tmp_path / "t.arrow", small_lab)
    return tmp_path / "t.arrow"


def test_a_small_table_that_is_rewritten_stays_as_it_was_opened(small_lab, table_file):
    data = open_table(table_file)
    with table_file.open("r+b") as file:
        file.truncate(100)
    np.testing.assert_array_equal(data.conversations[1].features["text"], small_lab.conversations[1].features["text"])


@pytest.mark.parametrize("how", ["cut", "written over"])
def test_a_large_table_that_is_rewritten_is_named(table_file, how, monkeypatch):
    monkeypatch.setattr(mapped_file, "MOST_COPIED", 0)
    data = open_table(table_file)
    assert len(data.conversations[0]) > 0
    with table_file.open("r+b") as file:
        if how == "cut":
            file.truncate(4096)
        else:
            file.write(b"\0")
    os.utime(table_file, ns=(1, 1))
    with pytest.raises(CompVizError, match=r"t\.arrow was written to while it was open.*rename it into its place"):
        data.conversations[1]


def test_a_table_that_is_replaced_by_renaming_does_no_harm(small_lab, table_file, monkeypatch):
    monkeypatch.setattr(mapped_file, "MOST_COPIED", 0)
    data = open_table(table_file)
    other = table_file.with_name("new")
    other.write_bytes(b"new")
    other.replace(table_file)
    np.testing.assert_array_equal(data.conversations[1].features["text"], small_lab.conversations[1].features["text"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's disk that is always full")
@pytest.mark.parametrize("name", ["t.arrow", "t.parquet", "page.html"])
def test_a_full_disk_is_named_with_the_file(name, tmp_path, small_lab):
    path = tmp_path / name
    path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}").symlink_to("/dev/full")
    with pytest.raises(OSError, match="space") as full:  # noqa: PT012
        if path.suffix == ".html":
            with atomic_write(path) as temporary:
                temporary.write_text("page")
        else:
            write_table(path, small_lab)
    assert full.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["data", "unused", "weights", "torch"])
def test_an_archive_that_would_fill_the_memory_is_refused_by_its_directory(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(memory_budget, "memory_budget", lambda: 1_000_000)
    claims = np.zeros((20, 10, 1000), np.float64)  # 1.6 MB, a few kB on disk
    small = {name: np.zeros((20, 10, 2), np.float32) for name in ("audio", "text")}
    usual = small | {"labels": np.zeros((20, 10), np.float32), "lengths": np.full(20, 10)}
    path = tmp_path / ("a.pt" if kind == "torch" else "a.npz")
    if kind == "torch":
        torch.save({"a": torch.from_numpy(claims)}, path)
    else:
        np.savez_compressed(path, **usual, **{"other" if kind == "unused" else "video": claims})
    if kind == "unused":
        findings = load_arrays(path)
        assert "other" in findings[0]
        assert "other" not in findings[1]
        return
    read = load_arrays if kind == "data" else read_tensors
    with pytest.raises(
        CompVizError,
        match=r"a\.\w+ would take 1\.\d MB of memory \(\d\.\d MB on disk\), most of it for .* 50% of what this machine has free",
    ):
        read(path)


def test_the_budget_is_a_share_of_the_machine_s_memory():
    assert 0 < memory_budget.memory_budget() < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
