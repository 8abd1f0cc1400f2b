"""Experiment trackers: TensorBoard for real, the others by the calls their documentation asks for."""

import sys
from unittest.mock import MagicMock, call

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from comp_viz.__main__ import main
from comp_viz.errors import CompVizError
from comp_viz.training.record import Epoch
from comp_viz.training.telemetry import read_telemetry
from comp_viz.training.tracking import TRACKERS, open_tracker

EPOCHS = [
    Epoch(0, 1, {("training", "loss", "all"): 2.0, ("selection", "CORR", "audio"): float("nan")}, {}),
    Epoch(1, 2, {("training", "loss", "all"): 1.5, ("selection", "CORR", "audio"): 0.5}, {}),
]


def test_tensorboard_has_every_number_of_the_telemetry(tmp_path, capsys):
    options = ["--hidden", "8", "--first-epochs", "1", "--second-epochs", "2", "--track", "tensorboard"]
    out = tmp_path / "run"
    assert main(["train", "--data", "lab(conversations=6/3/3, lengths=3/5)", "--out", str(out), *options]) == 0
    events = EventAccumulator(str(out / "tensorboard"))
    events.Reload()
    expected = {}
    for row in read_telemetry(out / "telemetry", "epochs").to_pylist():
        if row["value"] == row["value"]:
            expected.setdefault(f"{row['split']}/{row['quantity']}/{row['of']}", {})[row["epoch"]] = row["value"]
    assert set(events.Tags()["scalars"]) == set(expected)
    for name, values in expected.items():
        assert {e.step: e.value for e in events.Scalars(name)} == pytest.approx(values)


def test_wandb_and_mlflow_are_called_as_they_ask(tmp_path, monkeypatch):
    mlflow, wandb = (
        MagicMock(spec_set=["set_experiment", "start_run", "log_params", "log_metrics", "end_run"]),
        MagicMock(),
    )
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    for name in ("mlflow", "wandb"):
        tracker = open_tracker(name, tmp_path / "run", {"seed": 3})
        for epoch in EPOCHS:
            tracker.epoch(epoch)
        tracker.close()
    first, second = {"training/loss/all": 2.0}, {"training/loss/all": 1.5, "selection/CORR/audio": 0.5}
    assert mlflow.log_metrics.mock_calls == [call(first, step=0), call(second, step=1)]
    mlflow.log_params.assert_called_once_with({"seed": 3})
    mlflow.end_run.assert_called_once_with()
    run = wandb.init.return_value
    assert run.log.mock_calls == [call(first, step=0), call(second, step=1)]
    assert wandb.init.call_args.kwargs["config"] == {"seed": 3}
    run.finish.assert_called_once_with()


@pytest.mark.parametrize("name", TRACKERS)
def test_a_tracker_that_is_not_installed_is_named_with_its_remedy(tmp_path, monkeypatch, name):
    module = {"tensorboard": "torch.utils.tensorboard"}.get(name, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(CompVizError, match=rf"--track {name} needs .*pip install 'comp-viz\[{name}\]'"):
        open_tracker(name, tmp_path / "run", {})


def test_a_tracker_that_does_not_answer_is_named(tmp_path, monkeypatch):
    fake = MagicMock()
    fake.start_run.side_effect = ConnectionError("no route to host")
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    with pytest.raises(CompVizError, match="--track mlflow could not be started: no route to host"):
        open_tracker("mlflow", tmp_path / "run", {})


def test_trackers_are_closed_when_training_fails(tmp_path, monkeypatch):
    fake = MagicMock()
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    lab = "lab(conversations=6/3/3, lengths=3/5)"
    options = ["--hidden", "8", "--first-epochs", "1", "--second-epochs", "1", "--track", "mlflow"]
    assert main(["train", "--data", lab, "--out", str(tmp_path / "run"), "--learning-rate", "1e30", *options]) == 2
    fake.end_run.assert_called_once_with()
