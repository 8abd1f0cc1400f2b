"""The times of a file's packets: found by reading them all once, and put right where the clock starts again.

Camcorders, and people who join files end to end, leave several takes in one file, each with a clock of its own. A packet's
time is shifted before it is decoded, so that a take begins where sound and pictures of the one before have both ended.
"""

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import av

BACK = 0.1  # seconds that a stream's clock must fall back by to have started again: times of decoding never fall
BACK_SHOWN = 1.0  # the same for times of showing, which may fall where pictures are stored out of order
AHEAD = 10.0  # seconds that it must jump ahead by, in containers made for joining
JOINED = ("mpeg", "mpegts")  # those containers; in others a jump ahead is a stretch in which nothing was recorded
TRAILS = 3.0  # seconds that one stream may go on, in the order of the file, before it starts again as the other did
LONE = 0.5  # seconds that one stream may go on and end, where it does not start again
REORDERED = 16  # packets among which the one shown first is looked for


@dataclass
class Row:
    """The packets of one stream, in the order of the file."""

    place: "array[int]" = field(default_factory=lambda: array("q"))  # number among all packets
    time: "array[float]" = field(default_factory=lambda: array("d"))  # of decoding where known, else of showing
    shown: "array[float]" = field(default_factory=lambda: array("d"))
    end: "array[float]" = field(default_factory=lambda: array("d"))
    timed: bool = True  # whether every packet says when it is shown

    def add(self, place: int, packet: Any) -> None:
        """Note the times of a packet."""
        base = float(packet.time_base or 0)
        when = packet.dts if packet.dts is not None else packet.pts
        if when is None:
            time = self.end[-1] if self.end else 0.0
            shown = time
        else:
            time = when * base
            shown = time if packet.pts is None else packet.pts * base
        self.timed &= packet.pts is not None
        self.place.append(place)
        self.time.append(time)
        self.shown.append(shown)
        self.end.append(max(shown, time) + (packet.duration or 0) * base)

    def breaks(self, back: float, ahead: float) -> list[int]:
        """Numbers of packets at which this stream's clock starts again."""
        time, end = self.time, self.end
        return [i for i in range(1, len(time)) if time[i] < time[i - 1] - back or time[i] > end[i - 1] + ahead]

    def length(self, breaks: list[int]) -> float:
        """Seconds that the packets go on for, each stretch of one clock counted by itself, without long gaps."""
        total, edges = 0.0, [0, *breaks, len(self.time)]
        for begin, end in pairwise(edges):
            latest = self.time[begin] if begin < end else 0.0
            for time in self.time[begin:end]:
                if time > latest:
                    total, latest = total + min(time - latest, AHEAD), time
        return total

    def lasts(self, begin: int, end: int) -> float:
        """Seconds from one packet to another."""
        return self.time[end - 1] - self.time[begin] if end - begin > 1 else 0.0

    def at(self, place: float) -> int:
        """The number of the first packet at or after a place in the file."""
        return bisect_left(self.place, place)


@dataclass
class Clock:
    """Shifts of packets, and how long the file lasts."""

    length: float  # seconds, by the longest stream
    joins: list[float]  # seconds, as shifted: where each take but the first begins
    shifts: dict[int, list[tuple[int, float]]]  # stream -> from which packet on, by how many seconds
    shown: dict[
        int, "array[float]"
    ]  # stream -> when each packet is shown, before it is shifted; where all packets say so
    count: dict[int, int] = field(default_factory=dict)

    def put_right(self, packet: Any) -> None:
        """Shift the next packet of its stream."""
        stream = packet.stream_index
        number = self.count[stream] = self.count.get(stream, -1) + 1
        shift = next((by for first, by in reversed(self.shifts.get(stream, ())) if number >= first), 0.0)
        if shift and packet.time_base:
            ticks = round(shift / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts + ticks
            packet.dts = None if packet.dts is None else packet.dts + ticks


def empty(packet: Any) -> bool:
    """Whether a packet only says that its stream has ended."""
    return packet.size == 0 and packet.dts is None and packet.pts is None


def read_clock(container: Any, streams: list[Any]) -> Clock:
    """Read all packets of these streams, of which there are at most two, without decoding any."""
    rows = {stream.index: Row() for stream in streams}
    ordered = {stream.index: True for stream in streams}
    try:
        for place, packet in enumerate(container.demux(streams) if streams else ()):
            if not empty(packet):
                rows[packet.stream_index].add(place, packet)
                ordered[packet.stream_index] &= packet.dts is not None
    except (av.FFmpegError, ValueError):  # said when it is decoded
        pass
    ahead = AHEAD if container.format.name in JOINED else float("inf")
    breaks = {i: row.breaks(BACK if ordered[i] else BACK_SHOWN, ahead) for i, row in rows.items()}
    length = max((row.length(breaks[i]) for i, row in rows.items()), default=0.0)
    return Clock(length, *takes(rows, breaks), {i: row.shown for i, row in rows.items() if row.timed})


def takes(rows: dict[int, Row], breaks: dict[int, list[int]]) -> tuple[list[float], dict[int, list[tuple[int, float]]]]:
    """Where takes begin, and the shifts: a stream that starts again makes a take where the other does, or has ended."""
    joins, shifts = list[float](), {i: list[tuple[int, float]]() for i in rows}
    first = dict.fromkeys(rows, 0)  # packet of each stream that the take in hand begins with
    shift = 0.0
    left = {i: list(numbers) for i, numbers in breaks.items()}
    while any(left.values()):
        leader = min((i for i in left if left[i]), key=lambda i: rows[i].place[left[i][0]])
        begins = {leader: left[leader].pop(0)}
        place = rows[leader].place[begins[leader]]
        following = rows[leader].place[left[leader][0]] if left[leader] else float("inf")
        started, joined = {leader}, True
        for other in rows.keys() - {leader}:
            row, own = rows[other], left[other][0] if left[other] else None
            if own is not None and row.place[own] <= following:
                started.add(other)
                begins[other] = own
            else:
                begins[other] = row.at(following)
            joined &= row.lasts(row.at(place), begins[other]) < (TRAILS if other in started else LONE)
        if not joined:
            continue
        ended = shift + max(max(row.end[first[i] : begins[i]], default=-float("inf")) for i, row in rows.items())
        began = min(min(rows[i].shown[begins[i] : begins[i] + REORDERED]) for i in started)
        shift = ended - began
        for i in rows:
            first[i] = begins[i]
            shifts[i].append((begins[i], shift))
        for i in started - {leader}:
            left[i].pop(0)
        joins.append(ended)
    return joins, shifts
