"""Training in a process of its own, which goes on while pages come and go and ends with the server at the latest."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

from comp_viz.background_job import PATIENCE, BackgroundJob, Cancelled
from comp_viz.child_process import NOT_IMPORTABLE
from comp_viz.errors import CompVizError
from comp_viz.last_change import last_change
from comp_viz.methods.recipe import Recipe
from comp_viz.methods.registry import find_method
from comp_viz.training.run import PROGRESS, RUNNING

THREADS = "1"  # with two a training took as long (12.4 s against 11.2 s) and kept both processors busy
# Options for a small model on a lab of the usual size, 300 conversations to train on. From start to checkpoint it took 18 to
# 22 s on one of two cores, up to 30 s beside other work. In points of accuracy, mean over missing rates 0 to 0.7, all
# presets came within 0.6 of the best attainable without context, and 1.6 to 2.8 below the best with it: the network does not
# know the order of utterances. Five times the epochs and twice the width reached no more.
SMALL = (
    "--hidden=32", "--first-epochs=3", "--second-epochs=12", "--dropout=0.1", "--feature-noise=0.2", "--learning-rate=0.004",
)  # fmt: skip


def small_options(method: str) -> tuple[str, ...]:
    """The options of a small training by a method of this name: those of `SMALL` that it has."""
    kinds = (find_method(method).config, Recipe)
    own = {"--" + option.name.replace("_", "-") for kind in kinds for option in fields(kind)}
    return (f"--method={method}", *(option for option in SMALL if option.partition("=")[0] in own))


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training is."""

    epoch: int  # epochs done
    of: int  # epochs in all, 0 before the first is done
    stage: int  # 1 modalities on their own, 2 the full model, 0 before the first epoch is done
    seconds: float  # since it was started, up to its end


class TrainingJob(BackgroundJob[TrainingProgress]):
    """A training that was started."""

    kind = "training"

    def __init__(self, data: str, out: Path, options: Sequence[str]) -> None:
        super().__init__(out.name)
        self.data, self.out, self.options = data, out, tuple(options)
        self.log = out.parent / f"{out.name}.log"  # what the process prints
        self.state = "running"
        self._cancelling = threading.Lock()
        self._before = last_change(out / RUNNING / PROGRESS)
        self._seen = {"epoch": 0, "of": 0, "stage": 0}
        self._started, self._ended = time.monotonic(), 0.0
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                training_command(data, out, options),
                env=training_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def work(self) -> None:
        """Take leave of the process the moment it ends, so that none is left as a zombie, and see how it ended."""
        status = self._process.wait()
        self._ended = time.monotonic()
        if status != 0:
            if self.stopping.is_set():
                raise Cancelled("The training was cancelled.")
            raise CompVizError(self._reason(status))

    @property
    def progress(self) -> TrainingProgress:
        """How far it is, by what the run reports; what is there from before the start is of another run."""
        path = self.out / RUNNING / PROGRESS
        if last_change(path) not in (0, self._before):
            with suppress(FileNotFoundError):  # the run may come to its end just now
                self._seen = json.loads(path.read_text(encoding="utf-8"))
        seen = self._seen | {"epoch": self._seen["of"]} if self.state == "done" else self._seen
        return TrainingProgress(**seen, seconds=(self._ended or time.monotonic()) - self._started)

    def words(self) -> str:
        """The state in a sentence; for a failed run with the last line it printed."""
        return {
            "running": f"Training on {self.data} is under way.",
            "done": f"Training on {self.data} is done; the checkpoint is in {self.out}.",
            "cancelled": f"Training on {self.data} was cancelled; started again it goes on from the last epoch it saved.",
            "failed": f"Training on {self.data} failed: {self.problem} What it printed is in {self.log}.",
        }[self.state]

    def _reason(self, status: int) -> str:
        """Why it failed."""
        if status < 0:
            return f"the system ended it with signal {-status}; the memory may have run out."
        printed = self.log.read_text(encoding="utf-8", errors="replace").strip() if self.log.is_file() else ""
        last = printed.rpartition("\n")[2].removeprefix("comp_viz: ")
        return NOT_IMPORTABLE if last.endswith("No module named comp_viz") else last or "it printed nothing."

    def cancel(self) -> None:
        """End the process and wait until it has ended; nothing happens when it is over already."""
        with self._cancelling:
            if self._process.poll() is None:
                self.stopping.set()
                self._process.terminate()
                if not self.over.wait(PATIENCE):
                    self._process.kill()
            self.over.wait()


jobs: list[TrainingJob] = []  # all that were started, the last one at the end
starting = threading.Lock()


def running_training() -> TrainingJob | None:
    """The training that is under way on this server, whoever started it."""
    return jobs[-1] if jobs and jobs[-1].state == "running" else None


def start_training(data: str, out: Path, options: Sequence[str] = SMALL) -> TrainingJob:
    """Train on a data set, `"lab(…)"` or a file, into the checkpoint folder `out`; `options` as for the `train` command.

    An interrupted run with the same options is continued, and the job of one that is under way is given again. Raises
    `CompVizError` while another training is under way: two would only slow each other and the dashboard down.
    """
    with starting:
        if job := running_training():
            if (job.data, job.out, job.options) == (data, out, tuple(options)):
                return job
            raise CompVizError(f"A training on {job.data} is under way. Wait until it is over, or cancel it first.")
        out.parent.mkdir(parents=True, exist_ok=True)
        job = TrainingJob(data, out, options)
        job.start()
        jobs.append(job)
        return job


def training_command(data: str, out: Path, options: Sequence[str]) -> list[str]:
    """The command line of a training; data and folder joined to their flags, so that neither is taken for one."""
    return [sys.executable, "-m", "comp_viz", "train", f"--data={data}", f"--out={out}", *options]


def training_environment() -> dict[str, str]:
    """That of the server, with few threads and no progress bar."""
    return os.environ | {"OMP_NUM_THREADS": THREADS, "TQDM_DISABLE": "1"}
