"""How far an analysis is, and the way to stop it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from comp_viz.background_job import Cancelled

# Stage -> in words, and its usual share of the time, from a 20 s clip with models in memory.
STAGES = {
    "decode": ("Reading sound and pictures", 0.10),
    "speech": ("Listening for words", 0.40),
    "video": ("Looking for faces", 0.30),
    "audio": ("Voice features", 0.15),
    "text": ("Text features", 0.05),
}


@dataclass(frozen=True)
class Progress:
    """Where an analysis is now."""

    stage: str  # one of STAGES
    done: float  # share of the whole, 0 to 1
    left: float  # seconds left, estimated from the time so far; NaN at the very start

    @property
    def words(self) -> str:
        """The stage in words."""
        return STAGES[self.stage][0]


@dataclass
class Watch:
    """Told by each stage how far it is; tells the caller, takes the time of each stage, and stops on request."""

    report: Callable[[Progress], None] = lambda progress: None
    cancelled: Callable[[], bool] = lambda: False
    seconds: dict[str, float] = field(default_factory=dict)  # stage -> time spent in it
    began: float = field(default_factory=time.perf_counter)
    last: float = field(default_factory=time.perf_counter)

    def at(self, stage: str, share: float) -> None:
        """`stage` has done `share` of its work. Raises `Cancelled` when the caller asked to stop.

        No result is kept then, only what was decoded, so that another try begins there.
        """
        if self.cancelled():
            raise Cancelled("The analysis was stopped.")
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self.last
        self.last = now
        stages = list(STAGES)
        before = sum(STAGES[name][1] for name in stages[: stages.index(stage)])
        done = before + STAGES[stage][1] * share
        left = (now - self.began) * (1 - done) / done if done > 0.02 else float("nan")
        self.report(Progress(stage, done, left))
