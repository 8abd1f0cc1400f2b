"""`ship`: the same model and card, with telemetry of a few epochs."""

import pytest

from comp_viz import __main__ as command_line
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.training.telemetry import TABLES, read_telemetry
from recipes.methods import main as ship_methods
from recipes.ship import main

LAB = "lab(conversations=6/3/3, lengths=3/5)"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    options = ["--hidden", "8", "--first-epochs", "3", "--second-epochs", "6"]
    assert command_line.main(["train", "--data", LAB, "--out", str(out), *options]) == 0
    return out


def test_weights_stay_and_telemetry_is_thinned(finished, tmp_path, capsys):
    out = tmp_path / "shipped"
    assert main([str(finished), str(out), "--epochs", "3", "--note", "The small one."]) == 0
    assert f"Wrote {out}, 0." in capsys.readouterr().out
    assert (out / "model.safetensors").read_bytes() == (finished / "model.safetensors").read_bytes()
    assert load_checkpoint(out).card.note == "The small one."
    assert "The small one." in (out / "README.md").read_text()
    for name in TABLES:
        before, after = (read_telemetry(folder / "telemetry", name) for folder in (finished, out))
        expected = {"epochs": set(range(9)), "steps": {4, 8}}.get(name, {0, 4, 8})
        assert set(after["epoch"].unique().to_pylist()) == expected
        assert after.to_pylist() == [row for row in before.to_pylist() if row["epoch"] in expected]
    assert main([str(finished), str(tmp_path / "second")]) == 0
    assert (tmp_path / "second" / "config.json").read_bytes() == (finished / "config.json").read_bytes()


def test_what_cannot_be_shipped_is_said(finished, tmp_path, capsys):
    (tmp_path / "unfinished" / "running").mkdir(parents=True)
    for options, message in (
        ([str(tmp_path / "unfinished")], "not over"),
        ([str(tmp_path / "nothing")], "is not a checkpoint"),
        ([str(finished), "--epochs", "0"], "--epochs: expected at least 1"),
    ):
        folder, *rest = options
        assert main([folder, str(tmp_path / "out"), *rest]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_run_of_each_method_of_a_sweep_is_copied_and_what_is_not_trained_is_named(tmp_path, capsys):
    small = "recipe: {first_epochs: 1, second_epochs: 1}\narchitecture: {hidden: 8}\nevaluation: {mask_seeds: 1}\n"
    for name, methods in (("trained", "[mctn, linear]"), ("all", "[comp, mctn, hcam, linear]")):
        (tmp_path / f"{name}.yaml").write_text(
            f'data: ["{LAB}"]\nmissing: [0.3]\nmethods: {methods}\nseeds: [1, 2]\n{small}'
        )
    runs = ["--runs", str(tmp_path / "runs")]
    assert command_line.main(["sweep", str(tmp_path / "trained.yaml"), *runs]) == 0
    capsys.readouterr()
    options = [*runs, "--out", str(tmp_path / "out"), "--name", "tiny"]
    assert ship_methods([str(tmp_path / "all.yaml"), *options]) == 1
    printed = capsys.readouterr().out
    assert "Not trained yet: hcam. Repeat `comp-viz sweep" in printed
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["tiny-mctn"]
    card = load_checkpoint(tmp_path / "out" / "tiny-mctn").card
    assert (card.method, card.training.seed) == ("mctn", 1)
    assert "training seed 1, not chosen among others" in card.note
    assert ship_methods([str(tmp_path / "trained.yaml"), *options, "--seed", "2"]) == 0
    assert load_checkpoint(tmp_path / "out" / "tiny-mctn").card.training.seed == 2
