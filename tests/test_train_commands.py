"""The commands `train` and `evaluate`: what they take, write, print and refuse."""

import json
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest
import torch
from runs import log

from comp_viz.__main__ import main
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.errors import CompVizError
from comp_viz.methods.recipe import Recipe

pytestmark = pytest.mark.usefixtures("few_measurements")


@pytest.fixture
def written(small_lab, tmp_path):
    """The small lab as a data file."""
    conversations, V, S = small_lab.conversations, len(small_lab.conversations), 10
    made = {name: np.zeros((V, S, w), np.float32) for name, w in zip(small_lab.modalities, small_lab.dims, strict=True)}
    labels = np.full((V, S), np.nan, np.float32)
    for v, c in enumerate(conversations):
        labels[v, : len(c)] = c.labels
        for name, x in c.features.items():
            made[name][v, : len(c)] = x
    split = np.array([("train", "validation", "test").index(c.split) for c in conversations])
    np.savez(
        tmp_path / "small.npz", **made, labels=labels, lengths=np.array([len(c) for c in conversations]), split=split
    )
    return tmp_path / "small.npz"


SIZES = [
    "--hidden=8",
    "--prompt=3",
    "--prototypes=4",
    "--first-epochs=2",
    "--second-epochs=2",
    "--batch=4",
    "--device=cpu",
]


@pytest.fixture
def command_line(written, tmp_path, capsys):
    """A model trained by the command, and what it printed."""
    out = tmp_path / "out"
    assert main(["train", "--data", str(written), "--out", str(out), *SIZES, "--no-modulate", "--clip", "none"]) == 0
    return out, capsys.readouterr().out


def test_train_command_writes_what_it_says(command_line, written):
    out, printed = command_line
    assert f"Wrote {out}" in printed
    assert "test split, uniform(0.5)" in printed
    card = load_checkpoint(out).card
    assert card.architecture.hidden == 8
    assert card.architecture.max_length == 10
    assert card.training.recipe["modulate"] is False
    assert card.training.recipe["clip"] is None
    assert len(log(out)) == 4


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ([], "uniform(0.3)"),
        (["--missing-rate", "0.5"], "uniform(0.5)"),
        (["--missing", "only(text) + uniform(0.1)"], "only(text) + uniform(0.1)"),
    ],
)
def test_train_command_takes_a_pattern_or_a_rate(written, tmp_path, monkeypatch, options, missing):
    recipes = []

    def stop(data, config, recipe, *rest):
        recipes.append(recipe)
        raise CompVizError("enough")

    monkeypatch.setattr("comp_viz.commands.train.train", stop)
    main(
        [
            "train",
            "--data",
            str(written),
            "--out",
            str(tmp_path / "out"),
            *options,
            "--selection",
            "found",
            "uniform(0.5)",
        ]
    )
    main(["train", "--data", str(written), "--out", str(tmp_path / "out"), *options])
    assert [recipe.missing for recipe in recipes] == [missing] * 2
    assert [recipe.selection for recipe in recipes] == [("found", "uniform(0.5)"), Recipe().selection]


def test_a_pattern_and_a_rate_together_are_refused(written, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["train", "--data", str(written), "--out", str(tmp_path), "--missing", "found", "--missing-rate", "0.3"])
    assert "not allowed with" in capsys.readouterr().err


