"""The benchmark for a GPU, in its dry run: it works, writes its file, and would notice a device that computes otherwise."""

import json
from dataclasses import replace

from benchmarks.gpu import Measured, main

LAB = "lab(conversations=4/2/2, lengths=4/6)"


def test_the_dry_run_writes_one_file_in_which_the_cpu_agrees_with_itself(tmp_path, capsys):
    out = tmp_path / "gpu.json"
    assert main(["--out", str(out), "--data", LAB, "--only", "mctn", "hcam"]) == 0
    written = json.loads(out.read_text())
    assert [one["method"] for one in written["methods"]] == ["mctn", "hcam"]
    for one in written["methods"]:
        assert one["utterances_per_second"] > 0
        assert one["prediction_difference"] == one["loss_difference"] == 0
        assert 0 <= one["accuracy"] <= 1
    assert "dry run" in capsys.readouterr().out


def test_what_there_is_no_time_for_is_named(tmp_path, capsys):
    out = tmp_path / "gpu.json"
    assert main(["--out", str(out), "--data", LAB, "--only", "mctn", "--minutes", "0"]) == 0
    assert json.loads(out.read_text())["left_out"] == ["mctn"]
    assert "Left out, as 0 minutes were over: mctn." in capsys.readouterr().out


def test_a_difference_or_a_wait_is_one_too_many():
    one = Measured("mctn", 1, "cuda", 1.0, 1.0, {1: 0, 2: 0}, 1e-4, 9e-4, 0.5, 0.0, 1.0)
    assert one.agrees
    assert not replace(one, prediction_difference=2e-3).agrees
    assert not replace(one, loss_difference=2e-3).agrees
    assert not replace(one, accuracy_difference=2e-3).agrees
    assert not replace(one, waits_per_step={1: 0, 2: 1}).agrees
