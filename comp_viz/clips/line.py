"""Who of those whose clips wait may go on: a line of a server, with one place to decode and few to be analysed."""

import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from comp_viz.background_job import Cancelled
from comp_viz.clips.progress import Progress

SHORT = 60.0  # seconds: two clips that last no longer may be analysed side by side
CORES = 2  # that one analysis keeps busy
MEMORY = 2.0  # GiB that must be free for a second one
MEASURES = Path("/proc/meminfo"), Path("/sys/fs/cgroup")  # where Linux says how much memory there is


@dataclass(eq=False)
class Ticket:
    """A place in the line."""

    length: float = math.nan  # seconds that the clip lasts, once it is decoded
    progress: Progress | None = None  # its last report
    given_up: threading.Event = field(default_factory=threading.Event)


class Line:
    """Tickets in the order in which they came, until they are handed back.

    Decoding needs a place of its own, so that whoever waits knows already that the clip can be read and how long it is.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.tickets = list[Ticket]()
        self.decoding: Ticket | None = None
        self.running = list[Ticket]()

    def join(self, ticket: Ticket) -> None:
        """Stand at the end."""
        with self.changed:
            self.tickets.append(ticket)

    def wait_to_decode(self, ticket: Ticket) -> None:
        """Return once the clip may be decoded. Raises `Cancelled` once the ticket is given up."""
        with self.changed:
            self._wait(ticket, lambda: self.decoding is None and self._undecoded()[0] is ticket)
            self.decoding = ticket

    def wait_to_run(self, ticket: Ticket, length: float) -> None:
        """Return once the clip, decoded and so many seconds long, may be analysed. Raises `Cancelled` as above."""
        with self.changed:
            ticket.length = length
            self.decoding = None
            self.changed.notify_all()
            self._wait(ticket, lambda: self._next() is ticket)
            self.running.append(ticket)
            self.changed.notify_all()

    def leave(self, ticket: Ticket) -> None:
        """Hand a ticket back, and with it whatever place it had; nothing happens the second time."""
        with self.changed:
            for tickets in (self.tickets, self.running):
                if ticket in tickets:
                    tickets.remove(ticket)
            if self.decoding is ticket:
                self.decoding = None
            self.changed.notify_all()

    def ahead(self, ticket: Ticket) -> list[Ticket]:
        """Those that are analysed now or will be before this one."""
        with self.changed:
            before = self.tickets[: self.tickets.index(ticket)] if ticket in self.tickets else []
            return [
                other for other in self.tickets if other is not ticket and (other in before or other in self.running)
            ]

    def seconds_to_wait(self, ticket: Ticket) -> float:
        """Seconds until this one's turn by what those ahead report; NaN where one of them has not said how long it takes."""
        now, ahead = time.monotonic(), self.ahead(ticket)
        reports = [(other, other.progress) for other in ahead]
        if any(report is None for _, report in reports):
            return math.nan
        running = [report.seconds_left(now) for other, report in reports if report and other in self.running]
        waiting = [report.seconds_left(report.at) for other, report in reports if report and other not in self.running]
        return max(running, default=0.0) + math.fsum(waiting)

    def _wait(self, ticket: Ticket, allowed: Callable[[], bool]) -> None:
        """Wait, holding the lock."""
        self.changed.wait_for(lambda: ticket.given_up.is_set() or allowed())
        if ticket.given_up.is_set():
            raise Cancelled("The analysis was stopped.")

    def _undecoded(self) -> list[Ticket]:
        return [ticket for ticket in self.tickets if math.isnan(ticket.length)]

    def _next(self) -> Ticket | None:
        """The first that is decoded and waits, where there is room for it."""
        waiting = [t for t in self.tickets if not math.isnan(t.length) and t not in self.running]
        if not waiting or not self.running:
            return waiting[0] if waiting else None
        return waiting[0] if room_beside(self.running, waiting[0].length) else None


def room_beside(running: list[Ticket], length: float) -> bool:
    """Whether a clip of this length may be analysed beside those: one other short one, with cores and memory for two."""
    return (
        len(running) == 1
        and max(length, running[0].length) <= SHORT
        and cores() >= 2 * CORES
        and free_memory() >= MEMORY
    )


def cores() -> float:
    """Processors that this process may use, by its affinity and its share of the machine."""
    count = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    try:
        quota, period = (MEASURES[1] / "cpu.max").read_text().split()
        return min(count, float(quota) / float(period))
    except (OSError, ValueError):  # no limit
        return count


def free_memory() -> float:
    """GiB of memory that are free, by the machine and by this process's share of it; 0 where it cannot be known."""
    try:
        lines = dict(line.split(":") for line in MEASURES[0].read_text().splitlines())
        free = float(lines["MemAvailable"].split()[0]) / 2**20
    except (OSError, ValueError, KeyError):
        return 0.0
    try:
        most, used = (int((MEASURES[1] / name).read_text()) for name in ("memory.max", "memory.current"))
        return min(free, (most - used) / 2**30)
    except (OSError, ValueError):  # no limit
        return free