def test_evaluate_command_prints_json(command_line, written, capsys):
    out, _ = command_line
    arguments = ["evaluate", str(out), "--data", str(written), "--missing-rates", "0", "0.5", "--seeds", "2"]
    assert main([*arguments, "--json", "--device", "cpu"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["checkpoint"] == load_checkpoint(out).digest
    assert printed["prototypes"] == "bank"
    assert "validation" in printed["selection"]
    card = load_checkpoint(out).card
    assert printed["measurements"] == [asdict(m) for m in card.measurements]


def test_evaluate_command_prints_a_table(command_line, written, capsys):
    out, _ = command_line
    assert main(["evaluate", str(out), "--data", str(written), "--split", "validation", "--device", "cpu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["pattern", "rate", "seeds", "predictor", "ACC", "F1", "MAE", "CORR"]
    assert len(lines) == 1 + 4 * 4
    assert lines[5].startswith("uniform(0.3)  0.3")


def test_evaluate_command_takes_rates_and_patterns_together(command_line, written, capsys):
    out, _ = command_line
    arguments = ["evaluate", str(out), "--data", str(written), "--device", "cpu", "--json", "--seeds", "2"]
    given = ["--missing-rates", "0.25", "--patterns", "found", "only(text) + uniform(0.5)"]
    assert main([*arguments, *given]) == 0
    result = json.loads(capsys.readouterr().out)["measurements"]
    assert [(m["pattern"], m["seeds"]) for m in result[::4]] == [
        ("uniform(0.25)", 2), ("found", 1), ("only(text) + uniform(0.5)", 2),
    ]  # fmt: skip
    assert result[8]["realised"] == {"audio": 1, "text": 0, "video": 1}
    assert result[8]["missing_rate"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--data", "nothing.npz"], "nothing.npz"),
        (["--data", "lab"], "max_length of the model is 10"),
        (["--data", "lab(classes=4)"], "Labels do not match"),
        (["--missing-rates", "0.9"], "expected 0 to 0.7"),
        (["--missing-rates", "-0.1"], "expected 0 to 0.7"),
        (["--missing-rates", "half"], "expected a number, got 'half'"),
        (["--patterns", "only(smell)"], "no modality 'smell', only audio, text, video"),
        (["--patterns", "smoke"], "no 'smoke'"),
        (["--patterns", "speaker(A)"], "does not say who speaks"),
        (["--patterns", "cells(ff)"], "for one conversation, got 3"),
        (["--seeds", "0"], "seeds"),
        (["--seeds", "-1"], "seeds"),
        (["--device", "quantum"], "not available"),
    ],
)
def test_evaluate_command_says_what_is_wrong(small_checkpoint, written, capsys, options, expected):
    arguments = ["evaluate", str(small_checkpoint), "--data", str(written), "--device", "cpu", *options]
    assert main(arguments) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--data", "nothing.npz"], "nothing.npz"),
        (["--max-length", "3"], "max_length of the model is 3"),
        (["--heads", "3"], "heads: expected a divisor"),
        (["--missing-rate", "0.9"], "missing rate: expected 0 to 0.7, got 0.9"),
        (["--missing-rate", "half"], "expected a number, got 'half'"),
        (["--missing", "only(smell)"], "no modality 'smell', only audio, text, video"),
        (["--missing", "cells(ff)"], "for one conversation, got 8"),
        (["--selection", "found", "label(happy, text, 1)"], "score cannot be happy"),
        (["--learning-rate", "-1"], "learning"),
        (["--bank", "-3"], "bank"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_train_command_says_what_is_wrong(written, tmp_path, capsys, options, expected):
    arguments = ["train", "--data", str(written), "--out", str(tmp_path / "out"), *SIZES, *options]
    assert main(arguments) == 2
    assert expected in capsys.readouterr().err


def test_an_interrupted_train_command_ends_with_status_130(written, tmp_path, capsys, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("comp_viz.commands.train.train", stop)
    assert main(["train", "--data", str(written), "--out", str(tmp_path / "out"), *SIZES]) == 130
    assert "stopped" in capsys.readouterr().err


def test_a_command_that_is_told_to_end_ends_like_an_interrupted_one(written, tmp_path):
    recorded = (
        "import os, runpy, signal, comp_viz.commands.train as command\n"
        "command.train = lambda *arguments: os.kill(os.getpid(), signal.SIGTERM)\n"
        "runpy.run_module('comp_viz', run_name='__main__')"
    )
    arguments = ["train", "--data", str(written), "--out", str(tmp_path / "out"), *SIZES]
    ended = subprocess.run([sys.executable, "-c", recorded, *arguments], capture_output=True, text=True, timeout=300)
    assert ended.returncode == 130
    assert ended.stderr.endswith("comp_viz: stopped.\n")


@pytest.mark.parametrize("there", [{}, {"avx512_bf16": True}, {"bf16": True}])
def test_a_precision_that_is_only_imitated_is_said_to_be_slow(written, tmp_path, capsys, monkeypatch, there):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: there)
    train = ["train", "--data", str(written), "--device", "cpu", *SIZES]
    main([*train, "--out", str(tmp_path / "half"), "--precision", "bfloat16"])
    assert ("imitates bfloat16" in capsys.readouterr().err) == (not there)
    main([*train, "--out", str(tmp_path / "single")])
    assert "imitates" not in capsys.readouterr().err


def test_a_command_is_needed_and_help_is_there(capsys):
    for arguments, status in (([], 2), (["dance"], 2), (["train", "--help"], 0)):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == status
    assert "--momentum" in capsys.readouterr().out
