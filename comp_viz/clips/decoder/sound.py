"""Takes the frames of one sound stream; writes 16 kHz mono, in step with the frames' times."""

import math
from pathlib import Path
from typing import Any

import av
import numpy as np

from .facts import DRIFT, RATE, Limits
from .mixing import mix_in_place

MOST_CHANNELS = 16  # that are listened to
JOIN_DRIFT = 0.02  # seconds of silence before a new take that are put in
TOO_LOUD, NOTED = 30.0, 1.12  # samples beyond 1 are scaled, up to this; and said from 1 dB on
# Containers that hold no times: FFmpeg counts them by the rate that the sound began with, also where that changes.
TIMELESS = ("aac", "mp3", "ac3", "eac3", "dts", "amr", "amrnb", "amrwb")
CHUNK = RATE * 60


class Sound:
    """Each channel goes into a file of its own; in the end they are mixed into the first, which is what is left."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder, self.start, self.most = folder, 0.0, int(limits["seconds"] * RATE)
        self.timeless = False
        self.joins = list[float]()  # times by the file's clock at which takes begin
        self.files = [(folder / "sound.f32").open("wb")]
        self.written, self.too_long = 0, False
        self.form: tuple[Any, ...] = ()  # format, layout, channels and rate of the frames now
        self.forms = set[tuple[Any, ...]]()
        self.sections = list[tuple[int, tuple[str, ...]]]()  # from which sample on, names of channels
        self.resampler: Any = None

    @property
    def seconds(self) -> float:
        """How much was written."""
        return self.written / RATE

    def begin(self, start: float, joins: list[float], container: str) -> None:
        """What comes now is of another file, or the first; at `start` by its clock the whole began."""
        self.start, self.joins, self.timeless = start, [start + self.seconds, *joins], container in TIMELESS

    def take(self, frame: Any) -> None:
        """Write one frame, with silence before it where its time says that something is missing."""
        form = (frame.format.name, frame.layout.name, frame.layout.nb_channels, frame.sample_rate)
        if form != self.form:  # a resampler takes one form of sound only
            self.flush()
            self.form = form
            self.forms.add(form[1:])
            self.resampler = av.AudioResampler(format="flt", layout=frame.layout, rate=RATE)
            names = tuple(channel.name for channel in frame.layout.channels)[:MOST_CHANNELS]
            self.sections.append((self.written, names))
        if frame.time is not None and not self.timeless and self.written < self.most:
            time = frame.time - self.start
            drift = DRIFT
            while self.joins and time >= self.joins[0] - self.start - JOIN_DRIFT:
                self.joins.pop(0)
                drift = JOIN_DRIFT
            gap = time - self.written / RATE
            if gap > drift and math.isfinite(gap):
                silence = min(int(gap * RATE), self.most - self.written)
                self.write(np.zeros((silence, 1), np.float32))
        frame.pts = None  # else the resampler refuses times that run backwards
        self.resample(frame)

    def resample(self, frame: Any) -> None:
        """Write what the resampler gives for a frame, or what it still holds for None."""
        for part in self.resampler.resample(frame):
            samples = part.to_ndarray().reshape(-1, self.form[2])[:, :MOST_CHANNELS]
            self.write(np.nan_to_num(samples, posinf=1, neginf=-1))

    def flush(self) -> None:
        """Write what the resampler still holds."""
        if self.resampler is not None:
            self.resample(None)
            self.resampler, self.form = None, ()

    def write(self, samples: Any) -> None:
        """Write samples, `[samples, channels]`, at most as many as the limit allows."""
        self.too_long |= self.written + len(samples) > self.most
        samples = samples[: self.most - self.written].astype("<f4")
        while len(self.files) < samples.shape[1]:
            self.files.append((self.folder / f"channel{len(self.files)}.f32").open("wb"))
        for channel, file in enumerate(self.files[: samples.shape[1]]):
            file.seek(self.written * 4)  # what lies between is silence
            file.write(samples[:, channel].tobytes())
        self.written += len(samples)

    def finish(self) -> list[str]:
        """Mix the channels, and scale what is too loud. Notes of what was done."""
        self.flush()
        for file in self.files:
            file.truncate(self.written * 4)
            file.close()
        if not self.written:
            return []
        notes = []
        if len(self.forms) > 1:
            notes.append("the sound changes its rate or its channels on the way, and was read on")
        channels = [np.memmap(self.folder / "sound.f32", "<f4", "r+")]
        others = [self.folder / f"channel{i}.f32" for i in range(1, len(self.files))]
        channels += [np.memmap(path, "<f4", "r") for path in others]
        ends = [begin for begin, _ in self.sections[1:]] + [self.written]
        for names in dict.fromkeys(names for _, names in self.sections if len(names) > 1):
            parts = [(b, e) for (b, n), e in zip(self.sections, ends, strict=True) if n == names and e > b]
            if parts and (note := mix_in_place(channels[0], channels[1:], parts, names)):
                notes.append(note)
        notes += scale_in_place(channels[0])
        channels[0].flush()
        for path in others:
            path.unlink()
        return notes


def scale_in_place(sound: Any) -> list[str]:
    """Bring samples beyond 1 back to 1 with all others, as players do not, and say so."""
    peak = max(float(np.abs(sound[at : at + CHUNK]).max()) for at in range(0, len(sound), CHUNK))
    if peak <= 1:
        return []
    for at in range(0, len(sound), CHUNK):
        sound[at : at + CHUNK] = (sound[at : at + CHUNK] / min(peak, TOO_LOUD)).clip(-1, 1)
    return ["the sound is louder than full scale and was made quieter as a whole"] if peak > NOTED else []
