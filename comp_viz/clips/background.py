"""Analyses of clips in the background: one at a time on a server, the others in line, each of which may be given up."""

import threading
from collections.abc import Callable

from comp_viz.background_job import BackgroundJob, Cancelled
from comp_viz.clips.clip import Clip
from comp_viz.clips.progress import Progress

# Gets a function to report progress to, and one that tells whether to stop.
Analysis = Callable[[Callable[[Progress], None], Callable[[], bool]], Clip]

turn = threading.Condition()
waiting_line: list["AnalysisJob"] = []  # those not over yet, in order; the first is running


class AnalysisJob(BackgroundJob[Progress]):
    """An analysis of a clip, which waits in line for its turn; cancelled, it ends at its next report."""

    kind = "analysis"

    def __init__(self, name: str, analysis: Analysis) -> None:
        super().__init__(name)
        self.clip: Clip | None = None  # once it is done
        self._analysis = analysis
        self._progress: Progress | None = None

    @property
    def progress(self) -> Progress | None:
        """How far it is; None until it has begun."""
        return self._progress

    @property
    def ahead(self) -> int:
        """How many others are in line before it."""
        with turn:
            return waiting_line.index(self) if self in waiting_line else 0

    def cancel(self) -> None:
        """Give it up; returns at once."""
        super().cancel()
        with turn:
            turn.notify_all()

    def work(self) -> None:
        """Wait for its turn and analyse."""
        try:
            with turn:
                turn.wait_for(lambda: waiting_line[0] is self or self.stopping.is_set())
            if self.stopping.is_set():
                raise Cancelled("The analysis was stopped.")
            self.state = "running"
            self.clip = self._analysis(self._report, self.stopping.is_set)
        finally:
            with turn:
                waiting_line.remove(self)
                turn.notify_all()

    def _report(self, progress: Progress) -> None:
        """Keep how far the work is."""
        self._progress = progress


def start_analysis(name: str, analysis: Analysis) -> AnalysisJob:
    """Put an analysis in line; it runs in a thread of its own once all before it are over. `name`, of the clip, is for people."""
    job = AnalysisJob(name, analysis)
    with turn:
        waiting_line.append(job)
    job.start()
    return job
