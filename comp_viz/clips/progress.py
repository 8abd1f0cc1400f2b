"""How far an analysis is, how long it still takes by what was measured in it, and the way to stop it."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from comp_viz.background_job import Cancelled
from comp_viz.clips.media import Media
from comp_viz.clips.span import Span

STAGES = {  # in their order, in words
    "decode": "Reading sound and pictures",
    "load": "Loading models",
    "speech": "Listening for words",
    "video": "Looking for faces",
    "audio": "Voice features",
    "text": "Text features",
}
PRIOR = 1.0  # seconds of usual work that a first guess of the pace counts as
MEMORY = 15.0  # seconds after which what was measured counts a third
CARRIED = 4.0  # seconds of usual work that a pace counts as at most in the next stage, which is work of another kind
OVERRUN = 0.5  # of the time that a step takes too long: its rest is taken to be at least that
SLOW = 2.0  # times longer than usual, from which people are told why they wait


@dataclass(frozen=True)
class Draft:
    """What is known of a clip while it is analysed, for people to look at."""

    media: Media | None = None  # once it is decoded
    spans: tuple[Span, ...] = ()  # utterances so far
    reasons: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # as of a clip, of those utterances read so far


@dataclass(frozen=True)
class Progress:
    """Where an analysis was at its last report, and by that how far it is at any moment until the next.

    Work is counted in the seconds that it took usually, in earlier analyses of this process.
    """

    stage: str  # one of STAGES
    done: float  # work done
    step: float  # work until the next report
    whole: float  # all work; NaN until it is known how long the clip is
    pace: float  # seconds that a second of work takes, as measured in this analysis
    weight: float  # work that the pace was measured over
    at: float  # seconds on the clock of `time.monotonic`
    draft: Draft = field(default_factory=Draft)

    @property
    def words(self) -> str:
        """The stage in words."""
        return STAGES[self.stage]

    def slow(self, now: float) -> bool:
        """Whether work takes much longer than usual: a busy machine, or one that loads from a slow disk."""
        late = now - self.at > SLOW * (self.step * self.pace + PRIOR)
        return self.pace > SLOW or (late and self.step > 0)

    def share(self, now: float) -> float:
        """Share of the work that is done, 0 to 1; 0 where the whole is not known."""
        if math.isnan(self.whole) or not self.whole:
            return 0.0
        return min(1.0, (self.done + min(self.step, max(0.0, now - self.at) / self.pace)) / self.whole)

    def seconds_left(self, now: float) -> float:
        """Seconds left; NaN where the whole is not known. Grows while a step takes longer than it should."""
        passed, expected = max(0.0, now - self.at), self.step * self.pace
        after = max(self.whole - self.done - self.step, 0.0)  # sums of parts are not exact
        if passed <= expected:
            return expected - passed + after * self.pace
        pace = self.pace
        if self.stage != "load":  # which says nothing about the work after it
            pace = max(pace, (self.weight * pace + passed) / (self.weight + self.step))
        return OVERRUN * (passed - expected) + after * pace


class Costs:
    """What a second of a clip takes in each stage, in seconds: at first on two idle cores, then in this process's analyses."""

    def __init__(self) -> None:
        self.seconds = {"decode": 0.03, "load": 1.0, "speech": 0.06, "video": 0.05, "audio": 0.015, "text": 0.002}

    def learn(self, stage: str, took: float, amount: float) -> None:
        """Note what a stage took for this many seconds of a clip; short ones say little, and one odd clip not much."""
        if stage != "load" and amount >= 5:
            known = self.seconds[stage]
            self.seconds[stage] = (known + min(2 * known, max(known / 2, took / amount))) / 2


COSTS = Costs()


@dataclass
class Watch:
    """Told by each stage how far it is; tells the caller, takes the time of each stage, and stops on request."""

    report: Callable[[Progress], None] = lambda progress: None
    cancelled: Callable[[], bool] = lambda: False
    seconds: dict[str, float] = field(default_factory=dict)  # stage -> time spent in it
    costs: Costs = COSTS
    clock: Callable[[], float] = time.monotonic
    draft: Draft = field(default_factory=Draft)

    def __post_init__(self) -> None:
        self._amounts = dict.fromkeys(STAGES, math.nan)  # stage -> seconds of the clip that it works through
        self._stage, self._share, self._last = "decode", 0.0, self.clock()
        self._took = self._worked = 0.0  # seconds, and work, that the pace is measured over

    def expect(self, **amounts: float) -> None:
        """So many seconds of the clip are to be worked through in these stages; of "load", seconds that it takes."""
        self._amounts |= amounts

    def pause(self) -> None:
        """What passed since the last report was no work."""
        self._last = self.clock()

    def at(self, stage: str, share: float, then: float = 1.0) -> None:
        """`stage` has done `share` of its work, and will have done `then` at its next report.

        Raises `Cancelled` when the caller asked to stop. No result is kept then, only what was decoded, so that another try
        begins there.
        """
        if self.cancelled():
            raise Cancelled("The analysis was stopped.")
        now = self.clock()
        took, self._last = now - self._last, now
        self.seconds[stage] = self.seconds.get(stage, 0.0) + took
        self._measure(stage, share, took)
        work = {name: self.costs.seconds[name] * amount for name, amount in self._amounts.items()}
        before = list(STAGES)[: list(STAGES).index(stage)]
        done = math.fsum(work[name] for name in before) + work[stage] * share
        pace = (PRIOR + self._took) / (PRIOR + self._worked)
        step = work[stage] * max(0.0, then - share)
        self.report(Progress(stage, done, step, math.fsum(work.values()), pace, PRIOR + self._worked, now, self.draft))
        if share >= 1:
            self.costs.learn(stage, self.seconds[stage], self._amounts[stage])

    def _measure(self, stage: str, share: float, took: float) -> None:
        """Take the time of the work since the last report into the pace."""
        if stage != self._stage:
            kept = min(1.0, CARRIED / self._worked) if self._worked else 1.0
            self._took, self._worked = kept * self._took, kept * self._worked
            self._stage, self._share = stage, 0.0
        worked = self.costs.seconds[stage] * self._amounts[stage] * max(0.0, share - self._share)
        self._share = share
        if not math.isnan(worked) and stage != "load":
            kept = math.exp(-took / MEMORY)
            self._took, self._worked = kept * self._took + took, kept * self._worked + worked
