"""Analyses of clips in the background: one at a time on a server, the others in line, each of which may be given up."""

import atexit
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from comp_viz.clips.clip import Clip
from comp_viz.clips.progress import Cancelled, Progress
from comp_viz.errors import CompVizError

State = Literal["waiting", "running", "done", "failed", "cancelled"]
Work = Callable[
    [Callable[[Progress], None], Callable[[], bool]], Clip
]  # told where to report, and how to ask whether to stop
PATIENCE = 5.0  # seconds that the end of the server waits for an analysis to stop

turn = threading.Condition()
line: list["Job"] = []  # those not over yet, in order; the first is running


@dataclass(eq=False)
class Job:
    """An analysis that was asked for. Its attributes may be read from any thread; `join` and `cancel` are its only commands."""

    name: str  # of the clip, for people
    work: Work = field(repr=False)
    state: State = "waiting"
    progress: Progress | None = None  # None until it has begun
    clip: Clip | None = None  # once it is done
    problem: str = ""  # why it failed, for people
    stopping: threading.Event = field(default_factory=threading.Event, repr=False)
    over: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def ahead(self) -> int:
        """How many others are in line before it."""
        with turn:
            return line.index(self) if self in line else 0

    def cancel(self) -> None:
        """Give it up; returns at once. It ends at its next report."""
        self.stopping.set()
        with turn:
            turn.notify_all()

    def run(self) -> None:
        """Wait for its turn, do the work, and keep what came of it."""
        try:
            with turn:
                turn.wait_for(lambda: line[0] is self or self.stopping.is_set())
            if self.stopping.is_set():
                raise Cancelled("The analysis was stopped.")
            self.state = "running"
            self.clip = self.work(self.report, self.stopping.is_set)
            self.state = "done"
        except Cancelled:
            self.state = "cancelled"
        except CompVizError as error:
            self.problem, self.state = str(error), "failed"
        except Exception as error:  # whatever a visitor's file brings about must not take the line down with it
            self.problem, self.state = f"The analysis broke off ({type(error).__name__}: {error}).", "failed"
        finally:
            with turn:
                line.remove(self)
                turn.notify_all()
            self.over.set()

    def report(self, progress: Progress) -> None:
        """Keep how far the work is."""
        self.progress = progress


def start(name: str, work: Work) -> Job:
    """Put an analysis in line; `work` runs in a thread of its own once all before it are over."""
    job = Job(name, work)
    with turn:
        line.append(job)
    threading.Thread(target=job.run, name=f"analysis of {name}", daemon=True).start()
    return job


@atexit.register
def stop_all() -> None:
    """Give all analyses up at the end of the server, so that none writes into a folder that is being removed."""
    with turn:
        jobs = list(line)
    for job in jobs:
        job.cancel()
    for job in jobs:
        job.over.wait(PATIENCE)
