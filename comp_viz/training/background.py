"""Training in a process of its own, which goes on while pages come and go and ends with the server at the latest."""

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import comp_viz
from comp_viz.errors import CompVizError
from comp_viz.last_change import last_change
from comp_viz.training.run import PROGRESS, RUNNING

State = Literal["running", "done", "failed", "cancelled"]
THREADS = "1"  # with two a training took as long (12.4 s against 11.2 s) and kept both processors busy
PATIENCE = 5.0  # seconds from asking a process to end to ending it
# Options for a small model on a lab of the usual size, 300 conversations to train on. From start to checkpoint it took 18 to
# 22 s on one of two cores, up to 30 s beside other work. In points of accuracy, mean over missing rates 0 to 0.7, all
# presets came within 0.6 of the best attainable without context, and 1.6 to 2.8 below the best with it: the network does not
# know the order of utterances. Five times the epochs and twice the width reached no more.
SMALL = (
    "--hidden=32", "--first-epochs=3", "--second-epochs=12", "--dropout=0.1", "--feature-noise=0.2", "--learning-rate=0.004",
)  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """How far a training is."""

    epoch: int  # epochs done
    of: int  # epochs in all, 0 before the first is done
    stage: int  # 1 modalities on their own, 2 the full model, 0 before the first epoch is done
    seconds: float  # since it was started, up to its end


class Job:
    """A training that was started. Its methods may be called from any thread; all but `cancel` return at once."""

    def __init__(self, data: str, out: Path, options: Sequence[str]) -> None:
        self.data, self.out, self.options = data, out, tuple(options)
        self.log = out.parent / f"{out.name}.log"  # what the process prints
        self._lock, self._cancelled = threading.Lock(), False
        self._before = last_change(out / RUNNING / PROGRESS)
        self._seen = {"epoch": 0, "of": 0, "stage": 0}
        self._started, self._ended = time.monotonic(), 0.0
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command(data, out, options), env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        atexit.register(self.cancel)
        threading.Thread(target=self._wait, name=f"training {out.name}", daemon=True).start()

    def _wait(self) -> None:
        """Take leave of the process the moment it ends, so that none is left as a zombie."""
        self._process.wait()
        self._ended = time.monotonic()

    @property
    def state(self) -> State:
        """What became of it so far."""
        status = self._process.poll()
        if status is None:
            return "running"
        if status == 0:
            return "done"
        return "cancelled" if self._cancelled else "failed"

    def progress(self) -> Progress:
        """How far it is, by what the run says; what is there from before the start is of another run."""
        path = self.out / RUNNING / PROGRESS
        if last_change(path) not in (0, self._before):
            with suppress(FileNotFoundError):  # the run may come to its end just now
                self._seen = json.loads(path.read_text(encoding="utf-8"))
        said = self._seen | {"epoch": self._seen["of"]} if self.state == "done" else self._seen
        return Progress(**said, seconds=(self._ended or time.monotonic()) - self._started)

    def words(self) -> str:
        """The state in a sentence; for a failed run with the last line it printed."""
        return {
            "running": f"Training on {self.data} is under way.",
            "done": f"Training on {self.data} is done; the checkpoint is in {self.out}.",
            "cancelled": f"Training on {self.data} was cancelled; started again it goes on from the last epoch it saved.",
            "failed": f"Training on {self.data} failed: {self._reason()} What it printed is in {self.log}.",
        }[self.state]

    def _reason(self) -> str:
        """Why it failed."""
        status = self._process.poll()
        if status is not None and status < 0:
            return f"the system ended it with signal {-status}; the memory may have run out."
        said = self.log.read_text(encoding="utf-8", errors="replace").strip() if self.log.is_file() else ""
        return said.rpartition("\n")[2].removeprefix("comp_viz: ") or "it said nothing."

    def cancel(self) -> None:
        """End the process and wait until it has ended; nothing happens when it is over already."""
        with self._lock:
            if self._process.poll() is not None:
                return
            self._cancelled = True
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


jobs: list[Job] = []  # all that were started, the last one at the end
starting = threading.Lock()


def running() -> Job | None:
    """The training that is under way on this server, whoever started it."""
    return jobs[-1] if jobs and jobs[-1].state == "running" else None


def start(data: str, out: Path, options: Sequence[str] = SMALL) -> Job:
    """Train on a data set, `"lab(…)"` or a file, into the checkpoint folder `out`; `options` as for the `train` command.

    An interrupted run with the same options is continued, and the job of one that is under way is given again. Raises
    `CompVizError` while another training is under way: two would only slow each other and the dashboard down.
    """
    with starting:
        if job := running():
            if (job.data, job.out, job.options) == (data, out, tuple(options)):
                return job
            raise CompVizError(f"A training on {job.data} is under way. Wait until it is over, or cancel it first.")
        out.parent.mkdir(parents=True, exist_ok=True)
        jobs.append(Job(data, out, options))
        return jobs[-1]


def command(data: str, out: Path, options: Sequence[str]) -> list[str]:
    """The command line of a training; data and folder joined to their flags, so that neither is taken for one."""
    return [sys.executable, "-m", "comp_viz", "train", f"--data={data}", f"--out={out}", *options]


def environment() -> dict[str, str]:
    """That of the server, with few threads, no progress bar, and this package wherever the server was started."""
    places = [str(Path(comp_viz.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    path = os.pathsep.join(filter(None, places))
    return os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": THREADS, "TQDM_DISABLE": "1"}
