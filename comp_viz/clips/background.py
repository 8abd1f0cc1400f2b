"""Analyses of clips in the background, in line on a server, each of which may be given up and then frees its place at once."""

import math
from collections.abc import Callable

from comp_viz.background_job import BackgroundJob, Cancelled
from comp_viz.clips.clip import Clip
from comp_viz.clips.line import Line, Ticket
from comp_viz.clips.progress import Progress

# Gets a function to report progress to, one that tells whether to stop, and one that is given the clip's length once it is
# decoded and returns at its turn.
Analysis = Callable[[Callable[[Progress], None], Callable[[], bool], Callable[[float], None]], Clip]

LINE = Line()  # of this server


class AnalysisJob(BackgroundJob[Progress]):
    """An analysis of a clip, which waits in line for its turn.

    Cancelled, it leaves the line at once; its thread ends at its next report, as nothing can stop it between two.
    """

    kind = "analysis"

    def __init__(self, name: str, analysis: Analysis) -> None:
        super().__init__(name)
        self.clip: Clip | None = None  # once it is done
        self._analysis = analysis
        self._ticket = Ticket(given_up=self.stopping)

    @property
    def progress(self) -> Progress | None:
        """Its last report; None until it has begun."""
        return self._ticket.progress

    @property
    def ahead(self) -> int:
        """How many others come before it; 0 once it has its turn."""
        return len(LINE.ahead(self._ticket)) if self.state == "waiting" else 0

    @property
    def decoded(self) -> bool:
        """Whether it is decoded."""
        return not math.isnan(self._ticket.length)

    @property
    def seconds_to_wait(self) -> float:
        """Seconds until its turn; NaN where that cannot be told."""
        return LINE.seconds_to_wait(self._ticket)

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come of it: over, or given up."""
        return self.over.is_set() or self.stopping.is_set()

    def start(self) -> None:
        """Stand in line, and begin; to be called once."""
        LINE.join(self._ticket)
        super().start()

    def cancel(self) -> None:
        """Give it up and free its place; returns at once."""
        super().cancel()
        LINE.leave(self._ticket)

    def work(self) -> None:
        """Decode and analyse, each in its turn."""
        try:
            LINE.wait_to_decode(self._ticket)
            clip = self._analysis(self._report, self.stopping.is_set, self._turn)
            if self.stopping.is_set():
                raise Cancelled("The analysis was stopped.")
            self.clip = clip
        finally:
            LINE.leave(self._ticket)

    def _turn(self, length: float) -> None:
        """Wait for the turn of a clip that is decoded and so many seconds long."""
        LINE.wait_to_run(self._ticket, length)
        self.state = "running"

    def _report(self, progress: Progress) -> None:
        """Keep how far the work is."""
        self._ticket.progress = progress


def start_analysis(name: str, analysis: Analysis) -> AnalysisJob:
    """Put an analysis in line; it runs in a thread of its own when it is its turn. `name`, of the clip, is for people."""
    job = AnalysisJob(name, analysis)
    job.start()
    return job
