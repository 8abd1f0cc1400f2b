"""Takes the frames of the video stream; writes some of them as JPEG, upright, of square pixels, and scaled down."""

import math
from collections.abc import Sequence
from typing import Any, BinaryIO

from .colours import Colours
from .facts import DRIFT, Limits, TooLarge
from .fields import deinterlaced
from .upright import PixelShape, Upright, upright


class Pictures:
    """The pictures that are kept, and their times."""

    def __init__(self, file: BinaryIO, limits: Limits, length: float) -> None:
        self.file, self.start, self.limits = file, 0.0, limits
        self.step = max(1 / limits["rate"], min(length, limits["seconds"]) / limits["pictures"])
        self.times, self.offsets = list[float](), [0]  # of the pictures kept
        self.end, self.last = 0.0, -math.inf
        self.size, self.lies, self.backwards, self.too_long = (0, 0), Upright(), False, False
        self.colours, self.shape, self.interlaced = Colours(), PixelShape(None), False

    def begin(self, start: float, video: Any) -> None:
        """What comes now is of this stream, and at `start` by its clock the whole began."""
        self.start, self.shape = start, PixelShape(video)

    def take(self, frame: Any, rate: float) -> None:
        """Keep this frame when it is due."""
        time = frame.time if frame.time is not None else self.start + (max(self.last, -1 / rate) + 1 / rate)
        time -= self.start
        if time < -DRIFT or not math.isfinite(time) or time <= self.last:
            self.backwards |= math.isfinite(time)
            return
        time = max(0.0, time)
        if time > self.limits["seconds"]:
            self.too_long = True
            return
        self.last = time
        held = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 1 / rate
        self.end = min(time + min(held, self.limits["seconds"]), self.limits["seconds"])
        if self.times and not self.is_due(time, self.times[-1]):
            return
        if len(self.times) >= self.limits["pictures"]:
            return
        self.write(frame)
        self.times.append(round(time, 6))

    def is_due(self, time: float, before: float) -> bool:
        """Whether a picture is kept when the one kept before was shown at `before`."""
        return bool(time >= before + self.step * 0.999)

    def due(self, shown: Sequence[float]) -> list[int]:
        """Numbers of a stream's pictures, shown at these times in seconds, that `take` would keep; and the last of all."""
        due, before = list[int](), self.times[-1] if self.times else -math.inf
        order = sorted(range(len(shown)), key=shown.__getitem__)
        for number in order:
            time = shown[number] - self.start
            if time >= -DRIFT and self.is_due(max(0.0, time), before):
                due.append(number)
                before = round(max(0.0, time), 6)
        return due if not order or order[-1] in due[-1:] else [*due, order[-1]]

    def write(self, frame: Any) -> None:
        """One picture, as it is shown, its longer side at most the limit."""
        if frame.width * frame.height > self.limits["pixels"]:
            raise TooLarge(frame.width, frame.height)
        self.lies = upright(frame, self.shape.now())
        width, height = frame.width * self.lies.aspect, frame.height
        scale = min(1.0, self.limits["side"] / max(width, height))
        width, height = max(2, round(width * scale)), max(2, round(height * scale))
        self.interlaced |= frame.interlaced_frame
        picture = self.lies.apply(self.colours.picture(deinterlaced(frame), width, height))
        self.size = self.lies.size(frame.width, frame.height)
        picture.save(self.file, "JPEG", quality=92)
        self.offsets.append(self.file.tell())
