"""Spares pictures that are neither kept nor needed to decode others: every second one of what cameras and editors write."""

from collections import deque
from typing import Any

from .clock import Clock
from .pictures import Pictures

CODEC = "h264"  # marks pictures that no other is made from; in HEVC the mark holds within a temporal layer only
LATE = 0.001  # seconds by which a picture may come after its time before the one due then is taken to be lost


class Skipping:
    """Told of packets before they are decoded and of pictures after.

    What is kept must not depend on it. So where a file turns out not to be as its packets say (damage, fields of two packets),
    every picture is decoded from there on, and so it is from the beginning where not all packets say when they are shown.
    """

    def __init__(self, video: Any, clock: Clock, viewer: Pictures) -> None:
        self.codec, self.number, self.skipped = video.codec_context if video else None, -1, False
        shown = clock.shown.get(video.index, ()) if video else ()
        self.active = bool(
            self.codec and self.codec.name == CODEC and not clock.joins and len(set(shown)) == len(shown) > 0
        )
        due = viewer.due(shown) if self.active else []
        self.due, self.expected = set(due), deque(shown[number] for number in due)

    def before(self) -> None:
        """Tell the decoder whether it may skip the next packet of the stream."""
        self.number += 1
        skip = self.active and self.number not in self.due
        if self.codec and skip != self.skipped:
            self.codec.skip_frame, self.skipped = "NONREF" if skip else "DEFAULT", skip

    def after(self, frame: Any) -> None:
        """See whether every picture that is due comes."""
        time = frame.time
        self.active &= time is not None and not frame.interlaced_frame
        if not self.active or not self.expected or time < self.expected[0] - LATE:
            return
        self.active = time <= self.expected.popleft() + LATE

    def stop(self) -> None:
        """Skip nothing any more."""
        self.active = False
