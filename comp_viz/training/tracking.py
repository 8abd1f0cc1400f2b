"""Hands each epoch's numbers to an experiment tracker as well, where one is wanted and installed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comp_viz.errors import CompVizError
from comp_viz.training.record import Epoch

PROJECT = "comp-viz"


@dataclass(frozen=True)
class Tracker:
    """Somewhere to send numbers to: `log(values by name, epoch)` after every epoch, and `close()` in the end."""

    log: Callable[[Mapping[str, float], int], Any]
    close: Callable[[], Any]

    def epoch(self, epoch: Epoch) -> None:
        """Log the numbers of an epoch, as `training/loss/audio`; what is not defined is left out."""
        self.log({"/".join(key): value for key, value in epoch.values.items() if value == value}, epoch.number)


def tensorboard(out: Path, settings: Mapping[str, Any]) -> Tracker:
    """Event files in the run's folder, for `tensorboard --logdir`."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(out / "tensorboard")
    writer.add_text("settings", "\n".join(f"- {name}: {value}" for name, value in settings.items()))

    def log(values: Mapping[str, float], epoch: int) -> None:
        for name, value in values.items():
            writer.add_scalar(name, value, epoch)

    return Tracker(log, writer.close)


def mlflow(out: Path, settings: Mapping[str, Any]) -> Tracker:
    """A run of the experiment `comp-viz`, on the server that `MLFLOW_TRACKING_URI` names."""
    import mlflow

    mlflow.set_experiment(PROJECT)
    mlflow.start_run(run_name=out.name)
    mlflow.log_params(dict(settings))
    return Tracker(lambda values, epoch: mlflow.log_metrics(dict(values), step=epoch), mlflow.end_run)


def wandb(out: Path, settings: Mapping[str, Any]) -> Tracker:
    """A run of the project `comp-viz`; `WANDB_MODE=offline` keeps it on this machine, in the run's folder."""
    import wandb

    run = wandb.init(project=PROJECT, name=out.name, config=dict(settings), dir=str(out))
    return Tracker(lambda values, epoch: run.log(dict(values), step=epoch), run.finish)


TRACKERS: dict[str, Callable[[Path, Mapping[str, Any]], Tracker]] = {
    "tensorboard": tensorboard,
    "mlflow": mlflow,
    "wandb": wandb,
}


def open_tracker(name: str, out: Path, settings: Mapping[str, Any]) -> Tracker:
    """Start tracking a run that writes to `out`. Raises `CompVizError` when the tracker is not installed or does not answer."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        return TRACKERS[name](out, settings)
    except ImportError as error:
        raise CompVizError(
            f"--track {name} needs a package that is not installed ({error}). Install it with: pip install 'comp-viz[{name}]', "
            f"or leave --track out; the run's telemetry is kept in {out} all the same."
        ) from None
    except Exception as error:  # whatever a tracker raises, it is about its server, its settings or its account
        raise CompVizError(f"--track {name} could not be started: {error}") from error
