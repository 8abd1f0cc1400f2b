"""Work in the background of a server: begun once, followed from any thread, cancelled, and over with the server at the latest."""

import atexit
import threading
from abc import ABC, abstractmethod
from typing import Any, Generic, Literal, TypeVar

from comp_viz.errors import CompVizError

JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
ProgressT = TypeVar("ProgressT")  # how far a job is
PATIENCE = 5.0  # seconds from asking a job to stop to ending it, or to the end of the server


class Cancelled(CompVizError):
    """The work was stopped because somebody asked for it."""


class BackgroundJob(ABC, Generic[ProgressT]):
    """Work in a thread of its own. Its attributes may be read from any thread; `start` and `cancel` are its only commands."""

    kind = "work"  # in a sentence

    def __init__(self, name: str) -> None:
        self.name = name  # for people
        self.state: JobState = "waiting"
        self.problem = ""  # why it failed, for people
        self.stopping = threading.Event()  # set once it is asked to stop
        self.over = threading.Event()

    @property
    @abstractmethod
    def progress(self) -> ProgressT | None:
        """How far it is; None until that is known."""

    @abstractmethod
    def work(self) -> None:
        """Do the work, in the thread; sets `state` to running.

        Raises `Cancelled` when it stopped because of `stopping`, and `CompVizError` when it failed.
        """

    def start(self) -> None:
        """Begin; to be called once."""
        with _lock:
            _under_way.append(self)
        threading.Thread(target=self._run, name=f"{self.kind} {self.name}", daemon=True).start()

    def cancel(self) -> None:
        """Ask it to stop; nothing happens when it is over already."""
        self.stopping.set()

    def _run(self) -> None:
        """Do the work and keep what became of it."""
        outcome: JobState = "failed"
        try:
            self.work()
            outcome = "done"
        except Cancelled:
            outcome = "cancelled"
        except CompVizError as error:
            self.problem = str(error)
        except Exception as error:  # whatever a visitor's file brings about must not take the server down with it
            self.problem = f"The {self.kind} broke off ({type(error).__name__}: {error})."
        finally:
            self.state = outcome
            with _lock:
                _under_way.remove(self)
            self.over.set()


_lock = threading.Lock()
_under_way: list[BackgroundJob[Any]] = []


@atexit.register
def end_jobs() -> None:
    """Cancel what is under way at the end of the server, so that no process is left and none writes where files are removed."""
    with _lock:
        jobs = list(_under_way)
    for job in jobs:
        job.cancel()
    for job in jobs:
        job.over.wait(PATIENCE)
